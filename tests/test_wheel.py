"""The wheel works outside the checkout: it lists its recipes and trains one.

The libraries that edgekit depends on are lent to the empty environment by path, because installing
TensorFlow takes minutes; edgekit itself comes from the wheel alone.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of a new environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    wheel = next(folder.glob("*.whl"))
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    site_packages = next((folder / "env" / "lib").glob("python*/site-packages"))
    (site_packages / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def edgekit(python: Path, folder: Path, *arguments: str) -> str:
    """Run `edgekit` of the new environment in `folder`; its stdout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [python.parent / "edgekit", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed, "-c", "import edgekit; print(edgekit.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(installed.parents[1]) in where


def test_the_wheel_lists_its_recipes(installed: Path, tmp_path: Path) -> None:
    names = {recipe["name"] for recipe in json.loads(edgekit(installed, tmp_path, "recipes", "--json"))["recipes"]}
    assert {"resnet8", "cnn6"} <= names


def test_the_wheel_makes_pages(installed: Path, tmp_path: Path) -> None:
    code = """
from edgekit.rendering.pages.section import Page
from edgekit.rendering.pages.templating import environment, render_page
print(render_page(Page(title="A page", sections=())))
for name in environment().list_templates(extensions=["html"]):
    environment().get_template(name)
    print(name)
"""
    made = subprocess.run(
        [installed, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert "<h1>A page</h1>" in made
    templates = ROOT / "toolkit" / "edgekit" / "rendering" / "templates"
    in_checkout = sorted(path.relative_to(templates).as_posix() for path in templates.rglob("*.html"))
    assert made.rpartition("</html>")[2].split() == in_checkout
    assert len(in_checkout) > 20


def test_the_wheel_trains_a_recipe(installed: Path, tmp_path: Path) -> None:
    edgekit(installed, tmp_path, "train", "resnet8", "--data", "digits", "--epochs", "1", "--out", "run")
    assert (tmp_path / "run" / "model.keras").is_file()
    assert (tmp_path / "run" / "reference.npz").is_file()


def test_the_wheel_writes_code_for_apps(installed: Path, tmp_path: Path) -> None:
    code = "from edgekit.bundle.code.templating import environment; print(*sorted(environment().list_templates()))"
    made = subprocess.run([installed, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    templates = ROOT / "toolkit" / "edgekit" / "bundle" / "code" / "templates"
    assert made.split() == sorted(path.relative_to(templates).as_posix() for path in templates.rglob("*.jinja"))
    assert len(made.split()) >= 8
