"""OpenVINO, LiteRT for Microcontrollers and LiteRT's CompiledModel on the exported resnet8."""

import importlib.util
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.helpers import ROOT

from edgekit.api.arguments import chosen_runtime_names
from edgekit.artifact import Format
from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError, MissingKernelError
from edgekit.runtimes import RUNTIMES, SessionSettings, chosen_runtimes

RESNET8 = ROOT / "exported" / "resnet8"
OPTIONAL = {"openvino": "openvino", "openvino-f32": "openvino", "tflite-micro": "micro"}
needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None,
    reason="openvino is not installed: pip install 'edgekit-toolkit[openvino]'",
)
needs_micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None,
    reason="tflite-micro is not installed: pip install 'edgekit-toolkit[micro]'",
)


def tflite(precision: str) -> Path:
    return RESNET8 / "tflite" / f"model-{precision}.tflite"


@pytest.fixture(scope="module")
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)


def scores(runtime: str, path: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return scores_of(RUNTIMES.load(runtime).open(path, SessionSettings()), images)


@needs_openvino
@pytest.mark.parametrize(
    ("path", "own"),
    [(tflite("float32"), "litert-xnnpack"), (RESNET8 / "onnx" / "model-float32.onnx", "onnxruntime")],
)
def test_openvino_told_float32_gives_what_others_give(path: Path, own: str, noise: NDArray[np.uint8]) -> None:
    assert np.abs(scores("openvino-f32", path, noise) - scores(own, path, noise)).max() < 1e-5


@needs_openvino
def test_openvino_dequantizes_by_the_scale_in_the_file(noise: NDArray[np.uint8]) -> None:
    found = scores("openvino", tflite("int8"), noise)
    assert np.array_equal(found * 256, np.round(found * 256))
    assert np.abs(found.sum(axis=1) - 1).max() < 0.05


@needs_openvino
@pytest.mark.parametrize("runtime", ["openvino", "openvino-f32"])
def test_openvino_names_device_and_precision(runtime: str) -> None:
    session = RUNTIMES.load(runtime).open(tflite("float32"), SessionSettings())
    assert "on the CPU with INFERENCE_PRECISION_HINT=" in session.remark
    assert ("=f32." in session.remark) or runtime == "openvino"


@needs_openvino
def test_openvino_takes_another_batch_and_no_other_type(noise: NDArray[np.uint8]) -> None:
    session = RUNTIMES.load("openvino-f32").open(tflite("int8"), SessionSettings())
    assert session.batch_size == 1
    alone = scores_of(session, noise)
    assert session.resize(4)
    assert np.array_equal(scores_of(session, noise), alone)
    with pytest.raises(ArtifactError, match=r"takes uint8 \(4, 32, 32, 3\).*Received float32 \(4, 32, 32, 3\)"):
        session.invoke(noise[:4].astype(np.float32))
    with pytest.raises(ArtifactError, match=r"Received uint8 \(1, 32, 32, 3\)"):
        session.invoke(noise[:1])


@needs_micro
@pytest.mark.parametrize(("precision", "within"), [("int8", 0), ("float32", 1e-5)])
def test_tflite_micro_computes_like_the_reference_kernels(
    precision: str, within: float, noise: NDArray[np.uint8]
) -> None:
    found = scores("tflite-micro", tflite(precision), noise[:3])
    assert np.abs(found - scores("litert-reference", tflite(precision), noise[:3])).max() <= within


@needs_micro
def test_tflite_micro_tells_its_arena() -> None:
    session = RUNTIMES.load("tflite-micro").open(tflite("int8"), SessionSettings())
    assert "needs an arena of 56,544 bytes" in session.remark
    assert not session.resize(2)


@needs_micro
@pytest.mark.parametrize(
    ("precision", "reason"), [("dynamic", "Hybrid models are not supported"), ("float16", "DEQUANTIZE")]
)
def test_tflite_micro_says_why_it_refuses_a_file(precision: str, reason: str) -> None:
    with pytest.raises(MissingKernelError, match=rf"does not load model-{precision}\.tflite.*{reason}"):
        RUNTIMES.load("tflite-micro").open(tflite(precision), SessionSettings())


@pytest.mark.parametrize("precision", ["int8", "float32", "float16", "dynamic", "int16x8"])
def test_compiled_models_give_what_the_interpreter_gives(precision: str, noise: NDArray[np.uint8]) -> None:
    assert np.array_equal(
        scores("litert-compiled", tflite(precision), noise), scores("litert-xnnpack", tflite(precision), noise)
    )


def test_a_compiled_model_takes_another_batch_and_no_other_type(noise: NDArray[np.uint8]) -> None:
    session = RUNTIMES.load("litert-compiled").open(tflite("float32"), SessionSettings())
    alone = scores_of(session, noise)
    assert session.resize(4)
    assert np.allclose(scores_of(session, noise), alone, atol=1e-6)
    with pytest.raises(ArtifactError, match="Received uint8"):
        session.invoke(noise[:4])


@pytest.mark.parametrize("runtime", ["litert-compiled", *OPTIONAL])
def test_a_broken_file_is_an_artifact_error(runtime: str, tmp_path: Path) -> None:
    if not RUNTIMES.load(runtime).availability().is_available:
        pytest.skip(str(RUNTIMES.load(runtime).availability().reason))
    path = tmp_path / "broken.tflite"
    path.write_bytes(tflite("int8").read_bytes()[:3000])
    with pytest.raises(ArtifactError, match=r"broken\.tflite"):
        RUNTIMES.load(runtime).open(path, SessionSettings())


@pytest.mark.parametrize(("runtime", "extra"), OPTIONAL.items())
def test_an_optional_runtime_runs_only_where_it_is_named(
    runtime: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ["litert-xnnpack", "litert-builtin", "litert-reference", "onnxruntime", "onnxruntime-unoptimized"]
    assert list(chosen_runtimes([])) == usual
    assert list(chosen_runtimes([runtime])) == [runtime]

    def no_version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", no_version)
    reason = RUNTIMES.load(runtime).availability().reason
    assert reason is not None
    assert f"pip install 'edgekit-toolkit[{extra}]'" in reason


def test_all_names_what_is_installed() -> None:
    found = chosen_runtime_names("all")
    assert {"litert-xnnpack", "litert-compiled", "onnxruntime"} <= set(found)
    assert ("openvino" in found) is (importlib.util.find_spec("openvino") is not None)


def test_a_runtime_may_read_both_formats() -> None:
    openvino = RUNTIMES.load("openvino")
    assert openvino.reads(Format.TFLITE)
    assert openvino.reads(Format.ONNX)
    assert RUNTIMES.load("litert-xnnpack").formats == (Format.TFLITE,)


def test_without_a_gpu_litert_says_so_and_gives_no_scores() -> None:
    gpu = RUNTIMES.load("litert-gpu")
    if gpu.availability().is_available:
        pytest.skip("there may be a GPU here")
    assert "no GPU" in str(gpu.availability().reason)
    with pytest.raises(MissingKernelError, match="does not load"):
        gpu.open(tflite("float32"), SessionSettings())
