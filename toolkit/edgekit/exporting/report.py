"""The result of an export, and its JSON form."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, Precision
from edgekit.exporting.checking.check import CheckResult
from edgekit.exporting.keras.batchnorm_folding import Folding
from edgekit.exporting.tflite.float_islands import Island, kinds_in_words
from edgekit.foundation.grammar import counted
from edgekit.foundation.results import Displayed, plain
from edgekit.inspection.kernels import FileKernels
from edgekit.runs.folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class ExportedFile:
    """One file that was made and kept.

    Attributes:
        artifact: The file.
        variant: What was chosen for it, as its name says; "" for the default.
        check: How it compared with Keras; None for a file with Flex operators, which nothing here can run.
        islands: The operators of an integer file that compute in float.
        kernels: Zeros and distinct values of its weights; None for a run that was not compressed.
    """

    artifact: Artifact
    variant: str
    check: CheckResult | None
    islands: tuple[Island, ...] = ()
    kernels: FileKernels | None = None

    @property
    def precision_in_words(self) -> str:
        """Its precision, and what is computed in float: "int8 except LayerNormalization x 7"."""
        exceptions = kinds_in_words(self.islands)
        return f"{self.artifact.precision or ''}{f' except {exceptions}' if exceptions else ''}"


@dataclass(frozen=True, kw_only=True)
class FailedFile:
    """One file that could not be made, among others that could.

    Attributes:
        file: Where it would lie in the run folder.
        precision: Its precision.
        title: For a person: "onnx float16".
        reason: Whole sentences.
    """

    file: str
    precision: Precision
    title: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportReport(Displayed):
    """The result of an export.

    Attributes:
        run: The run folder that holds the files.
        files: What was made, in the order of the work.
        skipped: One line for each combination of format and precision that does not exist, and for int16x8 if
            LiteRT lacks kernels and it was not named.
        folding: What happened to batch normalization; None if nothing was to be folded.
        failed: What else could not be made if every precision was asked for.
    """

    run: RunFolder
    files: tuple[ExportedFile, ...]
    skipped: tuple[str, ...]
    folding: Folding | None = None
    failed: tuple[FailedFile, ...] = ()

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} not made" if self.failed else ""
        return f"<ExportReport {self.run.path}: {counted(len(self.files), 'file')}{failed}>"

    @property
    def exit_status(self) -> int:
        """1 if a file could not be made, or is in doubt, else 0."""
        return 1 if self.failed or self.doubtful else 0

    @property
    def doubtful(self) -> tuple[ExportedFile, ...]:
        """The files that were kept although they failed the check against the float model."""
        return tuple(each for each in self.files if each.check and each.check.doubt)

    def moved(self, path: Path) -> "ExportReport":
        """The same report after its run folder was renamed to `path`."""
        files = tuple(
            replace(each, artifact=replace(each.artifact, path=path / each.artifact.path.relative_to(self.run.path)))
            for each in self.files
        )
        return replace(self, run=RunFolder(path), files=files)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        document = {
            "run": str(self.run.path),
            "files": [
                {
                    "artifact": each.artifact.path.relative_to(self.run.path).as_posix(),
                    "format": each.artifact.format.value,
                    "precision": each.artifact.precision,
                    "except": kinds_in_words(each.islands),
                    "variant": each.variant,
                    "size_bytes": each.artifact.size_bytes,
                    "sha256": each.artifact.sha256,
                    "check": each.check.to_dict() if each.check else None,
                    "float_operators": [island.to_dict() for island in each.islands],
                    **({"weights": each.kernels.to_dict()} if each.kernels else {}),
                }
                for each in self.files
            ],
            "skipped": list(self.skipped),
            "failed": [asdict(each) for each in self.failed],
            "folding": self.folding.to_dict() if self.folding else None,
        }
        return plain(document)
