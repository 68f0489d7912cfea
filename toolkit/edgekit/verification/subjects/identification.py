"""Identifies a model file: its format, and the precision of its content. Runs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edgekit.artifact import Artifact, Precision, format_of, precision_of, sha256_of
from edgekit.execution.file_inspection import FileInspector
from edgekit.foundation.errors import ArtifactError

_PRECISIONS = (
    ("float32", Precision.FLOAT32),
    ("float16", Precision.FLOAT16),
    ("int8 weights only", Precision.DYNAMIC),
    ("fully int8", Precision.INT8),
    ("int8 with float islands", Precision.INT8),
    ("int16 activations", Precision.INT16X8),
)
"""How the verdict of an inspection begins, and the precision that is meant."""


def identify_all(paths: Sequence[Path], inspector: FileInspector) -> list[Artifact]:
    """The artifacts at `paths`, read by one worker; a file that is empty or too large is one too, beside a sound one.

    Raises:
        ArtifactError: A path is not a file or names no format, or no file of them can be a model.
    """
    artifacts: list[Artifact] = []
    faults: list[ArtifactError] = []
    for path in paths:
        try:
            artifacts.append(Artifact.from_file(path))
        except ArtifactError as error:
            if not path.is_file():
                raise
            faults.append(error)
            artifacts.append(_hopeless(path, error))
    if len(faults) == len(artifacts):
        raise faults[0]
    inspector.read(paths)
    return [with_precision(artifact, inspector) for artifact in artifacts]


def _hopeless(path: Path, error: ArtifactError) -> Artifact:
    """A file that no runtime will load, which its row is to say; raises `error` if it cannot even be read."""
    try:
        size_bytes, sha256 = path.stat().st_size, sha256_of(path)
    except OSError:
        raise error from None
    return Artifact(
        path=path, format=format_of(path), precision=precision_of(path), size_bytes=size_bytes, sha256=sha256
    )


def identify(path: Path, inspector: FileInspector) -> Artifact:
    """The artifact at `path`, with the precision of its content; of its name if the content does not say."""
    return with_precision(Artifact.from_file(path), inspector)


def with_precision(artifact: Artifact, inspector: FileInspector) -> Artifact:
    """The artifact with the precision of its content; of its name if the content does not say.

    Its size is that of all its files, if an ONNX model keeps weights beside it.
    """
    info = inspector.of(artifact.path).info
    if info is None:
        return artifact
    found = precision_in(info.quantization.verdict)
    return replace(artifact, precision=found or artifact.precision, size_bytes=info.size_bytes)


def precision_in(verdict: str) -> Precision | None:
    """The precision that `edgekit.inspection.Quantization.verdict` stands for; None if it is not known."""
    return next((precision for start, precision in _PRECISIONS if verdict.startswith(start)), None)
