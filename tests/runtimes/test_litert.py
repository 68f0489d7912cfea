"""LiteRT's three sets of kernels against TensorFlow, on files as the converter makes them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.tiny_models import expected_scores

from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file
from edgekit.runtimes import RUNTIMES, SessionSettings

LITERT = ["litert-xnnpack", "litert-builtin", "litert-reference"]


def scores(runtime: str, path: Path, images: NDArray[np.uint8], batch_size: int = 1) -> NDArray[np.float32]:
    return scores_of(RUNTIMES.load(runtime).open(path, SessionSettings(batch_size=batch_size)), images)


@pytest.mark.parametrize("runtime", LITERT)
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("float32", 1e-5),
        ("float32-any-batch", 1e-5),
        ("float32-flat", 1e-5),
        ("float16", 2e-3),
        ("dynamic", 0.02),
        ("int8", 0.03),
        ("int8-signed", 0.03),
        ("int8-float-io", 0.03),
        ("int8-flat", 0.03),
    ],
)
def test_answers_as_the_float_model_does(
    runtime: str,
    name: str,
    tolerance: float,
    batch_size: int,
    tflite_models: dict[str, Path],
    images: NDArray[np.uint8],
) -> None:
    reference = expected_scores("flat" if "flat" in name else "pooled", images)
    assert reference.std(axis=0).max() > 0.01, "the images must differ, or the test proves nothing"
    candidate = scores(runtime, tflite_models[name], images, batch_size)
    assert np.abs(candidate - reference).max() < tolerance


def test_uint8_and_int8_files_give_the_same_scores(tflite_models: dict[str, Path], images: NDArray[np.uint8]) -> None:
    unsigned = scores("litert-builtin", tflite_models["int8"], images)
    signed = scores("litert-builtin", tflite_models["int8-signed"], images)
    assert np.array_equal(unsigned, signed)


def test_a_fixed_batch_of_1_is_enlarged_where_the_graph_allows(tflite_models: dict[str, Path]) -> None:
    settings = SessionSettings(batch_size=8)
    open_session = RUNTIMES.load("litert-xnnpack").open
    assert open_session(tflite_models["float32"], settings).batch_size == 8
    assert open_session(tflite_models["float32-any-batch"], settings).batch_size == 8
    assert open_session(tflite_models["float32-flat"], settings).batch_size == 1


@pytest.mark.parametrize("runtime", LITERT)
def test_a_flatten_that_cannot_be_enlarged_still_works_afterwards(
    runtime: str, tflite_models: dict[str, Path], images: NDArray[np.uint8]
) -> None:
    session = RUNTIMES.load(runtime).open(tflite_models["int8-flat"], SessionSettings())
    before = scores_of(session, images)
    assert not session.resize(4)
    assert session.batch_size == 1
    assert np.array_equal(scores_of(session, images), before)


def test_a_dynamic_batch_stands_in_the_spec(tflite_models: dict[str, Path]) -> None:
    session = RUNTIMES.load("litert-xnnpack").open(tflite_models["float32-any-batch"], SessionSettings())
    assert session.input_spec.shape == (None, 16, 16, 3)
    assert session.input_spec.scale is None


def test_scale_and_zero_point_are_read(tflite_models: dict[str, Path]) -> None:
    spec = RUNTIMES.load("litert-builtin").open(tflite_models["int8-signed"], SessionSettings()).input_spec
    assert (spec.dtype, spec.zero_point) == ("int8", -128)
    assert spec.scale == pytest.approx(1.0)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x18\x00\x00\x00TFL3" + bytes(100)])
def test_a_broken_file_is_an_artifact_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"cannot load .*broken\.tflite"):
        RUNTIMES.load("litert-xnnpack").open(path, SessionSettings())


@pytest.mark.parametrize("runtime", LITERT)
def test_free_height_and_width_become_those_of_the_images(runtime: str, tmp_path: Path) -> None:
    """As the converter makes them: shape (1, 1, 1, 3), too small for the kernels, and signature (-1, -1, -1, 3)."""
    from edgekit.foundation.keras_setup import import_keras, import_tensorflow

    keras, tf = import_keras("a test", backend="tensorflow"), import_tensorflow("a test")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 5, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 5)(x))
    network = keras.Model(pixels, keras.layers.Dense(4, activation="softmax")(x))
    path = tmp_path / "any.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(network).convert())
    images = np.random.default_rng(0).integers(0, 256, (5, 24, 20, 3), dtype=np.uint8)
    session = RUNTIMES.load(runtime).open(path, SessionSettings(batch_size=4))
    assert session.input_spec.shape == (None, None, None, 3)
    expected = np.asarray(network(images.astype(np.float32)))
    assert np.abs(scores_of(session, images) - expected).max() < 1e-5
    smaller = images[:, :16, :16]
    assert np.abs(scores_of(session, smaller) - np.asarray(network(smaller.astype(np.float32)))).max() < 1e-5


def test_xnnpack_takes_an_operator_of_every_file_but_those_of_int16(tflite_models: dict[str, Path]) -> None:
    """What `same_kernels_as` reads in a file, beside what the interpreter really gives to its delegate."""
    from ai_edge_litert.interpreter import Interpreter

    for name, path in tflite_models.items():
        if name == "flex":
            continue
        interpreter = Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        is_delegated = any(node["op_name"] == "DELEGATE" for node in interpreter._get_ops_details())
        other = RUNTIMES.load("litert-builtin").same_kernels_as(inspect_file(path))
        assert (other == "litert-xnnpack") == (not is_delegated) == (name == "int16x8"), name
