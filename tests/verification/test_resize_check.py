"""`verify --resize-check`: photographs of two sizes, an ONNX file of known weights, every rule counted by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.linear_run import write_onnx

import edgekit
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule, other_rules
from edgekit.verification.measuring.resize_effect import resize_effect

SIDE = 16
NUM_IMAGES = 24


def test_an_effect_by_hand() -> None:
    """Of 8 images two become wrong, one becomes right, one stays wrong with another class."""
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    own = np.array([0, 0, 0, 0, 1, 0, 0, 2])
    other = np.array([0, 0, 1, 1, 1, 1, 2, 2])
    effect = resize_effect(own, other, labels)
    assert (effect.num_flips, effect.right_to_wrong, effect.wrong_to_right) == (4, 2, 1)
    assert effect.accuracy == 5 / 8
    assert effect.accuracy_delta == -1 / 8
    assert effect.mcnemar_p == 1.0


@pytest.mark.parametrize("own", [ImageRule(), ImageRule(resize="keras", antialias=False, exif=False)])
def test_all_other_rules_are_tried_once(own: ImageRule) -> None:
    rules = other_rules(own)
    assert own not in rules
    assert len(set(rules)) == len(rules)
    assert {rule.resize for rule in rules} | {own.resize} == {
        "squash",
        "crop",
        "pad",
        "keras",
        "keras-crop",
        "keras-pad",
    }


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wide images whose class is where their bright half lies: cropping takes it away from one of three."""
    root, rng = tmp_path_factory.mktemp("photographs"), np.random.default_rng(0)
    for split in ("train", "test"):
        for label, name in enumerate(("left", "middle", "right")):
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(NUM_IMAGES // 3):
                pixels = rng.integers(0, 60, (40, 120, 3))
                start = label * 40 + int(rng.integers(-8, 9))
                pixels[:, max(0, start) : start + 40] += 150
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    return root


def weights() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which third of the width is brightest, on pixels of 0 to 255."""
    planes = np.zeros((SIDE, SIDE, 3, 3), np.float32)
    for label, (start, end) in enumerate(((0, 5), (5, 11), (11, 16))):
        planes[:, start:end, :, label] = 0.05 / (SIDE * (end - start) * 3)
    return planes.reshape(-1, 3), np.zeros(3, np.float32)


def expected_classes(root: Path, rule: ImageRule) -> NDArray[np.int64]:
    """What these weights say, of images decoded one by one."""
    images = [
        decode_image(path, (SIDE, SIDE), rule)
        for name in ("left", "middle", "right")
        for path in sorted((root / "test" / name).iterdir())
    ]
    linear, biases = weights()
    classes: NDArray[np.int64] = (np.stack(images).reshape(len(images), -1) @ linear + biases).argmax(axis=1)
    return classes


def test_every_rule_is_measured_and_shown(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from edgekit.rendering.terminal.verification_table import print_verification

    model = write_onnx(tmp_path / "thirds.onnx", *weights(), side=SIDE)
    report = edgekit.verify(
        model,
        reference=model,
        data=f"folder:{photographs}",
        runtimes="onnxruntime",
        resize_check=True,
        input_check=False,
        html=tmp_path / "page.html",
    )
    check = report.resize_check
    assert check is not None
    assert check.num_images == NUM_IMAGES
    assert check.options == "--resize squash"
    labels, own = np.arange(NUM_IMAGES) // 8, expected_classes(photographs, ImageRule())
    assert check.models[0].accuracy == (own == labels).mean() > 0.9
    measured = {row.options: row for row in check.rows}
    for rule in other_rules(ImageRule()):
        row = measured.pop(rule.options)
        if rule.exif is False and not rule.is_keras:
            assert row.same_pixels  # none of the images says how it is turned
        assert row.effects[0] == resize_effect(own, expected_classes(photographs, rule), labels), rule
    assert not measured
    assert check.worst is not None
    assert "crop" in check.worst.options
    print_verification(report)
    shown = capsys.readouterr().out
    for text in (shown, (tmp_path / "page.html").read_text()):
        assert "If the app resizes differently" in text
        assert "--resize keras-pad" in text
    document = json.loads(json.dumps(report.to_dict()))
    assert edgekit.VerificationReport.from_dict(document).resize_check == check
    assert document["dataset"]["image_rule"] == str(ImageRule())


def test_the_keras_model_that_a_run_was_exported_from_is_run_as_its_manifest_says(
    photographs: Path, tmp_path: Path
) -> None:
    import keras

    linear, biases = weights()
    pixels = keras.Input((SIDE, SIDE, 3))
    scores = keras.layers.Dense(3)(keras.layers.Flatten()(pixels))
    model = keras.Model(pixels, keras.layers.Softmax()(scores))
    others = [2, 0, 1]  # the order of the classes that the model was trained with
    model.set_weights([255 * linear[:, others], biases])
    model.save(tmp_path / "thirds.keras")
    (tmp_path / "labels.txt").write_text("right\nleft\nmiddle\n")
    data = f"folder:{photographs}"
    edgekit.export(
        tmp_path / "thirds.keras",
        precisions="float16",
        formats="tflite",
        data=data,
        input_range="0..1",
        labels=tmp_path / "labels.txt",
        out=tmp_path / "run",
    )
    check = edgekit.verify(tmp_path / "run", data=data, runtimes="litert-builtin", resize_check=True).resize_check
    assert check is not None
    assert [model.name for model in check.models] == ["model.keras", "tflite/model-float16.tflite"]
    labels, own = np.arange(NUM_IMAGES) // 8, expected_classes(photographs, ImageRule())
    measured = {row.options: row for row in check.rows}
    for rule in other_rules(ImageRule()):
        effects = measured[rule.options].effects
        assert not effects or effects[0] == resize_effect(own, expected_classes(photographs, rule), labels), rule


def test_images_of_a_fixed_size_are_rejected_in_a_sentence(tmp_path: Path) -> None:
    arrays = {"x_test": np.zeros((8, SIDE, SIDE, 3), np.uint8), "y_test": np.arange(8) % 3}
    np.savez(tmp_path / "data.npz", **arrays)
    model = write_onnx(tmp_path / "thirds.onnx", *weights(), side=SIDE)
    with pytest.raises(edgekit.UsageError, match="--resize-check resizes image files"):
        edgekit.verify(model, reference=model, data=f"npz:{tmp_path}/data.npz", resize_check=True)
