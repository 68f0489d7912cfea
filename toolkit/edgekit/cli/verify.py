"""`edgekit verify`: every exported file, in every runtime, compared with the float model."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import (
    PAGE,
    PATH,
    data_option,
    json_option,
    make_progress,
    print_json,
    reference_kernel_option,
    skip_broken_option,
    typed_again,
)

if TYPE_CHECKING:
    from edgekit.verification.sampling import Sampling

DATA_HELP = "What to verify on, as NAME or NAME:PATH; by default what the model was trained with."


def tolerance_option(name: str, metavar: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--NAME NUMBER`: one limit, for all precisions."""
    return click.option(f"--{name}", metavar=metavar, type=float, help=text)


@click.command("verify")
@click.argument("targets", nargs=-1, metavar="[RUN | ARTIFACT...]", type=PATH)
@click.option(
    "--reference",
    type=PATH,
    metavar="RUN|FILE",
    help="What to compare with: a run, a model (.keras .h5 .tflite .onnx), or scores (.npz .npy).",
)
@data_option(None, DATA_HELP)
@click.option(
    "--input-range", metavar="RANGE", help="What models made elsewhere want: 0..255, 0..1, -1..1, mean=…,std=…"
)
@click.option("--channel-order", metavar="rgb|bgr", help="The order of their channels. [default: rgb]")
@click.option("--labels", type=PATH, metavar="FILE", help="Their order of classes: one name a line.")
@click.option("--output", metavar="probabilities|logits", help="Their scores. [default: found from the values]")
@click.option("--reference-input-range", metavar="RANGE", help="The reference model's, where it differs.")
@click.option("--reference-channel-order", metavar="rgb|bgr", help="The reference model's, where it differs.")
@click.option("--reference-labels", type=PATH, metavar="FILE", help="The reference's, where they differ.")
@click.option(
    "--input-check/--no-input-check",
    "check_inputs",
    default=True,
    help="Look on 200 training images whether models made elsewhere are fed as they want. [default: on]",
)
@click.option("--runtime", "runtimes", multiple=True, metavar="NAME", help="Only this runtime; may be given again.")
@click.option(
    "--precision", "precisions", multiple=True, metavar="NAME", help="Only this precision; may be given again."
)
@reference_kernel_option
@click.option("--sample", type=int, metavar="N", help="Only N of the test images, every class in proportion.")
@click.option("--sequential", is_flag=True, help="Stop a candidate as soon as its verdict is certain.")
@click.option("--confidence", type=float, metavar="P", help="How certain, with --sequential. [default: 0.99]")
@click.option("--seed", type=int, metavar="N", help="Which sample, or which order of the images. [default: 0]")
@click.option("--jobs", type=int, metavar="N", help="Candidates at the same time. [default: by processors and memory]")
@click.option("--retune", is_flag=True, help="Look again for the fastest threads and batch; they are kept otherwise.")
@click.option(
    "--timeout", type=float, metavar="SECONDS", help="Give a candidate up after this. [default: 600 + N / 10]"
)
@tolerance_option("max-accuracy-drop", "POINTS", "Accept a loss of accuracy up to this, for all precisions.")
@tolerance_option("max-f1-drop", "POINTS", "Accept a loss of F1 in any class up to this.")
@tolerance_option("min-agreement", "PERCENT", "Ask that so many predictions agree with the float model's.")
@tolerance_option("max-score-difference", "NUMBER", "Accept a difference of any score up to this.")
@click.option("--pairwise", is_flag=True, help="Compare the candidates with each other too.")
@click.option("--verbose", is_flag=True, help="Say in words how every row differs that passes, not only the worst.")
@click.option(
    "--html",
    type=PAGE,
    metavar="FILE",
    help="Write the report as a page into this file; for a run, there too.",
)
@skip_broken_option
@json_option
def command(
    targets: tuple[Path, ...],
    reference: Path | None,
    data: str | None,
    runtimes: tuple[str, ...],
    precisions: tuple[str, ...],
    reference_kernel_images: int | None,
    sample: int | None,
    sequential: bool,
    confidence: float | None,
    seed: int | None,
    jobs: int | None,
    retune: bool,
    timeout: float | None,
    pairwise: bool,
    verbose: bool,
    html: Path | None,
    skip_broken: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Run every exported file on the test images, in every runtime, and compare it with the float model.

    Without an argument the newest run is verified. The report is kept in the run folder: verification.json,
    verification.md, and report.html, a page for people. Limits for single precisions stand in
    [tool.edgekit.tolerance] of pyproject.toml.

    \b
    Exit status: 0 all within tolerance, 3 drift beyond it, 1 an error.

    \b
    edgekit verify
    edgekit verify exported/first --runtime litert-xnnpack --precision int8
    edgekit verify model-int8.tflite --reference exported/first
    edgekit verify exported/first --sequential --confidence 0.99
    edgekit verify a.tflite b.onnx --reference mine.h5 --data folder:photos --html mine.html
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.tolerance import Tolerances
    from edgekit.verification.job import verify_request
    from edgekit.verification.request import ExternalModelOptions, VerifyRequest

    external = ExternalModelOptions(**{name: chosen.pop(name) for name in ExternalModelOptions.__dataclass_fields__})
    limits = {name: value for name, value in chosen.items() if value is not None}
    request = VerifyRequest(
        targets=targets,
        reference=reference,
        data=data,
        runtimes=runtimes,
        precisions=precisions,
        tolerances=Tolerances.from_pyproject(Path("pyproject.toml")).updated(limits),
        reference_kernel_images=reference_kernel_images,
        sampling=sampling_of(sample, sequential, confidence, seed),
        jobs=jobs,
        search_again=retune,
        time_limit=timeout,
        pairwise=pairwise,
        skip_broken=skip_broken,
        external=external,
    )
    verified = verify_request(request, progress=make_progress())
    newest = [str(verified.run.path)] if verified.run and not targets else []
    again = typed_again(click.get_current_context(), *newest)
    return finish(verified, again=again, as_json=as_json, verbose=verbose, html=html)


def sampling_of(sample: int | None, sequential: bool, confidence: float | None, seed: int | None) -> "Sampling":
    """How much is to be run; raises UsageError where an option would count for nothing."""
    from edgekit.foundation.errors import UsageError
    from edgekit.verification.sampling import CONFIDENCE, Sampling

    if confidence is not None and not sequential:
        raise UsageError("--confidence says when --sequential stops. Give --sequential too.")
    if seed is not None and not sequential and sample is None:
        raise UsageError("--seed counts for --sample and --sequential. Give one of them too.")
    certainty = (CONFIDENCE if confidence is None else confidence) if sequential else None
    return Sampling(num_images=sample, confidence=certainty, seed=seed or 0)


def finish(verified: Any, *, again: str, as_json: bool, verbose: bool = False, html: Path | None = None) -> int:
    """Print what was found, keep it in its run folder and in `html`, and return the exit status."""
    from edgekit.foundation.atomic_files import write_text
    from edgekit.rendering.markdown import verification_markdown
    from edgekit.rendering.pages.verification import verification_page
    from edgekit.rendering.terminal.verification_table import print_verification

    report = verified.report
    for note in verified.notes:
        click.echo(note, err=True)
    if as_json:
        print_json(report.to_dict())
    else:
        print_verification(report, verbose=verbose)
    sys.stdout.flush()
    page = verification_page(report, verified.name, images=verified.test.images, command=again)
    written = verified.save(verification_markdown(report, verified.name), page)
    if html is not None:
        write_text(html, page)
        written.append(html)
    for path in written:
        click.echo(f"Wrote {path}", err=True)
    return int(report.exit_status)
