"""The whole of `edgekit train`: find the recipe, load its data, choose the folder, train."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.sources import fixed_size
from edgekit.foundation.errors import RecipeError, UsageError
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.recipe import Recipe, TrainingSettings, load_recipe, name_of_recipe
from edgekit.runs.folder import RunFolder
from edgekit.training.folders import choose_folder
from edgekit.training.hardware import Hardware
from edgekit.training.session import train


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainRequest:
    """What a user asks of `edgekit train`; None: as the recipe says.

    Attributes:
        recipe: The recipe, its name, or its file.
        data: The data set, or `NAME[:PATH]`.
        test_data: Where the test images are; None: in `data`.
        settings: In place of the recipe's own.
        epochs: Passes over the training images.
        seed: Of everything random.
        batch_size: Images per step.
        class_weights: "balanced": classes of different sizes count alike.
        validation_fraction: Share of the training images held out for choosing, between 0 and 1.
        image_size: (height, width) in pixels to which image files are resized.
        image_rule: How they are.
        channels: 3 for RGB, 1 for gray; None: those of the data set, 3 for image files.
        out: The run folder; None: `exported/RECIPE`, or -2, -3, … if that is taken.
        resume: Continue a training that was killed or interrupted.
        tensorboard: Write the history for TensorBoard too.
        skip_broken: Leave broken images out, and count them.
        hardware: Devices, precision and machines.
        backend: Of Keras; None: $KERAS_BACKEND, else tensorflow.
    """

    recipe: str | Recipe = "resnet8"
    data: str | Dataset = "digits"
    test_data: str | None = None
    settings: TrainingSettings | None = None
    epochs: int | None = None
    seed: int | None = None
    batch_size: int | None = None
    class_weights: str | None = None
    validation_fraction: float | None = None
    image_size: tuple[int, int] | None = None
    image_rule: RuleChoice = field(default_factory=RuleChoice)
    channels: int | None = None
    out: Path | None = None
    resume: bool = False
    tensorboard: bool = False
    skip_broken: bool = False
    hardware: Hardware = field(default_factory=Hardware)
    backend: str | None = None

    @property
    def folder(self) -> Path:
        """The run folder; raises what `name_of_recipe` and `choose_folder` raise."""
        name = self.recipe.name if isinstance(self.recipe, Recipe) else name_of_recipe(self.recipe)
        return self.out or choose_folder(name, resume=self.resume)


def train_request(request: TrainRequest, *, progress: Progress | None = None) -> RunFolder | None:
    """Do what `request` says; what can be known without Keras is checked before it is loaded.

    Returns:
        The run folder; None on a worker other than the first, which writes none.

    Raises:
        EdgekitError: Whatever is missing, unknown, or does not belong together; see `train`.
    """
    progress, out = progress or SilentProgress(), request.folder
    _chosen_settings(TrainingSettings(epochs=1), request)  # impossible for any recipe: said before Keras is loaded
    with progress.task("Loading Keras", None):
        import_keras("edgekit train", request.backend)
    recipe, dataset, settings = load_training(request, progress)
    return train(
        recipe,
        dataset,
        settings=settings,
        out=out,
        resume=request.resume,
        progress=progress,
        tensorboard=request.tensorboard,
        hardware=request.hardware,
    )


def load_training(request: TrainRequest, progress: Progress) -> tuple[Recipe, Dataset, TrainingSettings]:
    """The recipe, its data set and its settings, as the user chose them; raises what loading them raises."""
    recipe = request.recipe if isinstance(request.recipe, Recipe) else load_recipe(request.recipe)
    settings = _chosen_settings(request.settings or recipe.settings, request)
    return recipe, _load_data(recipe, settings, request, progress), settings


def _chosen_settings(settings: TrainingSettings, request: TrainRequest) -> TrainingSettings:
    """The settings with what the user chose instead of their own; raises UsageError."""
    names = ("epochs", "seed", "batch_size", "class_weights", "validation_fraction")
    chosen = {name: getattr(request, name) for name in names if getattr(request, name) is not None}
    try:
        return replace(settings, **chosen)
    except RecipeError as error:
        raise UsageError(str(error)) from error


def _load_data(recipe: Recipe, settings: TrainingSettings, request: TrainRequest, progress: Progress) -> Dataset:
    """The data set, split as the settings say; raises DatasetError, and UsageError if it cannot be resized."""
    wanted = DatasetRequest(
        image_size=request.image_size or recipe.image_size,
        channels=request.channels,
        rule=request.image_rule.for_run({}),
        is_rule_required=request.image_rule.is_given,
        validation_fraction=settings.validation_fraction,
        seed=settings.seed,
        skip_broken=request.skip_broken,
        test_data=request.test_data,
        progress=progress,
    )
    dataset = load_dataset(request.data, wanted)
    if request.image_size not in (None, dataset.image_shape[:2]):
        raise UsageError(fixed_size(dataset, request.image_size))
    return dataset
