"""`edgekit.bundle`: what is in the zip, that it is the same each time, and what is not bundled."""

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.bundles import RESNET8, contents, golden
from support.linear_run import digits, nearest_mean, write_onnx

import edgekit
from edgekit.cli import run_command
from edgekit.datasets.images.resizing import resize_image
from edgekit.datasets.images.rule import ImageRule
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import chosen_runtimes


def first_line(card: bytes) -> str:
    """Of the text, behind the header."""
    return card.decode().split("\n---\n", 1)[1].splitlines()[0]


def test_everything_is_in_the_zip_with_its_checksum(bundle_zip: Path, verified_run: Path) -> None:
    files = contents(bundle_zip)
    model = files["onnx/model-float32.onnx"]
    assert model == (verified_run / "onnx" / "model-float32.onnx").read_bytes()
    assert files["labels.txt"].decode().splitlines() == list(digits().class_names)
    assert files["manifest.json"] == (verified_run / "manifest.json").read_bytes()
    assert files["verification.json"] == (verified_run / "verification.json").read_bytes()
    assert files["verification.html"].lower().startswith(b"<!doctype html")
    listed = dict(reversed(line.split("  ", 1)) for line in files["SHA256SUMS"].decode().splitlines())
    assert listed == {name: hashlib.sha256(each).hexdigest() for name, each in files.items() if name != "SHA256SUMS"}
    document = json.loads(files["bundle.json"])
    assert document["status"] == "verified"
    assert set(document["files"]) == set(files) - {"SHA256SUMS", "bundle.json"}
    assert document["files"]["labels.txt"]["size_bytes"] == len(files["labels.txt"])


def test_the_card_is_filled_from_what_was_measured(bundle_zip: Path, verified_run: Path) -> None:
    card = contents(bundle_zip)["README.md"].decode()
    report = json.loads((verified_run / "verification.json").read_text())
    assert card.startswith("---\nlicense: ")
    assert first_line(card.encode()) == "# made"
    assert f"{report['reference']['accuracy']:.2%}" in card
    for each in report["reference"]["report"]:
        assert f"| {each['class']} | {each['precision']:.2%} | {each['recall']:.2%} | {each['f1']:.2%} |" in card
    assert "No licence was stated" in card
    assert str(verified_run.parent) not in card


def test_golden_images_hold_every_class_and_give_the_input_bit_by_bit(bundle_zip: Path) -> None:
    files, document = contents(bundle_zip), golden(bundle_zip)
    images, [model] = document["images"], document["models"]
    assert len(images) == 32
    assert {each["label"] for each in images} == set(digits().class_names)
    assert {each["reason"] for each in images} >= {"hardest", "easiest"}
    assert len({each["index"] for each in images}) == 32
    for each, name in zip(images, model["inputs"], strict=True):
        pixels = np.array(Image.open(io.BytesIO(files[each["file"]])))
        assert np.array_equal(pixels, digits().test.images[each["index"]])
        assert files[name] == pixels.astype("<f4").tobytes()
    expected = np.frombuffer(files[model["expected"]], "<f4").reshape(32, 10)
    assert model["top_classes"] == expected.argmax(axis=1).tolist()


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(bundle_zip: Path, own_run: Path, tmp_path: Path) -> None:
    again = edgekit.bundle(own_run, out=tmp_path / "again.zip")
    assert again.path.read_bytes() == bundle_zip.read_bytes()
    assert again.sha256 == hashlib.sha256(bundle_zip.read_bytes()).hexdigest()


def test_a_run_that_was_never_verified_is_bundled_only_on_request(own_run: Path, tmp_path: Path) -> None:
    (own_run / "verification.json").unlink()
    out = tmp_path / "out.zip"
    with pytest.raises(edgekit.BundleError, match=r"never verified.*edgekit verify .*--unverified"):
        edgekit.bundle(own_run, out=out)
    assert not out.exists()
    report = edgekit.bundle(own_run, out=out, unverified=True)
    assert report.problems == ("The model files were never verified.",)
    files = contents(out)
    assert first_line(files["README.md"]) == "**Not verified: The model files were never verified.**"
    assert "verification.json" not in files
    assert json.loads(files["bundle.json"])["status"] == "The model files were never verified."


