"""The calibration diagram: its lines, and the number of images in each bin."""

import re

from support.reports.pages import drawn

from edgekit.rendering.pages.charts import Bin, calibration_chart

BINS = (
    Bin(num_images=0, confidence=0.0, accuracy=0.0),
    Bin(num_images=50, confidence=0.5, accuracy=0.25),
    Bin(num_images=1250, confidence=0.9, accuracy=0.8),
    Bin(num_images=34_400, confidence=0.99, accuracy=0.97),
)


def test_counts_are_those_of_the_last_model_and_empty_bins_have_none() -> None:
    none = tuple(Bin(num_images=1, confidence=0.5, accuracy=0.5) for _ in range(4))
    chart = calibration_chart("Calibration", {"reference": none, "int8": BINS}, words="ECE: 1 %.")
    assert chart.whose == "int8"
    assert [bar.text for bar in chart.bars] == ["50", "1.2k", "34k"]
    assert [round(bar.height / chart.bars[-1].height, 3) for bar in chart.bars] == [0.001, 0.036, 1.0]
    widths = [bar.x for bar in chart.bars]
    assert widths == [139.5, 210.0, 280.5]  # the second, third and fourth quarter between 68 and 350, less a gap


def test_it_is_drawn_with_lines_bars_and_words() -> None:
    chart = calibration_chart("Calibration", {"<b>": BINS}, words="ECE: 1 %.")
    made = drawn("{{ calibration_chart(chart) }}", chart=chart)
    assert made.count('class="count-bar"') == 3
    assert re.findall(r'class="count-text">([^<]+)<', made) == ["50", "1.2k", "34k"]
    assert made.count('class="dot s1"') == 3
    assert "perfect calibration</li>" in made
    assert "&lt;b&gt;</li>" in made
    assert "<figcaption>ECE: 1 %. Each dot is a bin" in made
    assert "<b>" not in made
