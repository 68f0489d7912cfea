"""The layers of a quantized file along the depth of the network, as a picture."""

from math import nan
from typing import TYPE_CHECKING

from edgekit.errors import MissingExtraError
from edgekit.layer_drift.report import LayerDriftReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST = 1e-6
"""Share of noise that is drawn for none: the scale is logarithmic."""
MAX_NAMED = 60
NUM_MARKED = 3


def layer_drift_figure(report: LayerDriftReport) -> "Figure":
    """Noise that each layer adds (bars, the worst marked), and the signal-to-noise ratio up to there (line).

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("The figure of the layers", "matplotlib", "train") from error
    layers = report.layers
    depths = [layer.depth for layer in layers]
    worst = {layer.depth for layer in report.ranked[:NUM_MARKED]}
    figure = Figure(figsize=(max(7.0, min(24.0, 2.0 + 0.4 * len(layers))), 5.5), layout="constrained")
    axes = figure.subplots()
    colours = ["tab:red" if depth in worst else "tab:blue" for depth in depths]
    axes.bar(depths, [max(layer.own_noise, LOWEST) for layer in layers], color=colours)
    axes.set_yscale("log")
    axes.set_ylim(LOWEST, 1.5)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")  # matplotlib's own writes formulas
    axes.set_ylabel("noise added by the layer, of the signal (bars)")
    ratio = axes.twinx()
    ratio.plot(
        depths,
        [nan if layer.sqnr_db is None else layer.sqnr_db for layer in layers],
        color="black",
        marker="o",
        markersize=3,
        linewidth=1,
    )
    ratio.set_ylabel("signal to quantization noise up to there, dB (line)")
    names = [layer.short_name for layer in layers]
    axes.set_xticks(depths if len(layers) <= MAX_NAMED else [layer.depth for layer in report.ranked[:NUM_MARKED]])
    shown = names if len(layers) <= MAX_NAMED else [layer.short_name for layer in report.ranked[:NUM_MARKED]]
    axes.set_xticklabels(shown, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_title(
        f"{report.candidate} beside {report.reference}: {report.num_images:,} {report.split} images", fontsize=10
    )
    return figure
