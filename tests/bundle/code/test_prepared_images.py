"""Generated code prepares an image as edgekit does: every rule, every layout, every kind of picture."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from support.code.pictures import HEIGHT, RULES, WIDTH, model_for, pictures, png

from edgekit.bundle.code.javascript import javascript_code
from edgekit.bundle.code.python import python_code
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule


def python_prepare(model: BundledModel, folder: Path) -> Callable[[Image.Image], Any]:
    names: dict[str, Any] = {
        "__file__": str(folder / "code" / "model" / "python" / "classifier.py"),
        "__name__": "made",
    }
    exec(compile(python_code(model)["python/classifier.py"], "classifier.py", "exec"), names)
    prepare: Callable[[Image.Image], Any] = names["prepare"]
    return prepare


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.options)
def test_python_is_exact(rule: ImageRule, channels: int, tmp_path: Path) -> None:
    prepare = python_prepare(model_for(channels, rule), tmp_path)
    for name, picture in pictures().items():
        wanted = decode_image(png(picture), (HEIGHT, WIDTH), rule, channels)
        np.testing.assert_array_equal(prepare(Image.open(io.BytesIO(png(picture))))[0], wanted, err_msg=name)


@pytest.mark.parametrize(
    ("name", "content"),
    [(b"gAMA", (45455).to_bytes(4, "big")), (b"gAMA", (220000).to_bytes(4, "big")), (b"sRGB", b"\0")],
)
def test_python_makes_png_files_gray_by_their_gamma(name: bytes, content: bytes, tmp_path: Path) -> None:
    rule = ImageRule(resize="keras", antialias=False, exif=False)
    info, file = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add(name, content)
    pictures()["wide"].convert("RGB").save(file, "PNG", pnginfo=info)
    wanted = decode_image(file.getvalue(), (HEIGHT, WIDTH), rule, 1)
    assert not np.array_equal(wanted, decode_image(png(pictures()["wide"].convert("RGB")), (HEIGHT, WIDTH), rule, 1))
    found = python_prepare(model_for(1, rule), tmp_path)(Image.open(io.BytesIO(file.getvalue())))
    np.testing.assert_array_equal(found[0], wanted)


@pytest.mark.parametrize(("layout", "channels"), [("first", 3), ("first", 1), ("none", 1)])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_python_fills_every_layout_and_type(layout: str, channels: int, dtype: str, tmp_path: Path) -> None:
    tensor = python_prepare(model_for(channels, ImageRule(), layout=layout, dtype=dtype), tmp_path)(pictures()["wide"])
    pixels = decode_image(png(pictures()["wide"]), (HEIGHT, WIDTH), channels=channels)
    wanted = pixels.transpose(2, 0, 1) if layout == "first" else pixels[..., 0]
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor[0].astype(int), wanted.astype(int) - (128 if dtype == "int8" else 0))


def test_an_image_of_another_size_is_refused_where_training_resized_none(tmp_path: Path) -> None:
    prepare = python_prepare(model_for(3, None), tmp_path)
    assert prepare(pictures()["same"]).shape == (1, HEIGHT, WIDTH, 3)
    with pytest.raises(ValueError, match=r"takes images of 17 x 13 pixels\. Received 61 x 20"):
        prepare(pictures()["wide"])


SCRIPT = """
import { readFileSync } from "node:fs";
const { prepare } = await import(process.argv[1]);
const images = JSON.parse(readFileSync(process.argv[2]));
const answers = Object.entries(images).map(([name, { width, height, data }]) => [
  name, Array.from(prepare({ width, height, data: Uint8ClampedArray.from(data) })),
]);
console.log(JSON.stringify(Object.fromEntries(answers)));
"""


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.options)
def test_javascript_is_exact(rule: ImageRule, channels: int, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    module = tmp_path / "classifier.mjs"
    module.write_bytes(javascript_code(model_for(channels, rule))["javascript/classifier.mjs"])
    shown = pictures()
    images = {
        name: {"width": one.width, "height": one.height, "data": np.asarray(one.convert("RGBA")).ravel().tolist()}
        for name, one in shown.items()
    }
    (tmp_path / "images.json").write_text(json.dumps(images))
    command = [node, "--input-type=module", "--eval", SCRIPT, module.as_uri(), str(tmp_path / "images.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name, values in json.loads(done.stdout).items():
        wanted = decode_image(png(shown[name]), (HEIGHT, WIDTH), rule, channels).ravel()
        np.testing.assert_array_equal(values, wanted, err_msg=name)
