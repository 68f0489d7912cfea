"""What figures show, as far as words and pixels can tell."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgekit.datasets import Split
from edgekit.rendering import figures

Texts = Callable[[Any], set[str]]


@pytest.fixture
def texts_of(tmp_path) -> Texts:
    """Draws a figure to the end, without a warning, and gives its texts."""

    def texts(figure: Any) -> set[str]:
        from matplotlib.text import Text

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figures.save(figure, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
        return {text.get_text() for text in figure.findobj(Text) if text.get_text()}

    return texts


@pytest.fixture
def make_split() -> Callable[..., Split]:
    """Random images, three of each class."""

    def make(num_classes: int, side: int = 6) -> Split:
        labels = np.arange(num_classes * 3, dtype=np.int64) % num_classes
        images = np.random.default_rng(0).integers(0, 256, (len(labels), side, side + 2, 3), dtype=np.uint8)
        return Split(images=images, labels=labels)

    return make
