"""How far a network differs from itself: the largest difference of any score, with how it was measured."""

import numpy as np
import pytest

from edgekit.metrics.own_noise import OwnNoise

BATCHED = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], np.float32)
ALONE = np.array([[0.5, 0.5], [0.252, 0.748], [1.0, 0.0]], np.float32)


def test_the_largest_difference_counts() -> None:
    noise = OwnNoise.of(BATCHED, ALONE, 64)
    assert noise.max_abs_score_difference == pytest.approx(0.002, rel=1e-4)
    assert (noise.batch_sizes, noise.num_images) == ((64, 1), 3)
    assert noise.sentence == (
        "The float network differs from itself by up to 0.002 when Keras runs 64 images at a time or 1 (n = 3)."
    )


def test_it_comes_back_from_json_as_it_was() -> None:
    noise = OwnNoise.of(BATCHED, BATCHED, 64)
    assert noise.max_abs_score_difference == 0
    assert OwnNoise.from_dict({**noise.to_dict(), "batch_sizes": [64, 1]}) == noise
