"""Generated Kotlin, compiled and run on the Java machine: stand-ins take the place of Android, LiteRT and MediaPipe."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.bundles import LABELS, bundled_model
from support.code.kotlin import STUBS, Kotlin, kotlin
from support.code.pictures import HEIGHT, RULES, WIDTH, model_for, pictures, png

from edgekit.artifact import Format
from edgekit.bundle.code.kotlin import kotlin_code
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule
from edgekit.verification.verdict.targets import Target

PREPARES = """
import java.io.*
fun main(arguments: Array<String>) {
    val input = DataInputStream(File(arguments[0]).inputStream().buffered())
    DataOutputStream(File(arguments[1]).outputStream().buffered()).use { output ->
        repeat(input.readInt()) {
            val (width, height) = listOf(input.readInt(), input.readInt())
            val pixels = IntArray(width * height) { input.readInt() }
            CALLS
        }
    }
}
"""


def sources(folder: Path, models: Sequence[BundledModel], names: Sequence[str]) -> list[Path]:
    """The generated files of these names, written into `folder`."""
    found = []
    for number, model in enumerate(models):
        code = kotlin_code(model)
        for name in names:
            found.append(folder / f"{number}" / name)
            found[-1].parent.mkdir(parents=True, exist_ok=True)
            found[-1].write_bytes(code[f"kotlin/{name}"])
    return found


def prepared(compiler: Kotlin, folder: Path, models: Sequence[BundledModel]) -> "list[list[np.ndarray]]":
    """For each picture the input tensors of all models, which have the keys tflite-0, tflite-1 …, as one compile."""
    models = [dataclasses.replace(model, file=f"tflite/{number}.tflite") for number, model in enumerate(models)]
    calls = "\n".join(
        f"edgekit.tflite_{number}.prepare(edgekit.tflite_{number}.Picture(width, height, pixels))"
        f".forEach {{ output.write{'Float' if model.input.dtype == 'float32' else 'Byte'}(it"
        f"{'' if model.input.dtype == 'float32' else '.toInt()'}) }}"
        for number, model in enumerate(models)
    )
    main = folder / "Main.kt"
    main.write_text(PREPARES.replace("CALLS", calls))
    classes = folder / "classes"
    assert compiler.compile([main, *sources(folder, models, ["Preprocessing.kt"])], classes) == ""
    shown = [np.asarray(each.convert("RGBA")).astype(np.uint32) for each in pictures().values()]
    with (folder / "pictures.bin").open("wb") as file:
        file.write(np.array([len(shown)], ">i4").tobytes())
        for one in shown:
            argb = one[..., 3] << 24 | one[..., 0] << 16 | one[..., 1] << 8 | one[..., 2]
            file.write(np.array([one.shape[1], one.shape[0]], ">i4").tobytes() + argb.astype(">u4").tobytes())
    done = compiler.run(classes, "MainKt", str(folder / "pictures.bin"), str(folder / "tensors.bin"))
    assert done.returncode == 0, done.stderr
    content = (folder / "tensors.bin").read_bytes()
    answers, place = [], 0
    for _ in shown:
        answers.append([])
        for model in models:
            dtype = np.dtype(model.input.dtype).newbyteorder(">")
            count = int(np.prod(model.input.shape))
            answers[-1].append(np.frombuffer(content, dtype, count, place).reshape(model.input.shape))
            place += count * dtype.itemsize
    assert place == len(content)
    return answers


def test_every_rule_gives_the_pixels_of_the_training_bit_by_bit(tmp_path: Path) -> None:
    cases = [(rule, channels) for rule in RULES for channels in (1, 3)]
    found = prepared(kotlin(), tmp_path, [model_for(channels, rule) for rule, channels in cases])
    for (name, picture), tensors in zip(pictures().items(), found, strict=True):
        for (rule, channels), tensor in zip(cases, tensors, strict=True):
            wanted = decode_image(png(picture), (HEIGHT, WIDTH), rule, channels)
            np.testing.assert_array_equal(tensor[0], wanted, err_msg=f"{name}, {rule}, {channels}")


LAYOUTS = [
    ("first", 3, "float32"),
    ("first", 1, "uint8"),
    ("none", 1, "int8"),
    ("last", 3, "float32"),
    ("last", 3, "int8"),
]


def test_every_layout_and_type_is_filled(tmp_path: Path) -> None:
    models = [model_for(channels, ImageRule(), layout=layout, dtype=dtype) for layout, channels, dtype in LAYOUTS]
    four = dataclasses.replace(models[3], input=dataclasses.replace(models[3].input, shape=(4, HEIGHT, WIDTH, 3)))
    [wide, *_] = prepared(kotlin(), tmp_path, [*models, four])
    for (layout, channels, dtype), tensor in zip(LAYOUTS, wide, strict=False):
        pixels = decode_image(png(pictures()["wide"]), (HEIGHT, WIDTH), channels=channels).astype(int)
        wanted = {"first": pixels.transpose(2, 0, 1), "none": pixels[..., 0], "last": pixels}[layout]
        np.testing.assert_array_equal(tensor[0].astype(int), wanted - (128 if dtype == "int8" else 0))
    np.testing.assert_array_equal(wide[-1], np.repeat(wide[3], 4, axis=0))


TURNED = """
fun main(arguments: Array<String>) {
    for (name in arguments) {
        println(edgekit.tflite_0.prepare(edgekit.tflite_0.pictureOf(java.io.File(name).readBytes())).joinToString(" "))
    }
}
"""


def test_pictures_are_turned_as_their_exif_data_say(tmp_path: Path) -> None:
    compiler, model = kotlin(), dataclasses.replace(model_for(3, ImageRule()), file="tflite/0.tflite")
    names = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        names.append(tmp_path / f"{orientation}.png")
        pictures()["wide"].save(names[-1], exif=exif)
    main = tmp_path / "Main.kt"
    main.write_text(TURNED)
    files = [main, *sources(tmp_path, [model], ["Preprocessing.kt", "AndroidPictures.kt"]), *STUBS.glob("Android*.kt")]
    assert compiler.compile(files, tmp_path / "classes") == ""
    done = compiler.run(tmp_path / "classes", "MainKt", *map(str, names))
    assert done.returncode == 0, done.stderr
    for name, line in zip(names, done.stdout.splitlines(), strict=True):
        wanted = decode_image(name, (HEIGHT, WIDTH), ImageRule(), 3)
        np.testing.assert_array_equal(np.array(line.split(), int).astype(np.uint8), wanted.ravel(), err_msg=name.name)


def golden_files(bundle: Path, key: str) -> dict[str, Any]:
    """What golden.json says of the model."""
    document = json.loads((bundle / "golden" / "golden.json").read_text())
    [entry] = [each for each in document["models"] if each["file"].replace("/", "-").startswith(key)]
    return dict(entry)


@pytest.mark.parametrize("key", ["tflite-model-int8", "tflite-model-float32"])
def test_golden_pictures_become_the_exact_tensors_on_a_computer(unpacked: Path, key: str, tmp_path: Path) -> None:
    compiler, code = kotlin(), unpacked / "code" / key / "kotlin"
    files = [code / "Preprocessing.kt", code / "GoldenOnComputer.kt"]
    assert compiler.compile(files, tmp_path / "classes") == ""
    main = f"edgekit.{key.replace('-', '_')}.GoldenOnComputerKt"
    done = compiler.run(tmp_path / "classes", main, str(unpacked))
    assert (done.returncode, done.stdout) == (0, "32 of 32 golden pictures become the exact tensor.\n"), done.stderr
    bundle = Path(shutil.copytree(unpacked, tmp_path / "resnet8"))
    shutil.copy(bundle / "golden" / "images" / "01.png", bundle / "golden" / "images" / "00.png")
    done = compiler.run(tmp_path / "classes", main, str(bundle))
    assert done.returncode == 1
    assert done.stdout.startswith("golden/images/00.png does not become golden/inputs/")


GLUE = """
import java.io.File
import PACKAGE.*

