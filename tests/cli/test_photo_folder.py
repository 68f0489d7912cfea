"""The three commands of the README's first line on a folder of photographs, and the suggested next command."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgekit.cli import run_command as edgekit

RECIPE = """
import keras
from edgekit.recipe import Recipe, TrainingSettings


def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    return keras.Model(pixels, keras.layers.Dense(num_classes, activation="softmax")(keras.layers.Flatten()(x)))


RECIPE = Recipe(
    name="small",
    summary="for tests",
    settings=TrainingSettings(epochs=3, batch_size=16),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos/: forty each of a bright and a dark class, and a recipe."""
    folder, rng = tmp_path_factory.mktemp("home"), np.random.default_rng(0)
    for name, level in (("day", 190), ("night", 30)):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(level + rng.normal(0, 20, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number}.png")
    (folder / "small.py").write_text(RECIPE)
    return folder


def test_train_export_and_verify_find_the_photographs_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    train = ["train", "small.py", "--data", "./photos", "--image-size", "12"]
    assert edgekit(train) == 0, capsys.readouterr().err
    assert suggested(capsys) == ["export", "exported/small", "--int8"]
    assert edgekit(["export", "--int8", "--float32", "--format", "tflite"]) == 0, capsys.readouterr().err
    assert suggested(capsys) == ["verify", "exported/small"]
    assert edgekit(["verify", "--for", "mcu"]) == 0, capsys.readouterr().err
    out = " ".join(capsys.readouterr().out.split())
    assert "on 16 test images of folder" in out
    assert "Microcontroller: tflite/model-int8.tflite (" in out
    assert "uint8 input and output" in out
    assert str(home) not in (home / "exported" / "small" / "manifest.json").read_text(), "a run can be given away"
    assert edgekit(["diagnose", "--format", "tflite", "--images", "4"]) == 0, capsys.readouterr().err
    capsys.readouterr()
    _a_filtered_verification_keeps_the_other_rows(home, capsys)
    _the_command_suggested_after_an_export_works(home, capsys)
    _data_that_moved_is_a_sentence(home, capsys)


def _a_filtered_verification_keeps_the_other_rows(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "exported" / "small" / "verification.json"
    before = json.loads(path.read_text())["candidates"]
    assert edgekit(["verify", "--precision", "int8", "--runtime", "xnnpack", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["candidates"]) == 1, "what was run is what is printed"
    after = json.loads(path.read_text())["candidates"]
    assert [(row["artifact"], row["runtime"]) for row in after] == [(row["artifact"], row["runtime"]) for row in before]
    kept = [row for row in after if any("Not run again: verified on 20" in remark for remark in row["remarks"])]
    assert len(kept) == len(before) - 1


def _the_command_suggested_after_an_export_works(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "my model.keras").write_bytes((home / "exported" / "small" / "model.keras").read_bytes())
    export = ["export", "my model.keras", "--data", "folder:photos", "--float32", "--format", "tflite"]
    assert edgekit(export) == 0, capsys.readouterr().err
    command = suggested(capsys)
    assert command == ["verify", "exported/my model"], "a name with a space is quoted"
    assert edgekit([*command, "--runtime", "litert-xnnpack"]) == 0, capsys.readouterr().err
    capsys.readouterr()


def _data_that_moved_is_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "photos").rename(home / "pictures")
    assert edgekit(["verify", "exported/small"]) == 2
    assert "If it has moved, name its new place: --data folder:PATH" in capsys.readouterr().err
    assert edgekit(["verify", "exported/small", "--data", "pictures", "-r", "xnnpack", "--int8"]) == 0
    assert edgekit(["verify", "exported/small", "-r", "xnnpack", "--int8"]) == 0, "the new place is kept"
    (home / "pictures" / "day" / "0.png").unlink()
    (home / "pictures" / "day" / "5.png").unlink()
    capsys.readouterr()
    assert edgekit(["verify", "exported/small", "-r", "xnnpack", "--int8"]) == 2
    assert "has changed since the run was made" in capsys.readouterr().err


def suggested(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The arguments of the command behind "next:"."""
    found = re.search(r"next: edgekit ([^)\n]+)", capsys.readouterr().out)
    assert found is not None
    return shlex.split(found[1])
