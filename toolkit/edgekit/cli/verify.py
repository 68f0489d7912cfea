"""`edgekit verify`: every exported file, in every runtime, compared with the float model."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edgekit.cli.options import PATH, data_option, json_option, make_progress, print_json, skip_broken_option

DATA_HELP = "What to verify on, as NAME or NAME:PATH; by default what the model was trained with."


def tolerance_option(name: str, metavar: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--NAME NUMBER`: one limit, for all precisions."""
    return click.option(f"--{name}", metavar=metavar, type=float, help=text)


@click.command("verify")
@click.argument("targets", nargs=-1, metavar="[RUN | ARTIFACT...]", type=PATH)
@click.option("--reference", type=PATH, help="A reference.npz, or a run folder that holds one.")
@data_option(None, DATA_HELP)
@click.option("--runtime", "runtimes", multiple=True, metavar="NAME", help="Only this runtime; may be given again.")
@click.option(
    "--precision", "precisions", multiple=True, metavar="NAME", help="Only this precision; may be given again."
)
@click.option(
    "--reference-kernel-images",
    type=int,
    default=200,
    show_default=True,
    metavar="N",
    help="Images for LiteRT's reference kernels, which are hundreds of times slower.",
)
@click.option(
    "--timeout", type=float, metavar="SECONDS", help="Give a candidate up after this. [default: 600 + N / 10]"
)
@tolerance_option("max-accuracy-drop", "POINTS", "Accept a loss of accuracy up to this, for all precisions.")
@tolerance_option("max-f1-drop", "POINTS", "Accept a loss of F1 in any class up to this.")
@tolerance_option("min-agreement", "PERCENT", "Ask that so many predictions agree with the float model's.")
@tolerance_option("max-score-difference", "NUMBER", "Accept a difference of any score up to this.")
@skip_broken_option
@json_option
def command(
    targets: tuple[Path, ...],
    reference: Path | None,
    data: str | None,
    runtimes: tuple[str, ...],
    precisions: tuple[str, ...],
    reference_kernel_images: int,
    timeout: float | None,
    skip_broken: bool,
    as_json: bool,
    **limits: float | None,
) -> int:
    """Run every exported file on the test images, in every runtime, and compare it with the float model.

    Without an argument the newest run is verified. The report is kept in the run folder, as verification.json
    and verification.md. Limits for single precisions stand in [tool.edgekit.tolerance] of pyproject.toml.

    \b
    Exit status: 0 all within tolerance, 3 drift beyond it, 1 an error.

    \b
    edgekit verify
    edgekit verify exported/first --runtime litert-xnnpack --precision int8
    edgekit verify model-int8.tflite --reference exported/first
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.tolerance import Tolerances
    from edgekit.verification.job import VerifyRequest, verify_request

    given = {name: value for name, value in limits.items() if value is not None}
    request = VerifyRequest(
        targets=targets,
        reference=reference,
        data=data,
        runtimes=runtimes,
        precisions=precisions,
        tolerances=Tolerances.from_pyproject(Path("pyproject.toml")).updated(given),
        reference_kernel_images=reference_kernel_images,
        time_limit=timeout,
        skip_broken=skip_broken,
    )
    return finish(verify_request(request, progress=make_progress()), as_json=as_json)


def finish(verified: Any, *, as_json: bool) -> int:
    """Print what was found, keep it in its run folder, and return the exit status."""
    from edgekit.rendering.markdown import verification_markdown
    from edgekit.rendering.verification_table import print_verification

    report = verified.report
    if as_json:
        print_json(report.to_dict())
    else:
        print_verification(report)
    sys.stdout.flush()
    for path in verified.save(verification_markdown(report, verified.run.name if verified.run else "")):
        click.echo(f"Wrote {path}", err=True)
    return int(report.exit_status)
