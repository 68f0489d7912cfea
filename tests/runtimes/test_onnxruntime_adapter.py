from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.tiny_models import SIDE, onnx_model, onnx_scores

from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError, MissingKernelError
from edgekit.runtimes import RUNTIMES, SessionSettings

ORT = ["onnxruntime", "onnxruntime-unoptimized"]


def write(path: Path, model: object) -> Path:
    path.write_bytes(model.SerializeToString())  # type: ignore[attr-defined]
    return path


@pytest.mark.parametrize("runtime", ORT)
@pytest.mark.parametrize("dtype", ["FLOAT", "UINT8", "FLOAT16", "DOUBLE"])
@pytest.mark.parametrize("shape", [("N", SIDE, SIDE, 3), ("N", 3, SIDE, SIDE), (4, SIDE, SIDE, 3), (1, 3, SIDE, SIDE)])
def test_answers_by_layout_type_and_batch(
    runtime: str, dtype: str, shape: tuple[int | str, ...], tmp_path: Path, images: NDArray[np.uint8]
) -> None:
    path = write(tmp_path / "m.onnx", onnx_model(shape=shape, dtype=dtype))
    session = RUNTIMES.load(runtime).open(path, SessionSettings(batch_size=3))
    assert session.batch_size == (3 if shape[0] == "N" else shape[0])
    assert np.allclose(scores_of(session, images), onnx_scores(images), atol=1e-4)


def test_a_dynamic_batch_is_resized_and_a_fixed_one_is_not(tmp_path: Path, onnx_file: Path) -> None:
    open_session = RUNTIMES.load("onnxruntime").open
    assert open_session(onnx_file, SessionSettings()).resize(64)
    fixed = write(tmp_path / "m.onnx", onnx_model(shape=(2, SIDE, SIDE, 3)))
    session = open_session(fixed, SessionSettings(batch_size=64))
    assert session.batch_size == 2
    assert not session.resize(64)
    assert session.batch_size == 2


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08\x3a\x02\x0a\x00"])
def test_a_broken_file_is_an_artifact_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"cannot load .*broken\.onnx"):
        RUNTIMES.load("onnxruntime").open(path, SessionSettings())


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    model = onnx_model()
    model.graph.input.add().CopyFrom(model.graph.input[0])
    model.graph.input[1].name = "more"
    with pytest.raises(ArtifactError, match="2 inputs"):
        RUNTIMES.load("onnxruntime").open(write(tmp_path / "m.onnx", model), SessionSettings())


def test_images_of_another_size_are_refused(onnx_file: Path) -> None:
    session = RUNTIMES.load("onnxruntime").open(onnx_file, SessionSettings())
    with pytest.raises(ArtifactError, match=r"16 x 16 x 3.*Received images of 8 x 8 x 3"):
        scores_of(session, np.zeros((1, 8, 8, 3), np.uint8))


@pytest.mark.parametrize("runtime", ["onnxruntime-cuda", "onnxruntime-coreml", "onnxruntime-qnn"])
def test_a_provider_that_is_not_here_never_gives_the_scores_of_the_cpu(runtime: str, onnx_file: Path) -> None:
    found = RUNTIMES.load(runtime)
    reason = found.availability().reason
    if reason is None:
        pytest.skip(f"{runtime} works here")
    assert "pip install" in reason
    with pytest.raises(MissingKernelError, match="it fell back to the CPU"):
        found.open(onnx_file, SessionSettings())
