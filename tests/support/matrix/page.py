"""docs/supported-models.md: the table of the matrix, and its rows read back. Measures nothing."""

from collections.abc import Mapping
from pathlib import Path

from support.helpers import ROOT
from support.matrix.kinds import KINDS
from support.matrix.measuring import Outcome

PAGE = ROOT / "docs" / "supported-models.md"
COMMAND = "PYTHONPATH=tests python -m support.matrix"
HEADINGS = (
    "network",
    "file",
    "`.tflite`",
    "`.onnx`",
    "float parts of int8 `.tflite`",
    "int8 `.tflite`",
    "int8 `.onnx`",
)
INTRODUCTION = f"""# Supported models

Each row is a small network. A test (`tests/exporting/test_supported_models.py`) trains it on digits in seconds,
exports it in every precision and verifies the files in every runtime. This page is written by

    {COMMAND}

The columns `.tflite` and `.onnx` list the precisions that are exported. The last two give the share of up to 200 test
images on which the int8 file predicts the float network's class, in the runtime where it is lowest. LiteRT's reference
kernels are slow: they run 20 images and are left out there. They have no kernel for ELU.

int16x8 is left out where TensorFlow's quantizer has no such operator, or where 16 bits are too few (softplus). The
export says why.

"""
Row = tuple[str, ...]


def row_of(outcome: Outcome) -> Row:
    """The cells of one kind."""
    made = outcome.made
    words = made.get("tflite int8", "")
    return (
        outcome.kind.name,
        f"`{outcome.kind.file}`" if "." in outcome.kind.file else "folder",
        *(
            ", ".join(file.split()[1] for file in made if file.startswith(f"{format_name} "))
            for format_name in ("tflite", "onnx")
        ),
        words.partition(" except ")[2] or "none",
        *(_percent(outcome.least_agreement(f"{format_name} int8")) for format_name in ("tflite", "onnx")),
    )


def _percent(share: float | None) -> str:
    return "not made" if share is None else f"{share:.1%}"


def document(rows: Mapping[str, Row]) -> str:
    """The page with these rows, kind -> cells, in the order of the matrix."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(rows[kind.name] for kind in KINDS if kind.name in rows)]
    return INTRODUCTION + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rows_in(text: str) -> dict[str, Row]:
    """The rows of a page, kind -> cells."""
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]
    return {row[0]: row for row in cells}


def committed_rows(path: Path = PAGE) -> dict[str, Row]:
    """The rows of the page in the checkout; empty where there is none."""
    return rows_in(path.read_text(encoding="utf-8")) if path.exists() else {}
