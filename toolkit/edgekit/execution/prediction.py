"""Classifies a user's own pictures with exported files. Compares nothing with labels.

Each file is run in its own worker process, in the runtime that its format has by default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets.class_names import read_labels
from edgekit.datasets.images.decoding import FORMAT_WORDS, SUFFIXES, BrokenImageError, decode_file
from edgekit.datasets.images.form import DEFAULT_SIZE, ImageForm
from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule, RuleChoice
from edgekit.execution.file_inspection import inspect_in_worker
from edgekit.execution.isolation import execute
from edgekit.execution.model_interface import OUTPUTS, ModelInterface
from edgekit.foundation.errors import DatasetError, EdgekitError, RunFolderError, UsageError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import Displayed, plain
from edgekit.input_range import RAW, InputEncoding
from edgekit.inspection.info import ModelInfo
from edgekit.inspection.own_words import NOTHING, OwnWords, own_words
from edgekit.runs.folder import RunFolder, folder_around, names_run
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES
from edgekit.runtimes.base import ExecutionFailure, SessionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIME_LIMIT = 600.0
"""Seconds for one file."""


@dataclass(frozen=True, kw_only=True)
class PredictRequest:
    """What a user asks of `edgekit predict`.

    Attributes:
        target: A model file, a run, or the name of one under `exported/`.
        images: Pictures, or folders of them; at least one.
        runtimes: Only these runtimes; empty: the default of each format.
        precisions: Which files of a run; empty: all.
        formats: Which formats of a run; empty: all.
        labels: The class names in the order of the scores; None: those of the run, or numbers.
        input_range: What an external model expects; None: raw pixels.
        channel_order: Of an external model; None: RGB.
        output: "probabilities" or "logits" of an external model; None: as the values show.
        image_rule: How image files become pixels.
    """

    target: Path
    images: Sequence[Path]
    runtimes: Sequence[str] = ()
    precisions: Sequence[Precision] = ()
    formats: Sequence[Format] = ()
    labels: Path | None = None
    input_range: str | None = None
    channel_order: str | None = None
    output: str | None = None
    image_rule: RuleChoice = field(default_factory=RuleChoice)

    def __post_init__(self) -> None:
        if self.output not in (None, *OUTPUTS):
            raise UsageError(f"--output must be {' or '.join(OUTPUTS)}. Received '{self.output}'.")
        self.external_interface()  # what is not a range or order is refused before any file is read

    def external_interface(self, own: OwnWords = NOTHING) -> ModelInterface:
        """How a file of no run that says `own` is fed and read; raises UsageError for what is no range or order."""
        encoding = InputEncoding.parse(self.input_range or own.input_range or RAW.text, self.channel_order or "rgb")
        return ModelInterface(encoding=encoding, output=self.output)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What one file says of one picture.

    Attributes:
        image: The picture, as it was named.
        artifact: The file, as it is listed.
        runtime: What ran it.
        scores: Class -> score, the highest first; probabilities, 0 to 1.
    """

    image: str
    artifact: str
    runtime: str
    scores: Mapping[str, float]

    @property
    def label(self) -> str:
        """The class with the highest score."""
        return next(iter(self.scores))

    @property
    def score(self) -> float:
        """The highest score, 0 to 1."""
        return next(iter(self.scores.values()))

    def top(self, count: int) -> list[tuple[str, float]]:
        """The `count` classes with the highest scores."""
        return list(self.scores.items())[:count]

    def to_dict(self, count: int | None = None) -> dict[str, Any]:
        """As a JSON object, with the `count` highest scores; None: all."""
        chosen = self.top(count if count is not None else len(self.scores))
        named = {"label": self.label, "score": self.score, "scores": dict(chosen)}
        return {"image": self.image, "artifact": self.artifact, "runtime": self.runtime, **named}


