"""The YAML in front of a model card, as the Hugging Face hub reads it. Texts are JSON strings, which YAML reads."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from edgekit.foundation.files.printable import printable
from edgekit.verification.measuring.measurement import Measurement
from edgekit.verification.verdict.report import CandidateReport, VerificationReport

LICENSES = (
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "cc0-1.0",
    "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-sa-4.0", "epl-2.0", "eupl-1.2", "gpl-2.0", "gpl-3.0",
    "isc", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "openrail", "unlicense", "zlib",
)  # fmt: skip
"""Short names of licences that the hub knows."""


def header(
    name: str,
    license_name: str,
    dataset: str,
    tags: Sequence[str],
    report: VerificationReport | None,
    rows: Sequence[CandidateReport],
) -> str:
    """The header with its lines of dashes.

    Args:
        name: Of the model.
        license_name: What the files say; "" for nothing.
        dataset: The data set's name; "" if unknown.
        tags: Beside those that all have.
        report: The verification; None: there is none.
        rows: What is listed of it: one row per model file.
    """
    document: dict[str, Any] = {
        **_license(license_name),
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "edgekit", *tags],
        **({"datasets": [named]} if (named := hub_name_of(dataset)) else {}),
        "metrics": ["accuracy", "f1"],
    }
    results = [_result(row, report, row.measurement) for row in rows if row.measurement] if report else []
    if results:
        document["model-index"] = [{"name": name, "results": results}]
    return "\n".join(["---", *_lines(document), "---", ""])


def hub_name_of(dataset: str) -> str:
    """The name of a data set on the hub, "OWNER/NAME"; "" for others, which the hub would take for one of its own."""
    found = re.fullmatch(r"hub:([\w.-]+/[\w.-]+)([@#].*)?", dataset)
    return found[1] if found else dataset if dataset in _ON_HUB else ""


_ON_HUB = ("cifar10",)
"""Data sets of edgekit's own that the hub has under the same name."""


def _license(name: str) -> dict[str, str]:
    """As the hub requires it: one of its own short names, or "other" with the name."""
    short = name.strip().lower().replace(" ", "-")
    if not name:
        return {"license": "unknown"}
    return {"license": short} if short in LICENSES else {"license": "other", "license_name": name}


def _result(row: CandidateReport, report: VerificationReport, measured: Measurement) -> dict[str, Any]:
    data = {"name": report.dataset.name, "type": report.dataset.name, "split": report.dataset.split}
    f1 = sum(each.f1 for each in measured.per_class) / max(1, len(measured.per_class))
    metrics = [
        {"type": kind, "name": f"{words} of {row.artifact} in {row.runtime}", "value": round(value, 6)}
        for kind, words, value in (("accuracy", "Accuracy", measured.accuracy), ("f1", "Macro F1", f1))
    ]
    return {"task": {"type": "image-classification"}, "dataset": data, "metrics": metrics}


def _lines(document: Mapping[str, Any], indent: str = "") -> list[str]:
    """Block style: one key per line, lists below their key."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{key}:", *_lines(value, f"{indent}  ")]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines.append(f"{indent}{key}:")
            for each in value:
                first, *others = _lines(each, f"{indent}  ")
                lines += [f"{indent}- {first.strip()}", *others]
        elif isinstance(value, list):
            lines += [f"{indent}{key}:", *(f"{indent}- {_scalar(each)}" for each in value)]
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}")
    return lines


def _scalar(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False))  # YAML reads the same escapes as Python
