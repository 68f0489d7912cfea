"""The results tables of README.md and recipes/README.md, printed from finished run folders.

    python benchmarks/results.py exported/resnet8 [--write]

`--write` also stores accuracy and sizes in recipes/results.json, which `edgekit recipes` reads. Nothing is
measured here: it is what `edgekit train` and `edgekit verify` wrote into the run.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.foundation.grammar import counted

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "recipes" / "results.json"
FOLD = "994e598e"
"""How the SHA-256 of the 40,000 / 10,000 fold's test split begins; the official test batch has another."""

Json = dict[str, Any]


def data_name(report: Json) -> str:
    """What the run was measured on, in words."""
    name, count = report["dataset"]["name"], report["dataset"]["num_images"]
    if report["dataset"]["sha256"].startswith(FOLD):
        return f"40,000 / 10,000 fold of the CIFAR-10 training set, n = {count:,}"
    return f"{name}, n = {count:,}"


def hardware(manifest: Json) -> str:
    """Processor, cores and GPUs of the training."""
    machine = manifest["machine"]
    num_cpus = machine.get("num_cpus", machine.get("num_cores"))
    return ", ".join([machine["cpu"], counted(num_cpus, "core"), *machine["gpus"]])


COLUMNS = ("accuracy", "points", "agreement", "flips", "worst class F1", "kB", "images/s")


def candidate_table(report: Json, titles: Mapping[str, str] | None = None, *, with_speed: bool = True) -> str:
    """One line per candidate, in the order of formats, precisions and runtimes; titles: SHA-256 -> what a file is."""
    columns = COLUMNS if with_speed else COLUMNS[:-1]
    lines = [f"| file | runtime | {' | '.join(columns)} |", f"|---|---|{'---:|' * len(columns)}"]
    for row in report["candidates"]:
        title = titles[row["sha256"]] if titles else f"{row['format']} {row['precision']}"
        cells = _numbers(row)[: len(columns)]
        lines.append(f"| {title} | {row['runtime']}{_share(row, report)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(row: Json, report: Json) -> str:
    """What must be said beside the runtime: that only a part of the images was run, or that it drifts."""
    n = row["num_images"]
    notes = [*([f"{n} images"] if n not in (None, report["dataset"]["num_images"]) else [])]
    notes += [row["verdict"]] if row["verdict"] != "pass" else []
    return f" ({', '.join(notes)})" if notes else ""


def _numbers(row: Json) -> list[str]:
    """The cells behind the runtime; of a candidate without scores the reason."""
    size = f"{row['size_bytes'] / 1000:.0f}"
    if row["accuracy"] is None:
        return [" ".join(row["reasons"]), *[""] * 4, size, ""]
    ties = sum(row["tie_flips"].values())
    worst = min(row["per_class"], key=lambda one: one["f1_delta"])
    return [
        f"{row['accuracy']:.2%}",
        f"{100 * row['accuracy_delta']:+.2f}",
        f"{row['agreement']:.2%}",
        f"{sum(row['flips'].values())}{f' + {ties} by a tie' if ties else ''}",
        f"{100 * worst['f1_delta']:+.2f} {worst['class']}",
        size,
        f"{row['images_per_second']:,.0f}",
    ]


def row_of(report: Json, artifact_format: str, precision: str, runtime: str) -> Json:
    """The candidate of that format, precision and runtime."""
    wanted = (artifact_format, precision, runtime)
    return next(row for row in report["candidates"] if (row["format"], row["precision"], row["runtime"]) == wanted)


def write_results(manifest: Json, report: Json) -> None:
    """Store the run's figures for `edgekit recipes`."""
    results = json.loads(RESULTS.read_text())
    entry = results[manifest["recipe"]]
    float32, int8 = (row_of(report, "tflite", name, "litert-xnnpack") for name in ("float32", "int8"))
    entry["size_bytes"] = {"tflite-float32": float32["size_bytes"], "tflite-int8": int8["size_bytes"]}
    entry["measured"] |= {
        "data": data_name(report),
        "num_images": report["dataset"]["num_images"],
        "accuracy_float32": float32["accuracy"],
        "accuracy_int8": int8["accuracy"],
        "seconds": manifest["seconds"],
        "hardware": hardware(manifest),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def main() -> None:
    """Print, and with --write store, the results of each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders that were verified")
    parser.add_argument("--write", action="store_true", help="store the figures in recipes/results.json")
    arguments = parser.parse_args()
    for run in arguments.runs:
        manifest = json.loads((run / "manifest.json").read_text())
        report = json.loads((run / "verification.json").read_text())
        print(f"## {manifest['recipe']}\n")
        print(f"Data: {data_name(report)}. Float model: {report['reference']['accuracy']:.2%}.")
        print(f"Training: {manifest['epochs']} epochs in {manifest['seconds']:,.0f} s on {hardware(manifest)}.\n")
        print(candidate_table(report), end="\n\n")
        if arguments.write:
            write_results(manifest, report)


if __name__ == "__main__":
    main()
