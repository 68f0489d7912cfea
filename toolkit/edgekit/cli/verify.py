"""`edgekit verify`: every exported file, in every runtime, compared with the float model."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    all_images_option,
    by_runtime_option,
    custom_objects_option,
    data_option,
    json_option,
    make_progress,
    others_to_stderr,
    print_json,
    reference_kernel_option,
    rule_options,
    skip_broken_option,
    test_data_option,
)
from edgekit.cli.precisions import LIST, chosen_precisions, precision_options
from edgekit.cli.values import PERCENT, Named, Names

if TYPE_CHECKING:
    from edgekit.verification.verdict.report import VerificationReport
    from edgekit.verification.verdict.targets import Target

DATA_HELP = "What to verify on, as NAME or NAME:PATH; by default what the model was trained with."


def tolerance_option(
    name: str, metavar: str, text: str, kind: Any = PERCENT
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--NAME NUMBER`: one limit, for all precisions."""
    return click.option(f"--{name}", metavar=metavar, type=kind, help=text)


@click.command("verify", cls=GroupedCommand)
@click.argument("targets", nargs=-1, metavar="[RUN | ARTIFACT...]", type=Named("run"))
@click.option(
    "--reference",
    type=PATH,
    metavar="RUN|FILE",
    help="What to compare with: a run, a model (.keras .h5 .tflite .onnx, a SavedModel), or scores (.npz .npy).",
)
@data_option(None, DATA_HELP)
@test_data_option
@click.option(
    "--input-range", metavar="RANGE", help="Pixel values that external models expect: 0..255, 0..1, -1..1, mean=…,std=…"
)
@click.option("--channel-order", metavar="rgb|bgr", help="Channel order of external models. [default: rgb]")
@click.option(
    "--labels",
    type=PATH,
    metavar="FILE",
    help="Class names of external models, in the order of their scores: one per line.",
)
@click.option(
    "--output-name", metavar="NAME", help="Name of the output that holds the scores. [default: the only one that fits]"
)
@click.option(
    "--positive-class",
    metavar="NAME",
    help="Of two classes, the one that a single score belongs to. [default: the second]",
)
@click.option(
    "--threshold",
    type=float,
    metavar="T",
    help="The positive class of two is predicted above this probability. [default: 0.5]",
)
@click.option(
    "--output", metavar="probabilities|logits", help="What external models return. [default: found from the values]"
)
@click.option("--reference-input-range", metavar="RANGE", help="The reference model's, if it differs.")
@click.option("--reference-channel-order", metavar="rgb|bgr", help="The reference model's, if it differs.")
@click.option("--reference-labels", type=PATH, metavar="FILE", help="The reference's, if they differ.")
@click.option("--reference-output-name", metavar="NAME", help="The reference model's, if it differs.")
@custom_objects_option
@click.option(
    "--input-check/--no-input-check",
    default=True,
    help="Check the input of external models on 200 training images. [default: on]",
)
@click.option(
    "--runtime", "-r", "runtimes", **LIST, type=Names("runtime"), help="These runtimes; all: all that are installed."
)
@precision_options("Only these precisions; or the switches below.")
@reference_kernel_option
@all_images_option
@click.option("--sample", type=int, metavar="N", help="Only N of the test images, every class in proportion.")
@click.option("--sequential", is_flag=True, help="Stop a candidate as soon as its verdict is certain.")
@click.option("--confidence", type=PERCENT, metavar="P", help="Required certainty with --sequential. [default: 0.99]")
@click.option("--seed", type=int, metavar="N", help="Seed of the sample, or of the order of the images. [default: 0]")
@click.option(
    "--jobs",
    "-j",
    type=int,
    metavar="N",
    help="Candidates to run at the same time. [default: by processors and memory]",
)
@click.option(
    "--retune", is_flag=True, help="Search again for the fastest threads and batch; they are cached otherwise."
)
@click.option(
    "--timeout", type=float, metavar="SECONDS", help="Stop a candidate after this time. [default: 600 + N / 10]"
)
@tolerance_option("max-accuracy-drop", "POINTS", "Accept a loss of accuracy up to this, for all precisions.")
@tolerance_option("max-f1-drop", "POINTS", "Accept a loss of F1 in any class up to this.")
@tolerance_option("min-agreement", "PERCENT", "Require this share of predictions to agree with the float model's.")
@tolerance_option("max-score-difference", "NUMBER", "Accept a difference of single scores up to this.", float)
@click.option(
    "--require-conclusive", is_flag=True, help="Exit with 3 if there are too few images to tell drift from chance."
)
@click.option("--pairwise", is_flag=True, help="Compare the candidates with each other too.")
@click.option("--resize-check", is_flag=True, help="Also measure the loss if an app resizes images differently.")
@click.option(
    "--for",
    "for_targets",
    multiple=True,
    type=Names("target"),
    metavar="android|ios|web|mcu|server",
    help="Recommend a file for these targets only.",
)
@by_runtime_option
@click.option("--verbose", is_flag=True, help="Describe every passing row in words, not only the worst.")
@click.option(
    "--html",
    type=PATH,
    metavar="FILE",
    help="Also write the report as an HTML page to this file.",
)
@rule_options
@skip_broken_option
@json_option
def command(
    targets: tuple[str, ...],
    for_targets: tuple[str, ...],
    by_runtime: bool,
    verbose: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Run every exported file on the test images, in every runtime, and compare it with the float model.

    Without an argument the newest run is verified. The report is kept in the run folder: verification.json,
    verification.md, and verification.html, a page for people. Limits for single precisions are read from
    [tool.edgekit.tolerance] of pyproject.toml.

    \b
    Exit status: 0 no drift, 3 drift beyond tolerance, 1 an error.
    A change that may be chance is inconclusive: 0, or 3 with --require-conclusive.

    \b
    edgekit verify
    edgekit verify exported/first --runtime litert-xnnpack --precision int8
    edgekit verify model-int8.tflite --reference exported/first
    edgekit verify exported/first --sequential --confidence 0.99
    edgekit verify a.tflite b.onnx --reference mine.h5 --data folder:photos --html mine.html
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.verify import verify
    from edgekit.foundation.typed.names import names_of
    from edgekit.verification.verdict.targets import Target

    wanted = [Target.parse(name) for name in names_of(for_targets)]
    with others_to_stderr():
        report = verify(targets or None, **chosen_precisions(chosen), progress=make_progress())
    show(report, as_json=as_json, by_runtime=by_runtime, verbose=verbose, targets=wanted)
    return report.exit_status


def show(
    report: "VerificationReport",
    *,
    as_json: bool,
    by_runtime: bool = False,
    verbose: bool = False,
    targets: "Sequence[Target]" = (),
) -> None:
    """Print what was found, and where it was written."""
    from edgekit.rendering.terminal.verification_table import print_verification

    for note in report.notes:
        click.echo(note, err=True)
    if as_json:
        print_json(report.to_dict())
    else:
        print_verification(report, by_runtime=by_runtime, verbose=verbose, targets=targets)
    sys.stdout.flush()
    for path in report.files:
        click.echo(f"Wrote {path}", err=True)
