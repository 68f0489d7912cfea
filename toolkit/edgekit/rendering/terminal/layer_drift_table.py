"""The layers of a quantized file on the terminal: the worst first, and a bar for each along the depth."""

from math import log10
from typing import TYPE_CHECKING

from edgekit.layer_drift.report import LayerDrift, LayerDriftReport
from edgekit.metrics.quantization import IDEAL_RMSE
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.layer_drift.job import DiagnoseReport

NUM_RANKED = 10
"""Layers in the table, unless asked otherwise."""

BAR_WIDTH = 40
BAR_DECADES = (-5.0, 0.0)
"""Shares of noise at which a bar is empty and full, as powers of ten."""

COLUMNS = (
    Column(name="layer"),
    Column(name="operator"),
    Column(name="own noise %", align="right"),
    Column(name="own dB", align="right"),
    Column(name="dB", align="right"),
    Column(name="cosine", align="right"),
    Column(name="RMSE steps", align="right"),
    Column(name="cut %", align="right"),
)


def print_diagnose_report(found: "DiagnoseReport", console: "Console | None" = None) -> None:
    """Print the report of each file."""
    for report in found.reports:
        print_layer_drift(report, console=console)


def print_layer_drift(
    report: LayerDriftReport, *, num_ranked: int = NUM_RANKED, console: "Console | None" = None
) -> None:
    """Print the `num_ranked` worst layers of `report`, all layers as bars, and what to do."""
    console = console or make_console()
    if report.input_fault:
        console.print(f"{report.candidate}: {report.advice}\n", markup=False)
    shown, names = report.ranked[:num_ranked], report.short_names
    print_table(headline(report), COLUMNS, (_cells(layer, names[layer.name]) for layer in shown), console=console)
    if len(shown) < len(report.layers):
        console.print(f"{len(report.layers) - len(shown)} more add less: --top N shows them.", markup=False)
    console.print("\nNoise that each layer adds, in their order (8 blocks are ten times as much)")
    for layer in report.layers:
        console.print(f"{layer.depth:4} {bar(layer.own_noise):{BAR_WIDTH}} {names[layer.name]}", markup=False)
    console.print()
    if report.accumulation:
        console.print(report.accumulation, markup=False)
    if not report.input_fault:
        console.print(report.advice, markup=False)
    if report.unmatched:
        named = ", ".join(name.partition(";")[0] for name in report.unmatched[:5])
        console.print(
            f"{len(report.unmatched)} of its layers have no counterpart in {report.reference}, so they were not "
            f"compared: {named}{' …' if len(report.unmatched) > 5 else ''}",
            markup=False,
        )


def headline(report: LayerDriftReport) -> str:
    """What was compared on what: one line."""
    return (
        f"{report.candidate} beside {report.reference}, layer by layer, on {report.num_images:,} {report.split} "
        f"images; plain rounding is {IDEAL_RMSE:.3f} steps"
    )


def bar(noise: float) -> str:
    """A share of noise as a bar on a logarithmic scale; at least one block if there is any."""
    if noise <= 0:
        return ""
    low, high = BAR_DECADES
    share = (max(low, min(high, log10(noise))) - low) / (high - low)
    return "█" * max(1, round(share * BAR_WIDTH))


def _cells(layer: LayerDrift, short_name: str) -> list[str]:
    return [
        short_name,
        layer.operator,
        f"{100 * layer.own_noise:.3f}",
        _number(layer.own_sqnr_db, ".1f", "no noise"),
        _number(layer.sqnr_db, ".1f", "no noise"),
        f"{layer.cosine:.4f}",
        _number(layer.rmse_in_steps, ".3f", "float"),
        _number(None if layer.saturated is None else 100 * layer.saturated, ".2f", "float"),
    ]


def _number(value: float | None, form: str, otherwise: str) -> str:
    return otherwise if value is None else f"{value:{form}}"
