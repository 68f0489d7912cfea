"""`edgekit.compare_schemes`: quantizers and schemes side by side, on validation images."""

from edgekit.api.arguments import (
    ALL,
    AnyPath,
    Names,
    as_data,
    as_path,
    known_names,
    names_of,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.exporting.job import SchemesRequest, compare_schemes_request
from edgekit.exporting.schemes import SchemeComparison
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.synonyms import meant

INTEGERS = (Precision.DYNAMIC, Precision.INT8, Precision.INT16X8)


@public
def compare_schemes(
    run: AnyPath | None = None,
    *,
    precisions: Names = (),
    data: AnyPath | Dataset | None = None,
    calibration_images: int | None = None,
    seed: int = 0,
    check_calibration: bool = False,
    split: str = "validation",
    custom_objects: AnyPath | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> SchemeComparison:
    """Make the integer .tflite files of a run in every way, compare them, and keep none.

    Args:
        run: The run; None: the newest.
        precisions: "dynamic", "int8", "int16x8", or "all" of them; empty: int8.
        data: "NAME", "NAME:PATH" or a loaded data set; None: what the run was trained with.
        calibration_images: Training images that calibrate each file; None: as for `edgekit.export`.
        seed: Of their choice.
        check_calibration: Calibrate each file once more, with other images.
        split: Images to compare on: "validation"; "test" is for the last measurement.
        custom_objects: A Python file that defines the model's own layers; it is executed.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Raises:
        EdgekitError: Something is missing, unknown, or does not belong together.
    """
    request = SchemesRequest(
        target=run_or_file(run),
        precisions=_integers(precisions),
        data=as_data(data),
        calibration_images=calibration_images,
        seed=seed,
        check_calibration=check_calibration,
        split=meant("split", split),
        skip_broken=skip_broken,
        custom_objects=as_path(custom_objects),
    )
    return compare_schemes_request(request, progress=shown_progress(progress))


def _integers(precisions: Names) -> list[Precision]:
    """The precisions of these names; int8 where there is none. Raises UnknownNameError for those without integers."""
    if ALL in names_of(precisions):
        return list(INTEGERS)
    return [Precision(name) for name in known_names("precision", precisions, INTEGERS)] or [Precision.INT8]
