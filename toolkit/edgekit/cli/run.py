"""`edgekit run`: train, export everything, verify, by the same calls as the three commands."""

from typing import Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    by_runtime_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    reference_kernel_option,
)
from edgekit.cli.training_options import training_options


@click.command("run", cls=GroupedCommand)
@one_argument("recipe", "[RECIPE]", kind="recipe", default="resnet8")
@training_options
@reference_kernel_option
@by_runtime_option
@json_option
def command(by_runtime: bool, as_json: bool, **chosen: Any) -> int:
    """Train a recipe, export it in every format and precision, and verify each file in every runtime.

    \b
    The same as: edgekit train RECIPE --data DATASET && edgekit export && edgekit verify
    RECIPE is a name from `edgekit recipes`, or a file of your own: path/to/mine.py. [default: resnet8]

    \b
    Exit status: 0 all within tolerance, 3 drift beyond it, 1 an error.

    \b
    edgekit run resnet8 --data folder:photos --out exported/photos
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.run import run
    from edgekit.cli.verify import show

    with others_to_stderr():
        report = run(**chosen, progress=make_progress())
    show(report.verification, as_json=as_json, by_runtime=by_runtime)
    return report.exit_status
