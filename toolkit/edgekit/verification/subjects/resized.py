"""The models that are run with other resize rules, and the data set under these rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets import Dataset, DatasetRequest
from edgekit.datasets.images.rule import ImageRule, other_rules
from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import DEFAULT_RUNTIMES
from edgekit.verification.candidate import Candidate
from edgekit.verification.request import VerifyRequest
from edgekit.verification.subjects import keras_reference
from edgekit.verification.subjects.class_labels import (
    decision,
    kept_model_interface,
    own_interface,
    reference_interface,
)
from edgekit.verification.subjects.data import LoadedData
from edgekit.verification.subjects.reference import reference_words
from edgekit.verification.subjects.reference_scores import is_model, runtime_target
from edgekit.verification.subjects.selection import Selection


@dataclass(frozen=True, kw_only=True, eq=False)
class ResizeSubject:
    """A model that is run under every rule.

    Attributes:
        name: What the report calls it.
        path: Its file.
        target: What `edgekit.execution.isolation.execute` runs it in.
        interface: How it is fed and read.
    """

    name: str
    path: Path
    target: str
    interface: ModelInterface

    @property
    def runtime(self) -> str:
        """What runs it, for a person."""
        return "keras" if self.target == keras_reference.TARGET else self.target


@dataclass(frozen=True, kw_only=True, eq=False)
class ResizeSubjects:
    """What `edgekit verify --resize-check` compares.

    Attributes:
        models: The float model, then the file that was chosen, if there is one.
        own: The rule of the data set.
        others: The other rules.
        load: Loads the data set.
        wanted: How it was loaded.
    """

    models: tuple[ResizeSubject, ...]
    own: ImageRule
    others: tuple[ImageRule, ...]
    load: Callable[[DatasetRequest], Dataset]
    wanted: DatasetRequest

    def under(self, rule: ImageRule) -> Dataset:
        """The data set whose test images are resized by `rule`; raises DatasetError."""
        return self.load(replace(self.wanted, rule=rule, is_rule_required=True, test_only=True))


def check_can_be_resized(dataset: Dataset) -> ImageRule:
    """The rule of the data set; raises UsageError if its images are not resized."""
    if dataset.rule is None:
        raise UsageError(
            f"--resize-check resizes image files by other rules. Expected a data set of image files (folder:PATH, "
            f"csv:FILE or hub:NAME). Received '{dataset.name}', whose images have a fixed size. Leave it out."
        )
    return dataset.rule


def resize_subjects(
    selection: Selection,
    candidates: Sequence[Candidate],
    data: LoadedData,
    request: VerifyRequest,
) -> ResizeSubjects:
    """The float model, the chosen file, and the rules.

    The float model is the reference if that is a model file, else the float32 file of the run, else its Keras
    model. The chosen file is the first that is verified and is not that one, an int8 file before others.

    Raises:
        UsageError: The images of the data set are not resized.
        VerificationError: There is no float model to run.
    """
    dataset = data.dataset
    own = check_can_be_resized(dataset)
    model = _float_model(selection, dataset, request)
    chosen = _chosen_file(candidates, model.path)
    return ResizeSubjects(
        models=(model, chosen) if chosen else (model,),
        own=own,
        others=other_rules(own),
        load=data.load,
        wanted=data.wanted,
    )


def _float_model(selection: Selection, dataset: Dataset, request: VerifyRequest) -> ResizeSubject:
    path, run = selection.reference, selection.reference_run
    if isinstance(path, Path) and is_model(path):
        is_external = selection.is_reference_external
        words = reference_words(selection, request.external, dataset.class_names)
        interface = (
            reference_interface(request.external, dataset.class_names, run, words) if is_external else ModelInterface()
        )
        return ResizeSubject(name=path.name, path=path, target=runtime_target(path), interface=interface)
    if run is not None and (found := _float32_file(run)):
        two_classes = decision(request.external, dataset.class_names, run)
        own = own_interface(two_classes, dataset.class_names, run, found.path)
        return _of_a_run(run, found, own or ModelInterface())
    if run is not None and run.model_path.is_file():
        is_own = not run.is_external
        return ResizeSubject(
            name=run.model_path.name,
            path=run.model_path,
            target=keras_reference.TARGET,
            interface=ModelInterface() if is_own else kept_model_interface(request.external, dataset.class_names, run),
        )
    raise VerificationError(
        "--resize-check runs the float model on images that are resized differently, and there is only a file of "
        "scores. Name the model itself, --reference MODEL.keras, or export the run in float32 too."
    )


def _float32_file(run: RunFolder) -> Artifact | None:
    return next((one for one in run.artifacts() if one.precision is Precision.FLOAT32), None)


def _of_a_run(run: RunFolder, artifact: Artifact, interface: ModelInterface) -> ResizeSubject:
    return ResizeSubject(
        name=artifact.path.relative_to(run.path).as_posix(),
        path=artifact.path,
        target=DEFAULT_RUNTIMES[artifact.format],
        interface=interface,
    )


def _chosen_file(candidates: Sequence[Candidate], other_than: Path) -> ResizeSubject | None:
    """In the default runtime of its format; of a run its int8 `.tflite` first."""

    def rank(candidate: Candidate) -> tuple[bool, bool]:
        artifact = candidate.artifact
        return artifact.precision is not Precision.INT8, artifact.format is not Format.TFLITE

    fitting = [one for one in candidates if one.artifact.path.resolve() != other_than.resolve()]
    chosen = min(fitting, key=rank, default=None)
    if chosen is None:
        return None
    return ResizeSubject(
        name=chosen.shown_name,
        path=chosen.artifact.path,
        target=DEFAULT_RUNTIMES[chosen.artifact.format],
        interface=chosen.interface or ModelInterface(),
    )
