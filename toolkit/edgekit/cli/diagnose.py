"""`edgekit diagnose`: which layer of a quantized file loses most."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.options import PATH, PICTURE, WholeNumber, data_option, json_option, make_progress, print_json

if TYPE_CHECKING:
    from edgekit.layer_drift.job import Diagnosed


@click.command("diagnose")
@click.argument("target", required=False, metavar="[RUN | FILE]", type=PATH)
@click.option("--precision", metavar="NAME", help="Which artifacts of the run. [default: int8]")
@click.option("--format", "formats", multiple=True, metavar="NAME", help="Only tflite or onnx. [default: both]")
@click.option("--reference", type=PATH, metavar="FILE", help="The float file. [default: the run's float32]")
@data_option(
    None,
    "Whose training images to run (validation images where there are no others), as NAME or NAME:PATH; by default "
    "what the model was trained with.",
)
@click.option("--images", type=int, metavar="N", help="How many images. [default: 64]")
@click.option("--seed", type=int, metavar="N", help="Which of them. [default: 0]")
@click.option("--input-range", metavar="RANGE", help="What models made elsewhere want: 0..255, 0..1, -1..1, mean=…")
@click.option("--timeout", type=float, metavar="SECONDS", help="Give a candidate up after this. [default: 600 + N]")
@click.option("--top", type=WholeNumber(min=1), metavar="N", default=10, show_default=True, help="Layers in the table.")
@click.option(
    "--figure",
    type=PICTURE,
    metavar="FILE.png",
    help="Where the picture goes. [default: figures/ of the run]",
)
@json_option
def command(
    target: Path | None,
    precision: str | None,
    formats: tuple[str, ...],
    reference: Path | None,
    data: str | None,
    images: int | None,
    seed: int | None,
    input_range: str | None,
    timeout: float | None,
    top: int,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Compare every layer of a quantized file with the float model's, on training images.

    Each layer's own error is told from what it inherits: the float layer is fed with what the quantized one was fed.

    \b
    edgekit diagnose
    edgekit diagnose exported/first --precision int8 --format tflite
    edgekit diagnose model-int8.onnx --reference model-float32.onnx --data folder:photos
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.layer_drift.job import DriftRequest, diagnose_request

    given = {
        "precision": precision,
        "num_images": images,
        "seed": seed,
        "input_range": input_range,
        "time_limit": timeout,
    }
    request = DriftRequest(
        target=target,
        reference=reference,
        formats=formats,
        data=data,
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )
    diagnosed = diagnose_request(request, progress=make_progress())
    drawn = save_figures(diagnosed, figure)
    if as_json:
        print_json({"reports": [report.to_dict() for report in diagnosed.reports]})
        return
    from edgekit.rendering.terminal.layer_drift_table import print_layer_drift

    for report in diagnosed.reports:
        print_layer_drift(report, num_ranked=top)
    for line in drawn:
        click.echo(line, err=True)


def save_figures(diagnosed: "Diagnosed", figure: Path | None) -> list[str]:
    """Draw each report, into the run's figures or into `figure`; says in words where, or why not."""
    from edgekit.foundation.errors import MissingExtraError
    from edgekit.rendering.figures import layer_drift, save

    said = []
    for report in diagnosed.reports:
        path = figure_path(diagnosed, report.candidate, figure)
        if path is None:
            continue
        try:
            drawn = layer_drift(report)
        except MissingExtraError as error:
            if figure:
                raise
            said.append(f"No picture: {error}")
            continue
        save(drawn, path)
        said.append(f"Wrote {path}")
    return said


def figure_path(diagnosed: "Diagnosed", candidate: str, figure: Path | None) -> Path | None:
    """Where the picture of one candidate goes: beside the others where there are several."""
    kind = Path(candidate).suffix.removeprefix(".")
    if figure is not None:
        return figure if len(diagnosed.reports) == 1 else figure.with_stem(f"{figure.stem}-{kind}")
    if diagnosed.run is None:
        return None
    return diagnosed.run.figures_path / f"layers-{Path(candidate).stem.removeprefix('model-')}-{kind}.png"
