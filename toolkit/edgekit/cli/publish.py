"""`edgekit publish`: what a bundle holds, as a repository of the Hugging Face hub."""

from typing import Any

import click

from edgekit.cli.bundle_options import bundle_options
from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, make_progress, one_argument, others_to_stderr, print_json
from edgekit.cli.precisions import chosen_precisions


@click.command("publish", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@click.option("--to", metavar="hub:USER/REPO", help="The repository; it is created if it does not exist. [required]")
@click.option(
    "--visible",
    metavar="private|public",
    default="private",
    show_default=True,
    help="Who sees a new repository; one that exists stays as it is.",
)
@bundle_options("Publish")
@click.option("--dry-run", is_flag=True, help="List the files and upload nothing; needs neither network nor token.")
@json_option
def command(run: str | None, as_json: bool, **chosen: Any) -> None:
    """Upload what edgekit bundle packs to a repository of the Hugging Face hub, with the model card as README.md.

    Log in first (hf auth login), or set HF_TOKEN. Everything is one commit: an upload that is interrupted changes
    nothing. Golden images are test images: use --no-images if they may not be published. RUN is a run folder.
    [default: the newest one]

    \b
    edgekit publish exported/first --to hub:jane/flowers --dry-run
    edgekit publish exported/first --to hub:jane/flowers --visible public --no-images
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.bundle import publish

    with others_to_stderr():
        report = publish(run, **chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(report.to_dict())
        return
    for problem in report.problems:
        click.echo(f"Not verified: {problem}", err=True)
    files = f"{len(report.files)} files, {report.size_bytes:,} bytes"
    if report.published is None:
        for path, size in report.files.items():
            click.echo(f"{size:>12,}  {path}")
        click.echo(f"Dry run: {files} for {report.repository}; nothing was uploaded")
        return
    visible = "private" if report.published.is_private else "public"
    click.echo(f"Published: {report.published.url} ({files}, {visible})")
    click.echo(f"Commit: {report.published.commit_url}")
    if report.published.removed:
        click.echo(f"Removed: {len(report.published.removed)} files of the earlier bundle")
