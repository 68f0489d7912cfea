"""`edgekit datasets`: what data sets there are, and what is in one."""

from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import (
    color_option,
    image_size_option,
    json_option,
    make_progress,
    one_argument,
    others_to_stderr,
    print_json,
    rule_options,
    skip_broken_option,
)
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    from edgekit.datasets import Dataset


@click.command("datasets", cls=GroupedCommand)
@one_argument("data", "[DATASET]", kind="data set")
@image_size_option
@rule_options
@color_option
@skip_broken_option
@json_option
def command(data: str | None, as_json: bool, **chosen: Any) -> None:
    """List the data sets; or load one and show its classes, its splits and its SHA-256.

    DATASET is digits, cifar10, cifar10:PATH, folder:PATH, csv:FILE, hub:OWNER/NAME, npz:PATH, or that of another
    package.

    \b
    edgekit datasets
    edgekit datasets folder:photos
    """  # noqa: D301 - click wants the backspace itself
    if data is None:
        _list(as_json)
    else:
        _show(data, as_json, chosen)


def _list(as_json: bool) -> None:
    from edgekit.api.lists import datasets
    from edgekit.rendering.terminal.tables import Column, print_table

    with others_to_stderr():
        sources = datasets()
    if as_json:
        print_json({"datasets": [source.to_dict() for source in sources]})
        return
    columns = [Column(name="DATASET", wrap=False), Column(name="what it is"), Column(name="here")]
    print_table(None, columns, [[source.usage, source.summary, source.status] for source in sources])


def _show(data: str, as_json: bool, chosen: dict[str, Any]) -> None:
    from edgekit.api.lists import datasets
    from edgekit.datasets.sources import describe

    with others_to_stderr():
        dataset = datasets(data, **chosen, progress=make_progress())
    if as_json:
        print_json(describe(dataset))
    else:
        _print_dataset(dataset)


def _print_dataset(dataset: "Dataset") -> None:
    from edgekit.datasets.sources import count_per_class, splits_of
    from edgekit.rendering.terminal.tables import Column, print_table

    splits = splits_of(dataset)
    counts = [count_per_class(split, len(dataset.class_names)) for split in splits.values()]
    rows = [[name, *(f"{n:,}" for n in row)] for name, *row in zip(dataset.class_names, *counts, strict=True)]
    rows.append(["all classes", *(f"{len(split):,}" for split in splits.values())])
    print_table(None, ["class", *(Column(name=name, align="right") for name in splits)], rows)
    height, width, channels = dataset.image_shape
    click.echo(
        f"{dataset.name}: {counted(len(dataset.class_names), 'class')}, "
        f"{'gray' if channels == 1 else 'RGB'} images of {height} x {width} pixels (height x width)"
    )
    if dataset.rule is not None:
        click.echo(f"Resized by the rule {dataset.rule}")
    if dataset.num_skipped:
        click.echo(f"Left out: {counted(dataset.num_skipped, 'broken image')}")
    if dataset.num_identical:
        click.echo(f"In test and in training or validation: {counted(dataset.num_identical, 'identical image')}")
    click.echo(f"SHA-256 of classes and test split: {dataset.sha256}")
