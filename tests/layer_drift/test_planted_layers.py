"""A fault that is planted in one layer of a real file comes out first, in both formats; a sound file is left alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.models.drifting_models import cut_range, write
from support.tiny_models import some_images

from edgekit.foundation.errors import VerificationError
from edgekit.layer_drift import LayerDrift, measure_layers
from edgekit.layer_drift.probe import PROBES
from edgekit.layer_drift.report import MANY_OUTSIDE, advice_on
from edgekit.metrics.quantization import IDEAL_RMSE

KINDS = ["tflite", "onnx"]


def layers_of(reference: Path, candidate: Path, num_images: int = 6) -> tuple[LayerDrift, ...]:
    probes = [PROBES.load(reference.suffix[1:])(path) for path in (reference, candidate)]
    images = some_images(num_images).astype(np.float32)
    layers, unmatched = measure_layers(*probes, ((image[None], image[None]) for image in images))
    assert unmatched == ()
    return layers


def worst_of(layers: Sequence[LayerDrift]) -> LayerDrift:
    return max(layers, key=lambda layer: layer.own_noise)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_has_no_layer_that_stands_out(kind: str, tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, kind), write(tmp_path, kind, int8=True))
    names = [layer.name.partition(";")[0] for layer in layers]
    assert [name for name in names if name in ("relu1", "batch_norm", "relu2", "mean")] == [
        "relu1",
        "batch_norm",
        "relu2",
        "mean",
    ]
    assert [layer.depth for layer in layers] == list(range(len(layers)))
    for layer in layers:
        assert layer.own_noise < 0.01
        assert layer.cosine > 0.998
        assert layer.rmse_in_steps is None or layer.rmse_in_steps < 2 * IDEAL_RMSE
    assert advice_on(worst_of(layers), "layer").startswith("No layer stands out")
    relu2 = next(layer for layer in layers if layer.name.startswith("relu2"))
    assert relu2.shape == (8, 8, 8)
    assert relu2.own_sqnr_db > relu2.sqnr_db, "it inherits the noise of the layers before it"


@pytest.mark.parametrize("kind", KINDS)
def test_spoiled_weights_come_out_first(kind: str, tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, kind), write(tmp_path, kind, "spoiled", int8=True))
    worst = worst_of(layers)
    assert worst.name.startswith("relu2")
    assert worst.own_noise > 10 * sorted(layer.own_noise for layer in layers)[-2]
    assert worst.saturated is not None
    assert worst.saturated < 0.5
    assert "its weights lose" in advice_on(worst, "layer")
    behind = next(layer for layer in layers if layer.name.startswith("mean"))
    assert behind.sqnr_db < 25, "the layers behind it inherit the fault"
    assert behind.own_noise < 0.01, "but are not blamed for it"


@pytest.mark.parametrize("kind", KINDS)
def test_unequal_weights_are_to_blame_and_not_the_few_values_outside(kind: str, tmp_path: Path) -> None:
    """One scale for all units leaves those with small weights none of the 256 steps."""
    candidate = write(tmp_path, kind, "unequal", int8=True)
    layers = layers_of(write(tmp_path, kind, "unequal"), candidate, num_images=64)
    worst = worst_of(layers)
    assert worst.depth == len(layers) - 1
    assert worst.own_noise > 0.5
    assert worst.saturated > MANY_OUTSIDE, "but that costs little:"
    assert worst.storing_noise < 0.001
    assert "its weights lose the rest. Quantize them per channel" in advice_on(worst, "layer")


@pytest.mark.parametrize("kind", KINDS)
def test_a_range_that_is_cut_comes_out_first(kind: str, tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, kind), cut_range(write(tmp_path, kind, int8=True)))
    worst = worst_of(layers)
    assert worst.name.startswith("relu2")
    assert worst.saturated > 0.01
    assert worst.storing_noise == pytest.approx(worst.own_noise, rel=0.01), "all of it is the range's"
    assert "outside its range" in advice_on(worst, "layer")
    assert all(layer.saturated in (None, 0) for layer in layers if layer.depth < worst.depth)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_norm_with_a_wild_scale_comes_out_first(kind: str, tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, kind, "wild"), write(tmp_path, kind, "wild", int8=True))
    worst = worst_of(layers)
    assert worst.name.startswith({"tflite": "relu1", "onnx": "batch_norm"}[kind]), "LiteRT folds it into conv1"
    assert worst.own_sqnr_db > 20, "the tensor as a whole looks well"
    assert worst.own_noise > 0.3
    assert worst.own_noise < 1.2 * worst.storing_noise, "exact results would lose as much"
    assert "Look at the scale of its BatchNorm" in advice_on(worst, "layer")


def test_a_range_that_is_far_too_wide_comes_out_first(tmp_path: Path) -> None:
    """LiteRT's converter gives the input of a multiplication the range of its output."""
    layers = layers_of(write(tmp_path, "tflite", "wild-behind"), write(tmp_path, "tflite", "wild-behind", int8=True))
    worst = worst_of(layers)
    assert worst.name.startswith("relu1")
    assert worst.scale == layers[worst.depth + 1].scale
    assert "the range is far too wide" in advice_on(worst, "layer")


