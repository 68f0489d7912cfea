"""`edgekit.tune` and `edgekit.compare_schemes`: which way to quantize a run."""

from edgekit.api.arguments import (
    ALL,
    AnyPath,
    Names,
    Percent,
    as_data,
    as_path,
    chosen_runtime_names,
    known_names,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.api.export import parsed_formats
from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.exporting.job import SchemesRequest, compare_schemes_request
from edgekit.exporting.schemes import SchemeComparison
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.names import names_of
from edgekit.foundation.typed.percent import parse_percent
from edgekit.foundation.typed.synonyms import meant
from edgekit.rendering.terminal.search_table import save_frontier
from edgekit.search.budget import Budget
from edgekit.search.job import TuneReport, TuneRequest, tune_request

INTEGERS = (Precision.DYNAMIC, Precision.INT8, Precision.INT16X8)


@public
def tune(
    run: AnyPath | None = None,
    *,
    max_accuracy_drop: Percent = 0.5,
    max_flips: Percent = "2%",
    formats: Names = ("tflite",),
    runtimes: Names = (),
    data: AnyPath | Dataset | None = None,
    calibration_images: int | None = None,
    seed: int = 0,
    restart: bool = False,
    custom_objects: AnyPath | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> TuneReport:
    """Find the smallest file of a run that keeps to a budget of drift.

    Files are compared on the validation images; the smallest within the budget is kept in the run and measured once
    on the test split. Every trial is a line of the run's tuning/trials.jsonl; a search that was stopped continues from
    there.

    Args:
        run: The run; None: the newest.
        max_accuracy_drop: Points that accuracy may fall.
        max_flips: Percent of the predictions that may differ from the float model's: "0.5%", or 0.5.
        formats: What to try: "tflite", "onnx".
        runtimes: Runtimes to measure in, one per format.
        data: "NAME", "NAME:PATH" or a loaded data set; None: what the run was trained with.
        calibration_images: Training images that calibrate; None: as for `edgekit.export`.
        seed: Seed of their choice.
        restart: Discard the trials of an earlier search.
        custom_objects: A Python file that defines the model's own layers; it is executed.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The trials and the chosen file; `exit_status` is 0 if it keeps to the budget on the test split, else 3.

    Raises:
        EdgekitError: Something is missing, changed, unknown, or does not belong together.
    """
    request = TuneRequest(
        run=run_or_file(run),
        budget=Budget(
            max_accuracy_drop=parse_percent(max_accuracy_drop, "--max-accuracy-drop"),
            max_flips=parse_percent(max_flips, "--max-flips"),
        ),
        data=as_data(data),
        formats=parsed_formats(formats),
        runtimes=chosen_runtime_names(runtimes),
        calibration_images=calibration_images,
        seed=seed,
        restart=restart,
        skip_broken=skip_broken,
        custom_objects=as_path(custom_objects),
    )
    report = tune_request(request, progress=shown_progress(progress))
    save_frontier(report)
    return report


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
    """Make the integer .tflite files of a run with every quantizer and scheme, compare them, and keep none.

    Args:
        run: The run; None: the newest.
        precisions: "dynamic", "int8", "int16x8", or "all" of them; empty: int8.
        data: "NAME", "NAME:PATH" or a loaded data set; None: what the run was trained with.
        calibration_images: Training images that calibrate each file; None: as for `edgekit.export`.
        seed: Seed of their choice.
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
    """The precisions of these names; int8 if there is none. Raises UnknownNameError for those without integers."""
    if ALL in names_of(precisions):
        return list(INTEGERS)
    return [Precision(name) for name in known_names("precision", precisions, INTEGERS)] or [Precision.INT8]
