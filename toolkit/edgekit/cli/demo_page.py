"""`edgekit demo-page`: a run as a page that runs its files in the browser."""

from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    PATH,
    WholeNumber,
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

if TYPE_CHECKING:
    from edgekit.web_demo.job import DemoPage


@click.command("demo-page", cls=GroupedCommand)
@one_argument("run", "[RUN]")
@precision_options("Only these precisions; or the switches below. [default: float32 and int8]")
@data_option(None, "The run's data, for test images. [default: where it was last used]")
@test_data_option
@skip_broken_option
@click.option("--no-images", is_flag=True, help="No photographs: test images are synthetic.")
@click.option(
    "--node-modules",
    type=PATH,
    metavar="PATH",
    help="A folder that has the npm packages of the page. [default: npm installs them into edgekit's cache]",
)
@click.option("--out", "-o", type=PATH, metavar="FOLDER", help="Where to write it. [default: RUN-demo here]")
@click.option("--serve", is_flag=True, help="Serve the page on this machine until Ctrl-C, with threads allowed.")
@click.option(
    "--port", type=WholeNumber(1, 65535), metavar="N", help="Where to serve it. [default: 8000, or a free one]"
)
@json_option
def command(run: str | None, serve: bool, port: int | None, as_json: bool, **chosen: Any) -> None:
    """Write a folder with a page that runs the files of RUN in the browser, float and int8 side by side.

    Drop a photo, use the camera or pick a test image: the page shows classes, scores and milliseconds, in LiteRT.js and
    onnxruntime-web. It needs no network, only a server on localhost. RUN is a run folder. [default: the newest one]

    \b
    edgekit demo-page exported/first --serve
    edgekit demo-page exported/first --int8 --float32 --out page && cd page && python -m http.server
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.pages import demo_page
    from edgekit.foundation.grammar import counted

    with others_to_stderr():
        page = demo_page(run, **chosen_precisions(chosen), progress=make_progress())
    if as_json:
        print_json(page.to_dict())
    else:
        for problem in page.problems:
            click.echo(f"Not verified: {problem}", err=True)
        files, images = counted(len(page.models), "file"), counted(page.num_images, "test image")
        click.echo(f"Page: {page.path} ({files}, {images})")
    if serve or port is not None:
        _serve(page, port, is_silent=as_json)
    elif not as_json:
        click.echo(f"Open it: cd {page.path} && python -m http.server 8000, then http://localhost:8000/")


def _serve(page: "DemoPage", port: int | None, *, is_silent: bool) -> None:
    """Until Ctrl-C."""
    from edgekit.clients.page_server import address_of, make_server

    with make_server(page.path, port) as server:
        click.echo(f"Serving {address_of(server)} until Ctrl-C", err=is_silent)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
