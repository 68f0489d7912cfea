"""The tables of "Where does this file run?", from the clients.json of a run.

    edgekit clients exported/resnet8 --install all --data cifar10:PATH
    python benchmarks/clients_table.py [--run exported/resnet8]

One column per precision. A cell holds the agreement with the usual runtime on the same file and the largest score
difference, or the outcome; of a compiler, the share of operators on each NPU.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")


def tables(document: dict[str, Any]) -> Iterator[str]:
    """Lines of Markdown."""
    for suffix in (".tflite", ".onnx"):
        files = {one["file"].removesuffix(suffix).rpartition("-")[2]: one for one in document["files"]
                 if one["file"].endswith(suffix)}  # fmt: skip
        names = [name for name in PRECISIONS if name in files]
        yield f"| client, {suffix} files | {' | '.join(names)} |"
        yield f"|---|{'---|' * len(names)}"
        for place, first in enumerate(files[names[0]]["cells"]):
            cells = [files[name]["cells"][place] for name in names]
            version = next((cell["version"] for cell in cells if cell["version"]), "")
            yield f"| {first['client']} {version} | {' | '.join(map(words, cells))} |"
        yield ""


def words(cell: dict[str, Any]) -> str:
    """One cell."""
    if cell["shares"]:
        shares = [100 * one["num_accelerated"] / one["num_operators"] for one in cell["shares"]]
        return f"{' / '.join(f'{share:.0f}' for share in shares)} %"
    if cell["agreement"] is None:
        return str(cell["status"])
    if cell["max_difference"] == 0:
        return "identical"
    return f"{100 * cell['agreement']:.1f} %, {cell['max_difference']:.1g}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, default=Path("exported/resnet8"))
    document = json.loads((parser.parse_args().run / "clients.json").read_text())
    print("\n".join(tables(document)))


if __name__ == "__main__":
    main()
