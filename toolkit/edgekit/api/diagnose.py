"""`edgekit.diagnose`: which layer of a quantized file causes drift."""

from dataclasses import replace
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    as_data,
    parsed_precisions,
    public,
    registered,
    run_or_file,
    shown_progress,
)
from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.foundation.errors import MissingExtraError
from edgekit.foundation.progress import Progress
from edgekit.layer_drift.job import DiagnoseReport, DriftRequest, diagnose_request
from edgekit.layer_drift.probe import PROBES
from edgekit.rendering.output_files import PICTURE


@public
def diagnose(
    target: AnyPath | None = None,
    *,
    precision: Names = "int8",
    formats: Names = (),
    reference: AnyPath | None = None,
    data: AnyPath | Dataset | None = None,
    images: int = 64,
    seed: int = 0,
    input_range: str = "0..255",
    timeout: float | None = None,
    figure: AnyPath | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    progress: Progress | bool | None = None,
) -> DiagnoseReport:
    """Compare every layer of a quantized file with the float model's, on training images.

    Args:
        target: A run, or a quantized file; None: the newest run.
        precision: Which files of the run: one precision or several.
        formats: Only "tflite" or "onnx"; empty: both.
        reference: The float file; None: the run's float32.
        data: Whose training images to run: "NAME", "NAME:PATH" or a loaded data set; None: what the model was trained
            with.
        images: How many images.
        seed: Seed of their choice.
        input_range: Pixel values that external models expect: "0..255", "0..1", "-1..1", "mean=…,std=…".
        timeout: Seconds after which a candidate is stopped; None: 600 plus one per image.
        figure: The PNG file to draw; None: into the figures of the run.
        resize: How images get the size of the model: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad";
            None: as in the run, or "squash".
        antialias: Average over the pixels that one pixel covers; None: as in the run, or as the rule says.
        exif: Turn images as their EXIF data say; None: as in the run, or as the rule says.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One report per file; `figures` says what was drawn.

    Raises:
        EdgekitError: Something is missing, changed, unknown, or does not belong together.
    """
    picture = None if figure is None else PICTURE.checked(Path(figure))
    request = DriftRequest(
        target=run_or_file(target),
        reference=run_or_file(reference),
        precisions=_quantized(precision),
        formats=registered(PROBES, formats),
        data=as_data(data),
        num_images=images,
        seed=seed,
        input_range=input_range,
        time_limit=timeout,
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
    )
    shown = shown_progress(progress)
    report = diagnose_request(request, progress=shown)
    with shown.task("Drawing figures", None):
        figures = _drawn(report, picture, shown)
    return replace(report, figures=tuple(figures))


def _quantized(names: Names) -> tuple[Precision, ...]:
    """The precisions of these names; "all": all but float32, which is what the others are compared with."""
    return tuple(parsed_precisions(names)) or tuple(each for each in Precision if each is not Precision.FLOAT32)


def _drawn(found: DiagnoseReport, figure: Path | None, progress: Progress) -> list[Path]:
    """Draw each report into `figure`, or into the figures of the run; without matplotlib a note says so."""
    from edgekit.rendering.figures import layer_drift, save

    drawn = []
    for report in found.reports:
        path = _figure_path(found, report.candidate, figure)
        if path is None:
            continue
        try:
            picture = layer_drift(report)
        except MissingExtraError as error:
            if figure:
                raise
            progress.note(f"No picture: {error}")
            continue
        save(picture, path)
        drawn.append(path)
    return drawn


def _figure_path(found: DiagnoseReport, candidate: str, figure: Path | None) -> Path | None:
    """Where the picture of one candidate goes: beside the others if there are several."""
    kind = Path(candidate).suffix.removeprefix(".")
    if figure is not None:
        kinds = [Path(report.candidate).suffix.removeprefix(".") for report in found.reports]
        name = kind if len(set(kinds)) == len(kinds) else f"{_short(candidate)}-{kind}"
        return figure if len(kinds) == 1 else figure.with_stem(f"{figure.stem}-{name}")
    if found.run is None:
        return None
    return found.run.figures_path / f"layers-{_short(candidate)}-{kind}.png"


def _short(candidate: str) -> str:
    """What distinguishes a file from the others of its format: "percentile-int8"."""
    return Path(candidate).stem.removeprefix("model-")