def test_a_file_with_other_bytes_than_were_verified_is_refused(own_run: Path, tmp_path: Path) -> None:
    run = RunFolder(own_run)
    weights, biases = nearest_mean(digits())
    run.record(write_onnx(own_run / "onnx" / "model-float32.onnx", weights, biases + np.float32(1e-6)))
    with pytest.raises(edgekit.BundleError, match=r"onnx/model-float32\.onnx was exported again since"):
        edgekit.bundle(own_run, out=tmp_path / "out.zip")
    edgekit.bundle(own_run, out=tmp_path / "out.zip", unverified=True)
    card = contents(tmp_path / "out.zip")["README.md"]
    assert "was exported again since it was verified" in first_line(card)
    assert str(own_run.parent).encode() not in card + contents(tmp_path / "out.zip")["verification.html"]


def test_a_file_that_drifts_is_refused_and_the_others_are_not(own_run: Path, tmp_path: Path) -> None:
    run = RunFolder(own_run)
    weights, biases = nearest_mean(digits())
    swapped = [1, 0, *range(2, 10)]
    run.record(write_onnx(own_run / "onnx" / "model-int8.onnx", weights[:, swapped], biases[swapped]))
    assert edgekit.verify(own_run).exit_status == 3
    with pytest.raises(edgekit.BundleError, match=r"onnx/model-int8\.onnx drifts in onnxruntime"):
        edgekit.bundle(own_run, out=tmp_path / "out.zip")
    assert edgekit.bundle(own_run, out=tmp_path / "out.zip", precisions="float32").problems == ()
    edgekit.bundle(own_run, out=tmp_path / "out.zip", unverified=True)
    assert "drifts" in first_line(contents(tmp_path / "out.zip")["README.md"])
    assert [each["reason"] for each in golden(tmp_path / "out.zip")["images"][:8]] == ["flipped"] * 8


AWKWARD = ['say "hi"', "back\\slash", "$HOME", "a|b", "<b>bold</b>", "it's", "{curly}", "Käse", "- item", "# title"]


def test_labels_of_any_text_of_one_line_are_kept(own_run: Path, tmp_path: Path) -> None:
    run = RunFolder(own_run)
    run.record(dataset={**run.manifest["dataset"], "class_names": AWKWARD})
    edgekit.bundle(own_run, out=tmp_path / "out.zip", no_images=True, unverified=True)
    files = contents(tmp_path / "out.zip")
    assert files["labels.txt"].decode() == "".join(f"{each}\n" for each in AWKWARD)
    assert r"a\|b" in files["README.md"].decode()
    assert edgekit.verify_bundle(tmp_path / "out.zip").faults == ()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["zero", "zero", *"23456789"], "same name: zero"),
        (["", *"123456789"], "needs a name of one line"),
        (["a\nb", *"123456789"], "needs a name of one line"),
        (list("012345678"), r"names 9 classes, and onnx/model-float32\.onnx gives 10 scores"),
        (["only"], "at least two classes"),
    ],
)
def test_labels_that_no_app_could_read_are_refused(
    own_run: Path, tmp_path: Path, names: list[str], message: str
) -> None:
    run = RunFolder(own_run)
    run.record(dataset={**run.manifest["dataset"], "class_names": names})
    with pytest.raises(edgekit.BundleError, match=message):
        edgekit.bundle(own_run, out=tmp_path / "out.zip", no_images=True, unverified=True)
    assert not (tmp_path / "out.zip").exists()


def test_other_data_and_files_that_would_be_lost_are_refused(verified_run: Path, tmp_path: Path) -> None:
    images, labels = digits().test.images, digits().test.labels
    np.savez(tmp_path / "other.npz", x_test=images[:100], y_test=labels[:100])
    with pytest.raises(edgekit.BundleError, match="not the test images"):
        edgekit.bundle(verified_run, data=f"npz:{tmp_path / 'other.npz'}", out=tmp_path / "out.zip")
    (tmp_path / "letter.zip").write_text("a letter")
    with pytest.raises(edgekit.UsageError, match="exists and is not a zip"):
        edgekit.bundle(verified_run, out=tmp_path / "letter.zip")
    with pytest.raises(edgekit.UsageError, match="needs no data"):
        edgekit.bundle(verified_run, no_images=True, data="digits")
    with pytest.raises(edgekit.BundleError, match=r"no such file for microcontroller.*--int8"):
        edgekit.bundle(verified_run, target="mcu")


def test_without_images_nothing_of_the_data_is_read(own_run: Path, tmp_path: Path) -> None:
    run = RunFolder(own_run)
    run.record(dataset={**run.manifest["dataset"], "name": "folder"})
    edgekit.bundle(own_run, out=tmp_path / "out.zip", no_images=True)
    assert {each["reason"] for each in golden(tmp_path / "out.zip")["images"]} == {"synthetic"}
    assert {each["label"] for each in golden(tmp_path / "out.zip")["images"]} == {None}