@dataclass(frozen=True, kw_only=True)
class PredictReport(Displayed):
    """What `edgekit predict` found.

    Attributes:
        predictions: One for each picture and file, by picture.
        failures: Whole sentences: which files could not be run, and why.
        remarks: Whole sentences: how external files say that they are fed and read.
    """

    predictions: tuple[Prediction, ...]
    failures: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        images = len({one.image for one in self.predictions})
        return f"<PredictReport of {counted(images, 'picture')}>"

    @property
    def exit_status(self) -> int:
        """0: every file answered. 1: one could not be run."""
        return 1 if self.failures else 0

    def to_dict(self, count: int | None = None) -> dict[str, Any]:
        """As a JSON object, with the `count` highest scores of each; None: all."""
        rows = [one.to_dict(count) for one in self.predictions]
        return dict(plain({"predictions": rows, "failures": self.failures, "remarks": self.remarks}))


@dataclass(frozen=True, kw_only=True)
class _File:
    """A model file with what is known of it."""

    name: str
    artifact: Artifact
    runtime: str
    interface: ModelInterface
    class_names: Sequence[str]
    form: ImageForm
    remarks: tuple[str, ...]


def predict_request(request: PredictRequest, *, progress: Progress | None = None) -> PredictReport:
    """Run what `request` means; writes nothing.

    Raises:
        EdgekitError: A file is missing, broken or changed, or a picture cannot be decoded.
    """
    progress = progress or SilentProgress()
    names, files = pictures(request.images), list(_files(request))
    answers, failures = [], []
    with TemporaryFolder() as folder, progress.task("files on your pictures", len(files)) as advance:
        decoded = _DecodedPictures(names, folder)
        for file in files:
            found = _answer(file, decoded)
            if isinstance(found, ExecutionFailure):
                failures.append(f"{file.name} in {file.runtime}: {found.sentence}")
            else:
                answers.append(found)
            advance(1)
    by_picture = [one for same in zip(*answers, strict=True) for one in same]
    remarks = dict.fromkeys(remark for file in files for remark in file.remarks)
    return PredictReport(predictions=tuple(by_picture), failures=tuple(failures), remarks=tuple(remarks))


def pictures(paths: Sequence[Path]) -> list[Path]:
    """The image files that are named, or that lie in a folder that is named, in their order.

    Raises:
        UsageError: None is named.
        DatasetError: There is no such file, or a folder holds no image.
    """
    if not paths:
        raise UsageError("Name at least one picture: edgekit predict FILE photo.jpg")
    return [picture for path in paths for picture in _pictures_at(path)]


def _pictures_at(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise DatasetError(f"There is no picture {path}. Expected a {FORMAT_WORDS} file, or a folder of them.")
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())
    if not found:
        raise DatasetError(f"The folder {path} holds no picture. Expected {FORMAT_WORDS} files directly in it.")
    return found


class _DecodedPictures:
    """The pictures as arrays on disk, decoded once for each form: the files of a run share one.

    Args:
        names: The pictures.
        folder: Where the arrays are written.
    """

    def __init__(self, names: Sequence[Path], folder: Path) -> None:
        self.names, self._folder = names, folder
        self._arrays: dict[ImageForm, Path] = {}

    def in_form(self, form: ImageForm) -> Path:
        """A `.npy` file of uint8 (N, *form.shape); raises DatasetError for what cannot be decoded."""
        import numpy as np

        if form not in self._arrays:
            path = self._folder / f"{len(self._arrays)}.npy"
            np.save(path, np.stack([_pixels(name, form) for name in self.names]))
            self._arrays[form] = path
        return self._arrays[form]


def _answer(file: _File, pictures: _DecodedPictures) -> list[Prediction] | ExecutionFailure:
    """What one file says of every picture."""
    import numpy as np

    found = execute(
        file.runtime,
        file.artifact.path,
        pictures.in_form(file.form),
        time_limit=TIME_LIMIT,
        settings=SessionSettings(),
        encoding=file.interface.encoding,
    )
    if isinstance(found, ExecutionFailure):
        return found
    scores = file.interface.read(np.array(found.scores)).scores
    return [_named(file, name, row) for name, row in zip(pictures.names, scores, strict=True)]


def _pixels(name: Path, form: ImageForm) -> "NDArray[np.uint8]":
    try:
        return decode_file(name, form).pixels
    except BrokenImageError as error:
        raise DatasetError(f"{name} cannot be decoded: {error}. Expected a {FORMAT_WORDS} file.") from error


