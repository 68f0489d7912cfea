"""The float file to compare a run's file with, made of its Keras model if none was exported."""

from functools import cached_property
from pathlib import Path

from edgekit.artifact import Precision, format_of
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.options import OnnxOptions
from edgekit.exporting.plan import Job
from edgekit.exporting.source import load_source
from edgekit.foundation.keras_setup import check_installed
from edgekit.foundation.progress import Progress
from edgekit.runs.folder import RunFolder


class FloatFiles:
    """Makes the float files of one run, each once.

    Args:
        run: Holds the model; None for single files, of which nothing can be made.
        folder: Where to write.
        progress: Receives notes on decisions.
    """

    def __init__(self, *, run: RunFolder | None, folder: Path, progress: Progress) -> None:
        self._run, self._folder, self._progress = run, folder, progress
        self._made: dict[str, Path] = {}

    def for_file(self, candidate: Path) -> Path:
        """The float32 file that `edgekit export` would make beside `candidate`, without metadata.

        Layers have counterparts only in a file of the same format that was prepared alike: folded or not, with the
        same layout and output.

        Raises:
            EdgekitError: TensorFlow is not installed, or the model cannot be loaded or converted.
        """
        assert self._run is not None  # noqa: S101 - what is not an artifact of a run comes with its float file
        entry, made_of = self._run.export_entry(candidate), format_of(candidate)
        options = ExportOptions(
            output=entry.get("output", "probabilities"),
            fold="folding" in entry,
            onnx=OnnxOptions(layout=entry.get("layout", "nhwc")),
            authorship=None,
        )
        key = f"{made_of}-{options.output}-{options.fold}-{options.onnx.layout}"
        if key not in self._made:
            content = self._maker.convert(Job(format=made_of, precision=Precision.FLOAT32, options=options), None)
            self._made[key] = self._folder / f"{key}.{made_of}"
            self._made[key].write_bytes(content)
        return self._made[key]

    @cached_property
    def _maker(self) -> FileMaker:
        assert self._run is not None  # noqa: S101 - see above
        check_installed("tensorflow", "The float file of a run that holds none")
        return FileMaker(load_source(self._run, progress=self._progress), None, progress=self._progress)
