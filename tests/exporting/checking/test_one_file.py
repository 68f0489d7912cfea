"""On how many images a file is checked."""

import numpy as np
import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.checking.one_file import NUM_SLOW, _few_first
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.plan import Job


@pytest.mark.parametrize(
    ("precision", "size", "expected"),
    [
        (Precision.INT16X8, 224, [NUM_SLOW, 32, 128]),
        (Precision.INT16X8, 32, [32, 128]),
        (Precision.INT8, 224, [32, 128]),
    ],
)
def test_large_images_go_through_slow_kernels_a_few_first(precision: Precision, size: int, expected: list[int]) -> None:
    sets = [(np.zeros((n, size, size, 3), np.uint8), np.arange(n, dtype=np.float32)[:, None]) for n in (32, 128)]
    job = Job(format=Format.TFLITE, precision=precision, options=ExportOptions())
    found = list(_few_first(sets, job))
    assert [len(images) for images, _ in found] == expected
    assert all((scores[:, 0] == np.arange(len(images))).all() for images, scores in found)
