"""Generated Swift, read by a real parser; its arithmetic is run in Python, for want of a compiler."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.bundles import LABELS, bundled_model
from support.code.pictures import HEIGHT, RULES, WIDTH, model_for, pictures, png
from support.code.swift import runnable
from support.code.syntax import parsed, syntax_errors

from edgekit.artifact import Format
from edgekit.bundle.code.swift import swift_code
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule
from edgekit.verification.verdict.targets import Target


def functions(model: BundledModel, folder: Path) -> dict[str, Any]:
    path = folder / "Preprocessing.swift"
    path.write_bytes(swift_code(model)["swift/Preprocessing.swift"])
    return runnable(path)


def as_swift(made: dict[str, Any], picture: Image.Image) -> Any:
    pixels = np.asarray(picture.convert("RGBA"))
    values = [made["number"](each) for each in pixels.ravel().tolist()]
    return made["Picture"](made["number"](picture.width), made["number"](picture.height), values)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.options)
def test_every_rule_gives_the_pixels_of_the_training_bit_by_bit(rule: ImageRule, channels: int, tmp_path: Path) -> None:
    made = functions(model_for(channels, rule), tmp_path)
    for name, picture in pictures().items():
        wanted = decode_image(png(picture), (HEIGHT, WIDTH), rule, channels)
        np.testing.assert_array_equal(made["prepare"](as_swift(made, picture)), wanted.ravel(), err_msg=name)


@pytest.mark.parametrize(("layout", "channels"), [("first", 3), ("none", 1), ("last", 3)])
def test_every_layout_is_filled(layout: str, channels: int, tmp_path: Path) -> None:
    model = model_for(channels, ImageRule(), layout=layout, dtype="float32")
    model = dataclasses.replace(model, input=dataclasses.replace(model.input, shape=(2, *model.input.shape[1:])))
    made = functions(model, tmp_path)
    tensor = np.array(made["prepare"](as_swift(made, pictures()["wide"])))
    pixels = decode_image(png(pictures()["wide"]), (HEIGHT, WIDTH), channels=channels)
    wanted = {"first": pixels.transpose(2, 0, 1), "none": pixels[..., 0], "last": pixels}[layout]
    assert tensor.dtype == np.float32
    np.testing.assert_array_equal(tensor.reshape(2, -1), [wanted.ravel()] * 2)


def test_pictures_are_turned_as_their_exif_data_say(tmp_path: Path) -> None:
    made = functions(model_for(3, ImageRule()), tmp_path)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.png"
        pictures()["tall"].save(path, exif=exif)
        turned = as_swift(made, pictures()["tall"]).upright(made["number"](orientation))
        wanted = decode_image(path, (HEIGHT, WIDTH), ImageRule(), 3)
        np.testing.assert_array_equal(made["prepare"](turned), wanted.ravel(), err_msg=path.name)


def test_other_sizes_and_lengths_are_refused(tmp_path: Path) -> None:
    made = functions(model_for(3, None), tmp_path)
    same = as_swift(made, pictures()["same"])
    np.testing.assert_array_equal(made["prepare"](same), np.asarray(pictures()["same"]).ravel())
    with pytest.raises(made["Fault"]):
        made["prepare"](as_swift(made, pictures()["wide"]))
    made["check"](made["prepare"](same))
    with pytest.raises(made["Fault"]):
        made["check"](made["prepare"](same)[1:])
    with pytest.raises(made["Fault"]):
        made["Picture"](made["number"](2), made["number"](2), [made["number"](0)] * 15)


@pytest.mark.parametrize("rule", [*RULES, None], ids=str)
def test_every_file_is_swift(rule: ImageRule | None) -> None:
    model = dataclasses.replace(model_for(3, rule, dtype="float32"), labels=LABELS, name=LABELS[2])
    open_batch = dataclasses.replace(model, input=dataclasses.replace(model.input, shape=(None, HEIGHT, WIDTH, 3)))
    assert len(swift_code(model)) == 5
    for made in (swift_code(model), swift_code(open_batch), swift_code(model_for(1, rule))):
        assert {name: syntax_errors(content, "swift") for name, content in made.items()} == {name: [] for name in made}
    assert syntax_errors(b'let broken = ["a" "b"]', "swift")


def test_labels_of_any_text_survive() -> None:
    content = swift_code(bundled_model(LABELS))["swift/Preprocessing.swift"]
    assert content.isascii()
    assert tuple(_strings(_labels(parsed(content, "swift")))) == LABELS


def _labels(node: Any) -> Any:
    """The literal of the array `labels`."""
    if node.type == "property_declaration" and node.child_by_field_name("name").text == b"labels":
        return node.child_by_field_name("value")
    return next((found for child in node.children if (found := _labels(child)) is not None), None)


def _strings(array: Any) -> "list[str]":
    """The texts that Swift would have: interpolation is an error."""
    texts = []
    for literal in array.named_children:
        assert literal.type == "line_string_literal"
        kinds = {each.type for each in literal.named_children}
        assert kinds <= {"line_str_text", "str_escaped_char"}
        texts.append(_unescaped(literal.text.decode()[1:-1]))
    return texts


def _unescaped(text: str) -> str:
    result, place = "", 0
    while place < len(text):
        if text[place] != "\\":
            result, place = result + text[place], place + 1
        elif text[place + 1] == "u":
            end = text.index("}", place)
            result, place = result + chr(int(text[place + 3 : end], 16)), end + 1
        else:
            result, place = result + text[place + 1], place + 2
    return result


def test_swift_is_for_tflite_files_on_ios() -> None:
    model = bundled_model()
    assert "swift/LiteRtClassifier.swift" in swift_code(model)
    assert b"resizeInput" not in swift_code(model)["swift/LiteRtClassifier.swift"]
    for changes in (
        {"targets": (Target.ANDROID,)},
        {"format": Format.ONNX},
        {"input": dataclasses.replace(model.input, dtype="int8")},
    ):
        assert swift_code(dataclasses.replace(model, **changes)) == {}
    open_batch = dataclasses.replace(model, input=dataclasses.replace(model.input, shape=(None, 32, 32, 3)))
    assert b"resizeInput" in swift_code(open_batch)["swift/LiteRtClassifier.swift"]
