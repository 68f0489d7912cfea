"""Charts as plain values: places in a drawing, and the texts beside them; `templates/macros/charts.html` draws them.

They are 360 units wide so that their words can be read on a phone; wide screens show several in a row. Colours come
from style.css, so that they follow light and dark. Every chart has a title and a description for people who cannot see
it.
"""

from edgekit.rendering.pages.charts.calibration_chart import Bin, CalibrationChart, calibration_chart
from edgekit.rendering.pages.charts.delta_bar import DeltaBar, delta_bar
from edgekit.rendering.pages.charts.line_chart import LineChart, Series, line_chart
from edgekit.rendering.pages.charts.scatter_chart import Legend, Point, ScatterChart, scatter_chart

__all__ = [
    "Bin",
    "CalibrationChart",
    "DeltaBar",
    "Legend",
    "LineChart",
    "Point",
    "ScatterChart",
    "Series",
    "calibration_chart",
    "delta_bar",
    "line_chart",
    "scatter_chart",
]