def _named(file: _File, name: Path, scores: "NDArray[np.float32]") -> Prediction:
    """The scores of one picture by class, the highest first; of equal ones the first class."""
    classes = file.class_names if len(file.class_names) == len(scores) else [f"class {i}" for i in range(len(scores))]
    order = (-scores).argsort(kind="stable")
    named = {classes[place]: float(scores[place]) for place in order}
    return Prediction(image=str(name), artifact=file.name, runtime=file.runtime, scores=named)


def _files(request: PredictRequest) -> "list[_File]":
    """What is to be run: one file, or those of a run."""
    target = request.target
    if names_run([target]):
        return _files_of_run(request, RunFolder.named(target))
    artifact = Artifact.from_file(target)
    run = _run_of(target)
    return [_file(request, artifact, target.name, run, runtime) for runtime in _runtimes(request, artifact)]


def _files_of_run(request: PredictRequest, run: RunFolder) -> "list[_File]":
    chosen = [
        one
        for one in run.artifacts()
        if (not request.precisions or one.precision in request.precisions)
        and (not request.formats or one.format in request.formats)
    ]
    files = [
        _file(request, one, one.path.relative_to(run.path).as_posix(), run, runtime)
        for one in chosen
        for runtime in _runtimes(request, one)
    ]
    have = {one.precision for one in chosen}
    if missing := [one.value for one in request.precisions if one not in have]:
        raise RunFolderError(
            f"{run.path} holds no {' and no '.join(missing)} file. Export it first: "
            f"edgekit export {for_shell(run.path)} --precision {','.join(missing)}"
        )
    if not files:
        raise RunFolderError(f"{run.path} holds no such file. Export one first: edgekit export {for_shell(run.path)}")
    return files


def _runtimes(request: PredictRequest, artifact: Artifact) -> Sequence[str]:
    """The runtimes that are asked for and read the file; the default one of its format if none is asked for."""
    if not request.runtimes:
        return (DEFAULT_RUNTIMES[artifact.format],)
    return [name for name in request.runtimes if RUNTIMES.load(name).reads(artifact.format)]


def _run_of(path: Path) -> RunFolder | None:
    """The run whose manifest lists this very file; None for an external model."""
    folder = folder_around(path)
    if folder is None:
        return None
    try:
        run = RunFolder(folder)
    except EdgekitError:  # a broken run beside the file says nothing of it
        return None
    return run if run.lists(path) else None


def _file(request: PredictRequest, artifact: Artifact, name: str, run: RunFolder | None, runtime: str) -> _File:
    entry = dict(run.manifest.get("dataset", {})) if run else {}
    info = None if _has_image_shape(entry) else inspect_in_worker(artifact.path)
    use_range, use_labels = request.input_range is None, request.labels is None
    own = NOTHING if run else own_words(info, None, use_range=use_range, use_labels=use_labels, subject=name)
    return _File(
        name=name,
        artifact=artifact,
        runtime=runtime,
        interface=_interface_of_run(run, artifact) if run else request.external_interface(own),
        class_names=_class_names(request, entry) or own.labels or (),
        form=_form(info, entry, request.image_rule.for_run(entry) or DEFAULT_RULE),
        remarks=own.remarks,
    )


def _has_image_shape(entry: Mapping[str, Any]) -> bool:
    shape = entry.get("image_shape")
    return isinstance(shape, list) and len(shape) == 3


def _form(info: ModelInfo | None, entry: Mapping[str, Any], rule: ImageRule) -> ImageForm:
    """What pictures become for a file: the file itself says size and channels, or its run if `info` is None."""
    if info is not None:
        return ImageForm(size=info.image_size or DEFAULT_SIZE, channels=info.channels or 3, rule=rule)
    height, width, channels = map(int, entry["image_shape"])
    return ImageForm(size=(height, width), channels=channels, rule=rule)


def _class_names(request: PredictRequest, entry: Mapping[str, Any]) -> Sequence[str]:
    return read_labels(request.labels) if request.labels else tuple(entry.get("class_names", ()))


def _interface_of_run(run: RunFolder, artifact: Artifact) -> ModelInterface:
    """Edgekit's own files take raw pixels, and give probabilities unless the manifest says logits."""
    gives_logits = run.export_entry(artifact.path).get("output") == "logits"
    return ModelInterface(output="logits" if gives_logits else None)
