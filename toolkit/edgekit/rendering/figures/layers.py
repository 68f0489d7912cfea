"""The layers of a quantized file along the depth of the network."""

from math import ceil, floor, log10, nan
from typing import TYPE_CHECKING

from edgekit.layer_drift.report import LayerDriftReport
from edgekit.rendering.figures.style import drawn, empty_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST = 1e-6
"""Share of noise that is drawn for none: the scale is logarithmic."""
MAX_NAMED = 60
NUM_MARKED = 3


@drawn
def layer_drift(report: LayerDriftReport) -> "Figure":
    """Noise that each layer adds (bars, the worst marked), and the signal-to-noise ratio up to there (line)."""
    layers, worst = report.layers, report.ranked[:NUM_MARKED]
    depths = [layer.depth for layer in layers]
    noise = [max(layer.own_noise, LOWEST) for layer in layers]
    figure = empty_figure(max(7.0, min(24.0, 2.0 + 0.4 * len(layers))), 5.5)
    axes = figure.subplots()
    marked = {layer.depth for layer in worst}
    axes.bar(depths, noise, color=["tab:red" if depth in marked else "tab:blue" for depth in depths])
    axes.set_yscale("log")
    axes.set_ylim(10.0 ** floor(log10(min(noise) / 2)), 10.0 ** ceil(log10(max(noise))))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")  # matplotlib's own writes formulas
    axes.set_ylabel("noise added by the layer, of the signal (bars)")
    ratio = axes.twinx()
    ratios = [nan if layer.sqnr_db is None else layer.sqnr_db for layer in layers]
    ratio.plot(depths, ratios, color="black", marker="o", markersize=3, linewidth=1)
    ratio.set_ylabel("signal to quantization noise up to there, dB (line)")
    named = layers if len(layers) <= MAX_NAMED else worst
    axes.set_xticks([layer.depth for layer in named])
    names = report.short_names
    axes.set_xticklabels(
        [names[layer.name] for layer in named], rotation=60, ha="right", rotation_mode="anchor", fontsize=8
    )
    axes.set_title(
        f"{report.candidate} beside {report.reference}: {report.num_images:,} {report.split} images", fontsize=10
    )
    return figure
