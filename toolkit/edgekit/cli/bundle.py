"""`edgekit bundle`: a run as one zip for a mobile developer."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    data_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    print_json,
    skip_broken_option,
    test_data_option,
)
from edgekit.cli.precisions import chosen_precisions, precision_options
from edgekit.cli.values import Named


@click.command("bundle", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@click.option(
    "--target",
    "--for",
    "target",
    metavar="android|ios|web|mcu|server",
    type=Named("target"),
    help="Only the files that run there. [default: all]",
)
@precision_options("Only these precisions; or the switches below.")
@data_option(None, "The run's data, for golden images. [default: where it was last used]")
@test_data_option
@skip_broken_option
@click.option("--no-images", is_flag=True, help="No photographs: golden images are made by a formula.")
@click.option(
    "--unverified",
    is_flag=True,
    help="Bundle files that were never verified, drift, or were exported again since; the model card says so.",
)
@click.option("--sign", type=PATH, metavar="KEY", help="Sign the checksums with this private SSH key (ssh-keygen).")
@click.option(
    "--out", "-o", type=PATH, metavar="ZIP", help="Where to write it. [default: RUN-bundle.zip or RUN-TARGET.zip here]"
)
@json_option
def command(run: str | None, as_json: bool, **chosen: Any) -> None:
    """Write one zip for a mobile developer: model files, labels, model card, golden vectors, code, checksums.

    Golden vectors are test images with the exact input tensor and the output of every file, so that an app can test
    that it feeds the model correctly. The same run gives the same bytes. RUN is a run folder. [default: the newest one]

    \b
    edgekit bundle exported/first
    edgekit bundle exported/first --for android --int8 --sign ~/.ssh/id_ed25519
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.bundle import bundle

    with others_to_stderr():
        report = bundle(run, **chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(report.to_dict())
        return
    for problem in report.problems:
        click.echo(f"Not verified: {problem}", err=True)
    signed = ", signed" if report.is_signed else ""
    click.echo(f"Bundle: {report.path} ({report.size_bytes:,} bytes, {report.num_images} golden images{signed})")
    click.echo(f"SHA-256: {report.sha256}")
    for model in report.models:
        click.echo(f"  {model}")
