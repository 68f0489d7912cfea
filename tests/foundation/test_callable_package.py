"""`edgekit.datasets` and `edgekit.runtimes` are packages and functions, in whatever order they are imported."""

import subprocess
import sys

import pytest

PACKAGES = {"datasets": "DATASETS", "runtimes": "RUNTIMES"}


def run(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(("package", "table"), PACKAGES.items())
@pytest.mark.parametrize(
    "lines",
    [
        ["import edgekit", "found = edgekit.{package}()", "from edgekit.{package} import {table}"],
        ["from edgekit.{package} import {table}", "import edgekit", "found = edgekit.{package}()"],
        ["from edgekit import {package}", "found = {package}()", "{table} = {package}.{table}"],
        ["import edgekit.{package}.base", "found = edgekit.{package}()", "{table} = edgekit.{package}.{table}"],
        ["import edgekit.api.lists", "import edgekit.{package} as p", "found, {table} = p(), p.{table}"],
    ],
)
def test_in_any_order(package: str, table: str, lines: list[str]) -> None:
    script = "\n".join([*lines, "assert [one.name for one in found] == list({table}), found"])
    run(script.format(package=package, table=table))


def test_it_has_the_signature_of_the_function_and_importing_it_imports_no_function() -> None:
    run(
        "import inspect, sys, edgekit.datasets, edgekit.runtimes\n"
        "assert not [name for name in sys.modules if name.startswith('edgekit.api')]\n"
        "found = inspect.signature(edgekit.datasets)\n"
        "from edgekit.api.lists import datasets\n"
        "assert 'data' in found.parameters and found == inspect.signature(datasets)\n"
        "assert callable(edgekit.runtimes) and edgekit.runtimes.__name__ == 'edgekit.runtimes'"
    )
