"""`edgekit.predict`: label and score of your own pictures, from exported files."""

from collections.abc import Sequence
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    as_path,
    chosen_runtime_names,
    parsed_precisions,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.api.export import parsed_formats
from edgekit.datasets.images.rule import RuleChoice
from edgekit.execution.prediction import PredictReport, PredictRequest, predict_request
from edgekit.foundation.progress import Progress


@public
def predict(
    target: AnyPath,
    images: AnyPath | Sequence[AnyPath],
    *,
    runtimes: Names = (),
    precisions: Names = (),
    formats: Names = (),
    labels: AnyPath | None = None,
    input_range: str | None = None,
    channel_order: str | None = None,
    output: str | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    progress: Progress | bool | None = None,
) -> PredictReport:
    """Classify your own pictures with exported files.

    Args:
        target: A model file; or a run, for all its files side by side.
        images: A picture, a folder of pictures, or several.
        runtimes: Only these runtimes; empty: what phones and servers run by default.
        precisions: Which files of a run; empty: all.
        formats: Which formats of a run: "tflite", "onnx"; empty: both.
        labels: For an external model, a file with its class names in the order of its scores, one per line.
        input_range: What an external model expects: "0..255", "0..1", "-1..1", "mean=…,std=…".
        channel_order: The order of its channels, "rgb" (the default) or "bgr".
        output: Its scores, "probabilities" or "logits"; None: found from the values.
        resize: How pictures get the size of the model: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad";
            None: as in the run, or "squash".
        antialias: Average over the pixels that one pixel covers; None: as in the run, or as the rule says.
        exif: Turn pictures as their EXIF data say; None: as in the run, or as the rule says.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One prediction per picture and file: `label`, `score`, `scores`, `top(3)`.

    Raises:
        EdgekitError: A file is missing, broken or changed, or a picture cannot be decoded.
    """
    request = PredictRequest(
        target=run_or_file(target),
        images=[Path(each) for each in ([images] if isinstance(images, str | Path) else list(images))],  # type: ignore[arg-type]
        runtimes=chosen_runtime_names(runtimes),
        precisions=parsed_precisions(precisions),
        formats=parsed_formats(formats),
        labels=as_path(labels),
        input_range=input_range,
        channel_order=channel_order,
        output=output,
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
    )
    return predict_request(request, progress=shown_progress(progress))
