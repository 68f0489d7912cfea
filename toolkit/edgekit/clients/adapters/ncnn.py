"""ncnn, through pnnx, the converter of its own project."""

import importlib.util
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import not_loaded
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Runtime, Session, SessionSettings

SECONDS = 60
_TYPES = {"float32": "f32", "uint8": "u8", "int8": "i8"}


class NcnnSession(Session):
    """One converted network, for one image."""

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        import ncnn

        tensors = settings.tensors or read_tensors(path)
        given, self.output_spec = tensors.inputs[0], tensors.outputs[0]
        self.input_spec = TensorSpec(name=given.name, shape=(1, *given.shape[1:]), dtype=given.dtype)
        self.batch_size = 1
        self._path, self._ncnn = path, ncnn
        self._net = ncnn.Net()
        self._net.opt.num_threads = settings.num_threads
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _convert(path, self.input_spec, folder)
            files = [folder / "model.ncnn.param", folder / "model.ncnn.bin"]
            if any(not file.is_file() for file in files) or self._net.load_param(str(files[0])):
                raise not_loaded("ncnn", path, ValueError("pnnx made a network that ncnn cannot read"))
            if self._net.load_model(str(files[1])):
                raise not_loaded("ncnn", path, ValueError("pnnx made weights that ncnn cannot read"))

    def resize(self, batch_size: int) -> bool:
        """One image at a time."""
        return batch_size == 1

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run one image, from a copy of the matrix: one that only looks at an array crashes the network."""
        pixels = np.ascontiguousarray(batch[0])
        with self._net.create_extractor() as extractor:
            extractor.input("in0", self._ncnn.Mat(pixels).clone())
            status, found = extractor.extract("out0")
            if status:
                raise ArtifactError(f"ncnn stopped while running {self._path.name}: status {status}")
            return np.array(found, dtype=np.float32).reshape(1, -1)


class Ncnn(Runtime):
    """What an app with ncnn does."""

    name = "ncnn"
    format = Format.ONNX
    package = "ncnn"

    @classmethod
    def import_library(cls) -> None:
        """Import ncnn."""
        import ncnn  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Convert and load."""
        return NcnnSession(path, settings)


def _convert(path: Path, given: TensorSpec, folder: Path) -> None:
    """Make ncnn's two files in `folder`. pnnx is called as a program: its Python package wants PyTorch."""
    found = importlib.util.find_spec("pnnx")
    program = Path(str(found.origin)).parent / "pnnx" if found else Path("pnnx")
    copy = folder / "model.onnx"
    copy.write_bytes(path.read_bytes())
    shape = f"inputshape=[{','.join(map(str, given.shape))}]{_TYPES.get(given.dtype, 'f32')}"
    done = subprocess.run(
        [str(program), str(copy), shape],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise not_loaded("pnnx", path, ValueError(said[-1] if said else f"exit status {done.returncode}"))
