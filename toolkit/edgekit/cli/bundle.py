"""`edgekit bundle`: a run as one zip for an app developer."""

from typing import Any

import click

from edgekit.cli.bundle_options import bundle_options
from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import PATH, json_option, make_progress, one_argument, others_to_stderr, print_json
from edgekit.cli.precisions import chosen_precisions


@click.command("bundle", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@bundle_options("Bundle")
@click.option(
    "--out", "-o", type=PATH, metavar="ZIP", help="Where to write it. [default: RUN-bundle.zip or RUN-TARGET.zip here]"
)
@json_option
def command(run: str | None, as_json: bool, **chosen: Any) -> None:
    """Write one zip for an app developer: model files, labels, model card, golden vectors, code, checksums.

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