def test_image_files_keep_their_original_size(own_run: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for split in ("train", "test"):
        for label, name in enumerate(digits().class_names):
            (photos / split / name).mkdir(parents=True)
            for number in range(3):
                pixels = np.random.RandomState(100 * label + number).randint(0, 256, (40 + number, 50, 3), np.uint8)
                pixels[0, 0] = 0 if split == "train" else 255
                Image.fromarray(pixels).save(photos / split / name / f"{number}.png")
    dataset = edgekit.load_dataset(f"folder:{photos}")
    run = RunFolder(own_run)
    run.record(dataset=dataset.to_dict())
    edgekit.bundle(own_run, data=f"folder:{photos}", out=tmp_path / "out.zip", unverified=True)
    files, document = contents(tmp_path / "out.zip"), golden(tmp_path / "out.zip")
    sizes = set()
    for each, name in zip(document["images"], document["models"][0]["inputs"], strict=True):
        whole = Image.open(io.BytesIO(files[each["file"]]))
        sizes.add(whole.size)
        assert files[name] == resize_image(whole, (32, 32), ImageRule()).astype("<f4").tobytes()
    assert sizes == {(50, 40), (50, 41), (50, 42)}


def test_images_of_the_hub_keep_their_original_size(own_run: Path, tmp_path: Path) -> None:
    hf = pytest.importorskip("datasets", reason="needs the extra hub")
    random, names = np.random.RandomState(5), list(digits().class_names)
    labels = [number % 10 for number in range(40)]
    pictures = [
        Image.fromarray(random.randint(0, 256, (40 + number, 50, 3), np.uint8)) for number in range(len(labels))
    ]
    features = hf.Features({"image": hf.Image(), "label": hf.ClassLabel(names=names)})
    table = hf.Dataset.from_dict({"image": pictures, "label": labels}, features=features)
    (tmp_path / "pets").mkdir()
    for split in ("train", "test"):
        table.to_parquet(tmp_path / "pets" / f"{split}-00000-of-00001.parquet")
    dataset = edgekit.load_dataset(f"hub:{tmp_path / 'pets'}")
    RunFolder(own_run).record(dataset=dataset.to_dict())
    edgekit.bundle(own_run, data=f"hub:{tmp_path / 'pets'}", out=tmp_path / "out.zip", unverified=True)
    files, document = contents(tmp_path / "out.zip"), golden(tmp_path / "out.zip")
    for each, name in zip(document["images"], document["models"][0]["inputs"], strict=True):
        whole = Image.open(io.BytesIO(files[each["file"]]))
        assert np.array_equal(np.array(whole), np.array(pictures[each["index"]]))
        assert files[name] == resize_image(whole, (32, 32), ImageRule()).astype("<f4").tobytes()


def test_the_card_says_where_the_code_of_each_platform_is(bundle_zip: Path, resnet8_zip: Path) -> None:
    card = contents(resnet8_zip)["README.md"].decode()
    assert "| Android | code/tflite-model-int8/kotlin/ | LiteRtClassifier.kt | GoldenTest.kt |" in card
    assert "| iOS | code/tflite-model-float32/swift/ | LiteRtClassifier.swift | GoldenTests.swift |" in card
    assert "| microcontroller | code/tflite-model-int8/cpp/ | classifier.h | golden_test.cc |" in card
    assert card.count("| microcontroller |") == 1
    assert "Android" not in contents(bundle_zip)["README.md"].decode()


def test_what_was_chosen_is_said(bundle_zip: Path, resnet8_zip: Path) -> None:
    choice = golden(bundle_zip)["choice"]
    reasons = [each["reason"] for each in golden(bundle_zip)["images"]]
    assert choice.startswith("32 test images: ")
    assert f"{reasons.count('hardest')} hardest for the float model" in choice
    assert choice.endswith("Every class has one.")
    assert f"golden/ holds {choice}" in contents(bundle_zip)["README.md"].decode()
    assert golden(resnet8_zip)["choice"] == "32 images that are synthetic and show no class."


def test_the_committed_run_answers_as_its_bundle_says_in_every_runtime(resnet8_zip: Path) -> None:
    report = edgekit.check_golden(resnet8_zip)
    assert report.exit_status == 0
    runtimes = {row.runtime for row in report.rows}
    assert runtimes == set(chosen_runtimes([]))
    [int8] = [one for one in golden(resnet8_zip)["models"] if one["file"] == "tflite/model-int8.tflite"]
    assert (int8["tolerance"], int8["unit"], int8["input"]["dtype"]) == (0.0, "steps", "uint8")
    assert b"data:image" not in contents(resnet8_zip)["verification.html"]
    others = {each["runtime"]: each["num_images"] for each in int8["other_runtimes"]}
    assert others["litert-reference"] == 32


@pytest.mark.cifar10
def test_the_committed_run_is_bundled_with_its_images(cifar10_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "resnet8-android.zip"
    shown = ["bundle", str(RESNET8), "--for", "android", "--int8", "--unverified", "--out", str(out)]
    assert run_command([*shown, "--data", f"cifar10:{cifar10_folder}"]) == 0
    document = golden(out)
    assert [model["file"] for model in document["models"]] == ["tflite/model-int8.tflite"]
    assert [each["reason"] for each in document["images"]].count("flipped") == 8
    assert json.loads(contents(out)["bundle.json"])["target"] == "android"


def test_the_command_prints_what_the_function_returns(
    verified_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(verified_run, tmp_path / "exported" / "made")
    assert run_command(["bundle", "made", "--no-images", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["path"] == "made-bundle.zip"
    assert printed["is_verified"] is True
    assert run_command(["verify-bundle", "made-bundle.zip", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["faults"] == []
    assert run_command(["check-golden", "made-bundle.zip"]) == 0
    assert "onnxruntime" in capsys.readouterr().out


def test_a_file_of_a_fixed_batch_gets_each_image_in_every_place(own_run: Path, tmp_path: Path) -> None:
    import onnx

    path = own_run / "onnx" / "model-float32.onnx"
    model = onnx.load(path)
    for tensor in (model.graph.input[0], model.graph.output[0]):
        tensor.type.tensor_type.shape.dim[0].dim_value = 4
    path.write_bytes(model.SerializeToString())
    RunFolder(own_run).record(path)
    edgekit.bundle(own_run, out=tmp_path / "out.zip", no_images=True, unverified=True)
    files, [entry] = contents(tmp_path / "out.zip"), golden(tmp_path / "out.zip")["models"]
    assert (entry["input"]["shape"], entry["output"]["shape"]) == ([4, 32, 32, 3], [4, 10])
    first = np.frombuffer(files[entry["inputs"][0]], "<f4").reshape(4, -1)
    assert (first == first[0]).all()
    assert edgekit.check_golden(tmp_path / "out.zip").exit_status == 0


def test_without_a_verification_the_card_has_what_the_training_measured(tmp_path: Path) -> None:
    run = Path(shutil.copytree(RESNET8, tmp_path / "resnet8"))
    (run / "verification.json").unlink()
    edgekit.bundle(run, out=tmp_path / "out.zip", no_images=True, unverified=True, target="mcu")
    card = contents(tmp_path / "out.zip")["README.md"].decode()
    measured = json.loads((RESNET8 / "report.json").read_text())
    assert f"accuracy of {measured['accuracy']:.2%}" in card
    for each in measured["per_class"]:
        assert f"| {each['class']} | {each['precision']:.2%} | {each['recall']:.2%} | {each['f1']:.2%} |" in card


def test_a_file_that_does_not_run_is_named(own_run: Path, tmp_path: Path) -> None:
    path = own_run / "onnx" / "model-int8.onnx"
    path.write_bytes(b"no model" * 100)
    RunFolder(own_run).record(path)
    with pytest.raises(edgekit.EdgekitError, match=r"model-int8\.onnx"):
        edgekit.bundle(own_run, out=tmp_path / "out.zip", no_images=True, unverified=True)
    assert not (tmp_path / "out.zip").exists()


def test_the_card_names_the_clients_that_ran_the_file_as_it_is(verified_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(verified_run, tmp_path / "run"))
    report = edgekit.clients(run, clients="onnxruntime", images=2)
    version = report.files[0].cells[0].version
    edgekit.bundle(run, out=tmp_path / "out.zip")
    card = contents(tmp_path / "out.zip")["README.md"].decode()
    assert f"`{report.files[0].file}` runs in: onnxruntime {version} (`edgekit clients`)." in card
    document = json.loads((run / "clients.json").read_text())
    document["files"][0]["sha256"] = "0" * 64
    (run / "clients.json").write_text(json.dumps(document))
    edgekit.bundle(run, out=tmp_path / "stale.zip")
    assert "runs in:" not in contents(tmp_path / "stale.zip")["README.md"].decode()