fun said(action: () -> Any): String =
    try { action().toString() } catch (error: IllegalArgumentException) { "${error.message}" }

fun checked(action: () -> Unit): String =
    try { action(); "pass" } catch (error: AssertionError) { "fail: ${error.message}" }

fun main() {
    val assets = android.content.res.AssetManager(File(System.getProperty("assets")))
    LiteRtClassifier.fromAssets(assets).use { classifier ->
        println(said { classifier.run(InputArray(INPUT_LENGTH - 1)) })
        println(said { classifier.run(InputArray(INPUT_LENGTH + 1)) })
        println(classifier.classify(pictureOf(assets.open("golden/images/05.png").readBytes())).first())
    }
    println(said { LiteRtClassifier.fromAssets(assets, "other.tflite") })
    println(said { LiteRtClassifier.fromFile(File(assets.folder, "other.tflite")) })
    println(said { pictureOf(ByteArray(7)) })
    println(checked { GoldenTest().picturesBecomeTheExactTensors() })
    println(checked { GoldenTest().theModelGivesTheExpectedOutputs() })
    MEDIAPIPE
}
"""

MEDIAPIPE = """
    MediaPipeClassifier(android.content.Context(assets)).use {
        println(it.classify(pictureOf(assets.open("golden/images/05.png").readBytes())))
    }
    println(checked { MediaPipeGoldenTest().picturesGetTheExpectedScores() })
