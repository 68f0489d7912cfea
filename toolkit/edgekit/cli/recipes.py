"""`edgekit recipes`: the training recipes, with measured accuracy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import json_option, others_to_stderr, print_json
from edgekit.foundation.grammar import listed, with_origin

if TYPE_CHECKING:
    from edgekit.recipe import RecipeSummary

COLUMNS = (
    "parameters",
    "million\nmult-adds",
    "float32\nkB",
    "int8\nkB",
    "float32\naccuracy %",
    "int8\naccuracy %",
)
UNKNOWN = "-"


@click.command("recipes", cls=GroupedCommand)
@json_option
def command(as_json: bool) -> None:
    """List the recipes: parameters, millions of multiply-adds for one image, size of the .tflite, accuracy.

    A dash means not measured yet.

    \b
    edgekit recipes
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.lists import recipes

    with others_to_stderr():
        found = recipes()
    if as_json:
        print_json({"recipes": [recipe.to_dict() for recipe in found]})
        return
    own = [recipe for recipe in found if recipe.origin is None]
    _print("To start from", [recipe for recipe in own if not recipe.is_variant])
    _print("Tried and rejected, to compare with", [recipe for recipe in own if recipe.is_variant])
    _print_plugins([recipe for recipe in found if recipe.origin is not None])


def _print(title: str, recipes: Sequence["RecipeSummary"]) -> None:
    """One group: what was measured, on which data, and what each recipe is; no column of which nothing is known."""
    from edgekit.rendering.terminal.tables import Column, make_console, print_table

    rows = [[recipe.name, *_numbers(recipe)] for recipe in recipes]
    known = [place for place in range(1, len(COLUMNS) + 1) if any(row[place] != UNKNOWN for row in rows)]
    columns = [Column(name="recipe", wrap=False)]
    columns += [Column(name=COLUMNS[place - 1], align="right") for place in known]
    print_table(title, columns, [[row[0], *(row[place] for place in known)] for row in rows])
    console = make_console()
    measured = [recipe for recipe in recipes if recipe.measured.get("accuracy_float32") is not None]
    for data in dict.fromkeys(recipe.measured.get("data") for recipe in measured):
        names = listed([recipe.name for recipe in measured if recipe.measured.get("data") == data])
        console.print(f"Accuracy of {names}: {data}.\n", markup=False)
    for recipe in recipes:
        console.print(f"{recipe.name}: {recipe.summary}", markup=False)
    console.print()


def _print_plugins(recipes: Sequence["RecipeSummary"]) -> None:
    """The recipes of other packages, one line each; nothing if there are none."""
    from edgekit.rendering.terminal.tables import Column, print_table

    if recipes:
        columns = [Column(name="recipe", wrap=False), Column(name="what it is")]
        print_table(
            "Of other packages", columns, [[each.name, with_origin(each.summary, each.origin)] for each in recipes]
        )


def _numbers(recipe: "RecipeSummary") -> list[str]:
    """A cell for each of COLUMNS."""
    from edgekit.rendering.pages.numbers import count

    sizes = [recipe.size_bytes.get(f"tflite-{name}") for name in ("float32", "int8")]
    accuracies = [recipe.measured.get(f"accuracy_{name}") for name in ("float32", "int8")]
    return [
        count(recipe.num_parameters),
        UNKNOWN if recipe.multiply_adds is None else f"{recipe.multiply_adds / 1e6:.1f}",
        *(UNKNOWN if size is None else f"{size / 1000:,.0f}" for size in sizes),
        *(UNKNOWN if share is None else f"{100 * share:.2f}" for share in accuracies),
    ]
