"""`edgekit recipes`: the training recipes, with measured accuracy."""

from typing import Any

import click

from edgekit.cli.options import json_option, print_json

COLUMNS = ("parameters", "multiply-adds", "float32", "int8", "float32 accuracy", "int8 accuracy")


@click.command("recipes")
@json_option
def command(as_json: bool) -> None:
    """List the built-in recipes: parameters, multiply-adds for one image, size of the .tflite, test accuracy.

    A dash means: not measured yet.
    """
    from dataclasses import asdict

    from edgekit.recipe import list_recipes
    from edgekit.rendering.tables import Column, print_table

    recipes = list_recipes()
    if as_json:
        print_json({"recipes": [asdict(recipe) for recipe in recipes]})
        return
    numbers = [Column(name=name, align="right") for name in COLUMNS]
    columns = [Column(name="RECIPE", wrap=False), *numbers, Column(name="data")]
    rows = [
        [
            recipe.name,
            _count(recipe.num_parameters),
            _count(recipe.multiply_adds),
            *(_kilobytes(recipe.size_bytes.get(f"tflite-{name}")) for name in ("float32", "int8")),
            *(_percent(recipe.measured.get(f"accuracy_{name}")) for name in ("float32", "int8")),
            recipe.measured.get("data") or "-",
        ]
        for recipe in recipes
    ]
    print_table(None, columns, rows)
    for recipe in recipes:
        click.echo(f"{recipe.name}: {recipe.summary}")


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _kilobytes(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / 1000:,.0f} kB"


def _percent(share: Any) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