"""


@pytest.mark.parametrize("key", ["tflite-model-int8", "tflite-model-float32"])
def test_the_android_code_runs_on_stand_ins(unpacked: Path, key: str, tmp_path: Path) -> None:
    compiler, code, entry = kotlin(), unpacked / "code" / key / "kotlin", golden_files(unpacked, key)
    is_int8 = key.endswith("int8")
    assert (code / "MediaPipeClassifier.kt").exists()
    assets = Path(shutil.copytree(unpacked, tmp_path / "assets"))
    shutil.copy(assets / entry["file"], assets / Path(entry["file"]).name)
    (assets / "other.tflite").write_bytes(b"other")
    size = 10 * (1 if is_int8 else 4)
    rows = [f"{name} {entry['expected']} {place * size} {size}\n" for place, name in enumerate(entry["inputs"])]
    (assets / "answers.txt").write_text("".join(rows))
    main = tmp_path / "Main.kt"
    glue = GLUE.replace("PACKAGE", f"edgekit.{key.replace('-', '_')}").replace(
        "MEDIAPIPE", MEDIAPIPE if is_int8 else ""
    )
    main.write_text(glue)
    files = [main, *STUBS.glob("*.kt"), *(each for each in code.glob("*.kt") if each.name != "GoldenOnComputer.kt")]
    assert compiler.compile(files, tmp_path / "classes") == ""
    properties = {"assets": str(assets)}
    lines = compiler.run(tmp_path / "classes", "MainKt", properties=properties).stdout.splitlines()
    labels = (unpacked / "labels.txt").read_text().splitlines()
    expected = np.fromfile(assets / entry["expected"], "u1" if is_int8 else "<f4").reshape(32, 10)[5]
    best = float(expected.max()) / (256 if is_int8 else 1)
    sha256 = hashlib.sha256((assets / entry["file"]).read_bytes()).hexdigest()
    other = f"This code is for the file with SHA-256 {sha256}. Received {hashlib.sha256(b'other').hexdigest()}."
    assert lines[:2] == [f"The input has 3072 values. Received {count}." for count in (3071, 3073)]
    name, score = lines[2].strip("()").split(", ")
    assert (name, float(score)) == (labels[int(expected.argmax())], pytest.approx(best))
    assert lines[3:5] == [other] * 2
    assert lines[5] == "Android cannot decode these 7 bytes. Expected a JPEG, PNG or WebP file."
    assert lines[6:8] == ["pass", "pass"]
    order = np.argsort(-expected.astype(float), kind="stable")
    scores = f"[{', '.join(f'({labels[at]}, {expected[at] / 256})' for at in order)}]"
    assert lines[8:] == ([scores, "pass"] if is_int8 else [])
    wrong = np.fromfile(assets / entry["expected"], "u1")
    wrong[size * 3 + 3] += 7
    wrong.tofile(assets / entry["expected"])
    (assets / "answers.txt").write_text(
        (assets / "answers.txt").read_text().replace(entry["expected"], "as-before.bin")
    )
    shutil.copy(unpacked / entry["expected"], assets / "as-before.bin")
    shutil.copy(assets / "golden" / "images" / "01.png", assets / "golden" / "images" / "00.png")
    lines = compiler.run(tmp_path / "classes", "MainKt", properties=properties).stdout.splitlines()
    assert lines[6] == "fail: golden/images/00.png"
    assert lines[7].startswith(f"fail: {entry['inputs'][3]}: score ")
    if is_int8:
        assert lines[9].startswith("fail: golden/images/00.png: the score of ")


def test_a_tensor_of_another_type_is_no_kotlin(tmp_path: Path) -> None:
    compiler, models = kotlin(), [model_for(3, None), model_for(3, None, dtype="float32")]
    models = [dataclasses.replace(each, file=f"tflite/{place}.tflite") for place, each in enumerate(models)]
    main = tmp_path / "Main.kt"
    main.write_text(
        "fun bytes(one: edgekit.tflite_0.LiteRtClassifier) = one.run(FloatArray(663))\n"
        "fun floats(one: edgekit.tflite_1.LiteRtClassifier) = one.run(ByteArray(663))\n"
    )
    made = sources(tmp_path, models, ["Preprocessing.kt", "LiteRtClassifier.kt"])
    said = compiler.compile([main, *made, *STUBS.glob("*.kt")], tmp_path / "classes")
    assert said.count("error:") == 2
    assert said.count("argument type mismatch") == 2


def test_labels_of_any_text_survive(tmp_path: Path) -> None:
    compiler = kotlin()
    many = (*LABELS, *(f"class {number}" for number in range(25_000)))
    model = dataclasses.replace(bundled_model(many), name=LABELS[3])
    main = tmp_path / "Main.kt"
    main.write_text(
        "import edgekit.tflite_model_int8.*\n"
        'fun main() = System.out.write((LABELS + NAME).joinToString("\\u0000").toByteArray())\n'
    )
    assert compiler.compile([main, *sources(tmp_path, [model], ["Preprocessing.kt"])], tmp_path / "classes") == ""
    assert tuple(compiler.run(tmp_path / "classes", "MainKt").stdout.split("\0")) == (*many, LABELS[3])


def test_kotlin_is_for_tflite_files_on_android() -> None:
    model = bundled_model()
    assert "kotlin/LiteRtClassifier.kt" in kotlin_code(model)
    open_batch = dataclasses.replace(model, input=dataclasses.replace(model.input, shape=(None, 32, 32, 3)))
    assert b"INPUT_LENGTH = 1 * 32 * 32 * 3" in kotlin_code(open_batch)["kotlin/Preprocessing.kt"]
    for changes in (
        {"targets": (Target.IOS,)},
        {"format": Format.ONNX},
        {"output": dataclasses.replace(model.output, dtype="int16")},
    ):
        assert kotlin_code(dataclasses.replace(model, **changes)) == {}


def test_mediapipe_gets_code_for_color_and_for_float_input_with_metadata_only() -> None:
    def is_for_mediapipe(model: BundledModel) -> bool:
        return "kotlin/MediaPipeClassifier.kt" in kotlin_code(model)

    color, gray = model_for(3, None, dtype="float32"), model_for(1, None, dtype="float32")
    assert is_for_mediapipe(color)
    assert not is_for_mediapipe(gray)
    for batch in (None, 4):
        shape = (batch, *color.input.shape[1:])
        other = dataclasses.replace(color, input=dataclasses.replace(color.input, shape=shape))
        assert is_for_mediapipe(other) == (batch is None)
    assert not is_for_mediapipe(dataclasses.replace(color, has_metadata=False))
    assert is_for_mediapipe(dataclasses.replace(bundled_model(), has_metadata=False))
    assert not is_for_mediapipe(model_for(3, None, dtype="int8"))
    assert not is_for_mediapipe(model_for(3, None, dtype="float32", layout="first"))
