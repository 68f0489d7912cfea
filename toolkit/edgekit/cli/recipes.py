"""`edgekit recipes`: the training recipes, with measured accuracy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from edgekit.cli.options import json_option, print_json

if TYPE_CHECKING:
    from edgekit.recipe import RecipeSummary

COLUMNS = ("parameters", "M. mult-adds", "float32", "int8", "float32 acc.", "int8 acc.")


@click.command("recipes")
@json_option
def command(as_json: bool) -> None:
    """List the built-in recipes: parameters, millions of multiply-adds for one image, size of the .tflite, accuracy.

    A dash means: not measured yet.
    """
    from dataclasses import asdict

    from edgekit.recipe import list_recipes

    recipes = list_recipes()
    if as_json:
        print_json({"recipes": [asdict(recipe) for recipe in recipes]})
        return
    _print("To start from", [recipe for recipe in recipes if not recipe.is_variant])
    _print("Tried and rejected, to compare with", [recipe for recipe in recipes if recipe.is_variant])


def _print(title: str, recipes: Sequence["RecipeSummary"]) -> None:
    """One group: what each recipe is, and what was measured."""
    from edgekit.rendering.run_page_words import count, percent
    from edgekit.rendering.tables import Column, print_table

    numbers = [Column(name=name, align="right") for name in COLUMNS]
    columns = [Column(name="RECIPE", wrap=False), *numbers, Column(name="data")]
    rows = [
        [
            recipe.name,
            count(recipe.num_parameters),
            _millions(recipe.multiply_adds),
            *(_kilobytes(recipe.size_bytes.get(f"tflite-{name}")) for name in ("float32", "int8")),
            *(percent(recipe.measured.get(f"accuracy_{name}")) for name in ("float32", "int8")),
            recipe.measured.get("data") or "-",
        ]
        for recipe in recipes
    ]
    print_table(title, columns, rows)
    for recipe in recipes:
        click.echo(f"{recipe.name}: {recipe.summary}")
    click.echo()


def _millions(number: int | None) -> str:
    return "-" if number is None else f"{number / 1e6:.1f}"


def _kilobytes(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / 1000:,.0f} kB"
