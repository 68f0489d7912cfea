"""The C++ for microcontrollers prepares pictures as in training: every rule, compiled and run here."""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.code.pictures import HEIGHT, RULES, WIDTH, model_for, pictures, png

from edgekit.bundle.code.cpp import cpp_code
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule

MAIN = """
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include "preprocessing.h"

int main(int argc, char** argv) {
  for (int at = 1; at + 4 < argc; at += 5) {
    std::ifstream file(argv[at], std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<InputType> tensor(kInputLength);
    const preprocessing::Picture picture{reinterpret_cast<const std::uint8_t*>(bytes.data()), std::atoi(argv[at + 1]),
                                         std::atoi(argv[at + 2]), std::atoi(argv[at + 3])};
    const bool is_done = Prepare(picture, tensor.data(), kInputLength - std::atoi(argv[at + 4]));
    std::printf("%s\\n", is_done ? "prepared" : "refused");
    std::fwrite(tensor.data(), sizeof(InputType), tensor.size(), stderr);
  }
}
"""


def opaque() -> dict[str, Image.Image]:
    """The pictures that a camera can give: RGB or gray."""
    return {name: one for name, one in pictures().items() if one.mode in ("RGB", "L")}


def prepared(
    model: BundledModel, folder: Path, shown: "list[Image.Image]", *, missing: int = 0
) -> "tuple[list[str], np.ndarray]":
    """What the program says of each picture, and the tensors."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    for name, content in cpp_code(model).items():
        (folder / name.rpartition("/")[2]).write_bytes(content)
    (folder / "main.cc").write_text(MAIN)
    flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror"]
    command = [compiler, *flags, "main.cc", "-o", "main"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    arguments = []
    for number, one in enumerate(shown):
        (folder / f"{number}.raw").write_bytes(np.asarray(one).tobytes())
        sizes = (one.width, one.height, len(one.getbands()), missing)
        arguments += [f"{number}.raw", *map(str, sizes)]
    done = subprocess.run([folder / "main", *arguments], cwd=folder, capture_output=True, check=True, timeout=60)
    tensors = np.frombuffer(done.stderr, model.input.dtype)
    return done.stdout.decode().split(), tensors.reshape(len(shown), -1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.options)
def test_every_rule_gives_the_pixels_of_the_training_bit_by_bit(rule: ImageRule, channels: int, tmp_path: Path) -> None:
    shown = opaque()
    assert len(shown) == 4
    said, tensors = prepared(model_for(channels, rule), tmp_path, list(shown.values()))
    assert said == ["prepared"] * len(shown)
    for (name, picture), tensor in zip(shown.items(), tensors, strict=True):
        wanted = decode_image(png(picture), (HEIGHT, WIDTH), rule, channels)
        np.testing.assert_array_equal(tensor, wanted.ravel(), err_msg=name)


@pytest.mark.parametrize(("layout", "channels"), [("first", 3), ("none", 1), ("last", 3)])
def test_every_layout_is_filled(layout: str, channels: int, tmp_path: Path) -> None:
    model = model_for(channels, ImageRule(), layout=layout, dtype="int8")
    model = dataclasses.replace(model, input=dataclasses.replace(model.input, shape=(2, *model.input.shape[1:])))
    _, tensors = prepared(model, tmp_path, [pictures()["wide"]])
    pixels = decode_image(png(pictures()["wide"]), (HEIGHT, WIDTH), channels=channels).astype(int) - 128
    wanted = {"first": pixels.transpose(2, 0, 1), "none": pixels[..., 0], "last": pixels}[layout]
    np.testing.assert_array_equal(tensors.reshape(2, -1), [wanted.ravel()] * 2)


def test_other_sizes_and_lengths_are_refused(tmp_path: Path) -> None:
    shown = [pictures()["same"], pictures()["wide"]]
    said, tensors = prepared(model_for(3, None), tmp_path, shown)
    assert said == ["prepared", "refused"]
    np.testing.assert_array_equal(tensors[0], np.asarray(shown[0]).ravel())
    assert prepared(model_for(3, None), tmp_path, shown[:1], missing=1)[0] == ["refused"]