@pytest.mark.parametrize("kind", KINDS)
def test_a_float_file_beside_itself_has_no_noise(kind: str, tmp_path: Path) -> None:
    path = write(tmp_path, kind)
    for layer in layers_of(path, path, num_images=2):
        assert (layer.own_noise, layer.sqnr_db, layer.scale, layer.rmse_in_steps) == (0, None, None, None)


def test_a_tensor_that_becomes_infinite_comes_out_first(tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, "onnx"), write(tmp_path, "onnx", "infinite"), num_images=2)
    worst = worst_of(layers)
    assert worst.name.startswith("batch_norm")
    assert worst.infinite == pytest.approx(1 / 8), "one channel of 8"
    assert worst.own_noise == 1
    assert "becomes infinite or NaN in 12 % of its values" in advice_on(worst, "layer")
    assert [layer.infinite for layer in layers if layer.name != worst.name] == [0] * (len(layers) - 1)
    assert all(layer.inherited_infinite for layer in layers if layer.depth >= worst.depth), "and all behind it"
    assert not any(layer.is_reference_infinite for layer in layers)


def test_an_infinity_that_a_layer_before_has_caused_is_seen_in_a_tflite_file(tmp_path: Path) -> None:
    """A wrong factor before an exponential: no weight is infinite, and the exponential computes as it should."""
    layers = layers_of(write(tmp_path, "tflite", "exponential"), write(tmp_path, "tflite", "exploding"), num_images=2)
    first = next(layer for layer in layers if layer.inherited_infinite)
    assert (first.operator, first.infinite) == ("EXP", 0)
    assert 0.1 < first.inherited_infinite < 0.9, "where the ReLU before gave more than 0.1"
    assert worst_of(layers).operator == "MUL"
    assert not any(layer.is_reference_infinite for layer in layers)


def test_a_float_model_that_is_infinite_itself_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    layers = layers_of(write(tmp_path, "onnx", "infinite"), write(tmp_path, "onnx", "infinite"), num_images=2)
    assert next(layer for layer in layers if layer.is_reference_infinite).name.startswith("batch_norm")
    assert all(layer.infinite == 0 for layer in layers)


def test_another_network_has_no_counterpart(tmp_path: Path) -> None:
    from support.tiny_models import onnx_model

    other = tmp_path / "other.onnx"
    other.write_bytes(onnx_model(shape=(1, 16, 16, 3)).SerializeToString())
    with pytest.raises(VerificationError, match="No layer of the candidate has a counterpart"):
        layers_of(write(tmp_path, "onnx"), other)
