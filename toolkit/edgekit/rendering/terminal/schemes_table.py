"""What `edgekit compare-schemes` prints: one row per file, then the limits of these numbers. Measures nothing."""

from typing import TYPE_CHECKING

from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.exporting.schemes import SchemeComparison, SchemeResult

_COLUMNS = (
    Column(name="precision", wrap=False),
    Column(name="quantizer", wrap=False),
    Column(name="scheme"),
    Column(name="kB", align="right", wrap=False),
    Column(name="accuracy", align="right", wrap=False),
    Column(name="points", align="right", wrap=False),
    Column(name="agreement", align="right", wrap=False),
    Column(name="flips", align="right", wrap=False),
    Column(name="ties", align="right", wrap=False),
    Column(name="recalibrated", align="right", wrap=False),
)


def print_schemes(comparison: "SchemeComparison", console: "Console | None" = None) -> None:
    """Print the table and its notes to stdout, or to `console`."""
    console = console or make_console()
    title = (
        f"'{comparison.run}' on {comparison.num_images:,} {comparison.split} images of '{comparison.dataset}'; "
        f"float model {comparison.reference_accuracy:.2%}"
    )
    rows = [_row(one, comparison.reference_accuracy) for one in comparison.results]
    print_table(title, _COLUMNS, rows, console=console)
    for line in _notes(comparison):
        console.print(line, markup=False)


def _row(one: "SchemeResult", reference_accuracy: float) -> list[str]:
    named = [one.precision, one.quantizer, one.scheme or "default"]
    if one.size_bytes is None or one.accuracy is None or one.agreement is None:
        return [*named, *["-"] * 7]
    return [
        *named,
        f"{one.size_bytes / 1000:,.1f}",
        f"{one.accuracy:.2%}",
        f"{100 * (one.accuracy - reference_accuracy):+.2f}",
        f"{one.agreement:.2%}",
        str(one.flips),
        str(one.tie_flips),
        "" if one.calibration_flips is None else str(one.calibration_flips),
    ]


def _notes(comparison: "SchemeComparison") -> list[str]:
    notes = [
        f"Calibrated with {comparison.calibration_images:,} training images. Flips: predictions that differ from the "
        f"float model's. Ties: those that differ only because several classes share the highest score."
    ]
    if any(one.calibration_flips is not None for one in comparison.results):
        notes.append("Recalibrated: predictions that change when as many other training images calibrate the file.")
    if comparison.split == "test":
        notes.append("Measured on the test split: to report what was chosen before, not to choose by.")
    for one in comparison.results:
        title = " ".join(word for word in (one.precision, one.quantizer, one.scheme) if word)
        if one.problem:
            notes.append(f"{title}: {one.problem}")
        elif one.float_operators:
            notes.append(f"{title}: computed in float: {one.float_operators}.")
    return notes
