"""`edgekit.compress`: prune, cluster, or train a run's network for int8; makes a new run."""

from edgekit.api.arguments import AnyPath, Percent, as_data, as_path, public, run_or_file, shown_progress
from edgekit.compression import CompressionSettings, CompressRequest, compress_request
from edgekit.datasets import Dataset
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.percent import share_or_none
from edgekit.recipe import name_of_recipe
from edgekit.runs.folder import RunFolder


@public
def compress(
    run: AnyPath | None = None,
    *,
    prune: Percent | None = None,
    cluster: int | None = None,
    qat: bool = False,
    epochs: int = 5,
    learning_rate: float | None = None,
    batch_size: int = 128,
    seed: int = 0,
    data: AnyPath | Dataset | None = None,
    recipe: AnyPath | None = None,
    out: AnyPath | None = None,
    resume: bool = False,
    custom_objects: AnyPath | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> RunFolder:
    """Prune, cluster, or train for int8 the network of a run; makes a new run.

    The steps follow each other, and each keeps the result of the steps before it.

    Args:
        run: The run to start from, which stays as it is; None: the newest.
        prune: Share of the weights that become zero, between 0 and 1: 0.5 or "50%".
        cluster: How many distinct weights each layer keeps.
        qat: Quantization-aware training: learn the ranges and weights of int8.
        epochs: Epochs of each step: passes over the training images.
        learning_rate: Adam's at the start of each step; None: 0.001 for `prune`, 0.0001 for the others.
        batch_size: Images per step of the optimizer.
        seed: Seed of image order, crops and dropout.
        data: "NAME", "NAME:PATH" or a loaded data set; None: what the run was trained with.
        recipe: Whose augmentation the training images get: a name or a file; None: the run's, if built in.
        out: The new run folder; None: `exported/RUN-WHAT`, or -2, -3, … if that is taken.
        resume: Continue a compression that was killed or interrupted.
        custom_objects: A Python file that defines the model's own layers; it is executed.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The new run.

    Raises:
        EdgekitError: Something is missing, unknown, or does not belong together.
    """
    settings = CompressionSettings(
        sparsity=share_or_none(prune, "--prune"),
        num_clusters=cluster,
        qat=qat,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
    )
    if recipe is not None:
        name_of_recipe(str(recipe))
    request = CompressRequest(
        settings=settings,
        target=run_or_file(run),
        data=as_data(data),
        out=as_path(out),
        resume=resume,
        recipe=None if recipe is None else str(recipe),
        skip_broken=skip_broken,
        custom_objects=as_path(custom_objects),
    )
    return compress_request(request, progress=shown_progress(progress))
