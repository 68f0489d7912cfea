"""The Hugging Face library itself reads data sets written here: its code path for a folder is that for the hub."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.helpers import Listening

from edgekit.cli import run_command as run
from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError, MissingExtraError, UsageError

hf = pytest.importorskip("datasets", reason="needs the extra hub")

NAMES = ["cat", "dog", "owl"]


def picture(label: int, number: int, mode: str = "RGB", size: tuple[int, int] = (12, 10)) -> Image.Image:
    """A plain picture whose red tells its class and whose green tells its number."""
    image = Image.new("RGB", size, (80 * label, 5 * number, 200))
    return image.convert(mode)


def table(count: int, *, labels: Any = None, mode: str = "RGB", size: tuple[int, int] = (12, 10), **more: Any) -> Any:
    """A table of `count` images whose classes take turns; `more` are further columns as (values, type)."""
    chosen = [number % 3 for number in range(count)] if labels is None else labels
    content = {"picture": [picture(max(label, 0), n, mode, size) for n, label in enumerate(chosen)], "kind": chosen}
    features = {"picture": hf.Image(), "kind": hf.ClassLabel(names=NAMES)}
    for name, (values, kind) in more.items():
        content[name], features[name] = values, kind
    return hf.Dataset.from_dict(content, features=hf.Features(features))


def write(folder: Path, **tables: Any) -> str:
    """One Parquet file a split, as repositories of the hub hold them; returns what `--data` takes."""
    folder.mkdir()
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}-00000-of-00001.parquet")
    return f"hub:{folder}"


def load(spec: str, **request: Any) -> Any:
    return load_dataset(spec, DatasetRequest(**request))


def test_images_and_labels_are_found_by_their_types(tmp_path):
    dataset = load(write(tmp_path / "pets", train=table(30), test=table(6)), image_size=(10, 12))
    assert (dataset.name, dataset.class_names) == ("hub:pets", tuple(NAMES))
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [27, 3, 6]
    np.testing.assert_array_equal(dataset.test.labels, [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(dataset.test.images[4], np.asarray(picture(1, 4)))
    shown = {tuple(image[0, 0]): label for image, label in zip(dataset.train.images, dataset.train.labels, strict=True)}
    assert all(red == 80 * label for (red, _, _), label in shown.items())


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK"])
def test_any_mode_and_size_becomes_rgb_of_the_size_asked_for(tmp_path, mode):
    dataset = load(
        write(tmp_path / "odd", train=table(9, mode=mode, size=(40, 7)), test=table(3)),
        image_size=(16, 16),
    )
    assert dataset.image_shape == (16, 16, 3)
    assert dataset.train.images.shape == (6, 16, 16, 3)


def test_a_second_load_decodes_nothing(tmp_path, monkeypatch):
    spec = write(tmp_path / "pets", train=table(9), test=table(3))
    first = load(spec, cache_dir=tmp_path / "cache")
    monkeypatch.setattr("edgekit.datasets.hub.source.decode_file", lambda *_: pytest.fail("decoded again"))
    second = load(spec, cache_dir=tmp_path / "cache")
    assert (second.sha256, second.train.sha256) == (first.sha256, first.train.sha256)
    assert isinstance(second.train.images, np.memmap)


@pytest.mark.parametrize("name", ["validation", "valid", "dev"])
def test_a_validation_split_is_used_as_it_is(tmp_path, name):
    dataset = load(write(tmp_path / "pets", train=table(9), test=table(3), **{name: table(6)}))
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [9, 6, 3]


def test_without_test_labels_the_validation_split_is_the_test_split(tmp_path):
    spec = write(tmp_path / "c", train=table(30), validation=table(6), test=table(3, labels=[-1, -1, -1]))
    dataset = load(spec)
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [27, 3, 6]


def test_a_single_split_is_parted_the_same_way_whatever_the_seed(tmp_path):
    spec = write(tmp_path / "one", train=table(30))
    one, other = load(spec, seed=1), load(spec, seed=2)
    assert [len(one.train), len(one.validation), len(one.test)] == [21, 3, 6]
    assert one.sha256 == other.sha256
    assert one.train.sha256 != other.train.sha256
    only = load(spec, test_only=True)
    assert (only.sha256, len(only.train)) == (one.sha256, 0)


def test_several_columns_of_labels_need_a_name(tmp_path):
    coarse = hf.ClassLabel(names=["pet", "wild"])
    parts = {name: table(n, coarse=([m % 2 for m in range(n)], coarse)) for name, n in (("train", 12), ("test", 6))}
    spec = write(tmp_path / "two", **parts)
    with pytest.raises(DatasetError, match=r"several columns of labels: kind, coarse\. Name one: hub:.*#kind"):
        load(spec)
    dataset = load(f"{spec}#coarse")
    assert (dataset.name, dataset.class_names) == ("hub:two#coarse", ("pet", "wild"))
    with pytest.raises(DatasetError, match=r"no column of labels 'fine'\. There are: kind, coarse"):
        load(f"{spec}#fine")


def test_classes_as_text_are_taken_when_they_are_named(tmp_path):
    parts = {}
    for name, n in (("train", 12), ("test", 6)):
        rows = table(n, word=([["b", "a"][m % 2] for m in range(n)], hf.Value("string")))
        parts[name] = rows.remove_columns("kind")
    spec = write(tmp_path / "words", **parts)
    with pytest.raises(DatasetError, match=r"no column of the type ClassLabel.*word \(string\)"):
        load(spec)
    dataset = load(f"{spec}#word")
    assert dataset.class_names == ("a", "b")
    assert dataset.test.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_a_folder_of_images_and_one_saved_to_disk(tmp_path):
    for split, count in (("train", 9), ("test", 6)):
        for number in range(count):
            path = tmp_path / "images" / split / NAMES[number % 3] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(number % 3, number).save(path)
    dataset = load(f"hub:{tmp_path / 'images'}")
    assert (dataset.class_names, len(dataset.test)) == (tuple(NAMES), 6)
    hf.DatasetDict(train=table(9), test=table(3)).save_to_disk(tmp_path / "saved")
    assert len(load(f"hub:{tmp_path / 'saved'}").test) == 3
    table(30).save_to_disk(tmp_path / "single")
    assert len(load(f"hub:{tmp_path / 'single'}").test) == 6


def test_a_broken_image_is_named_or_left_out(tmp_path):
    rows = table(30).cast_column("picture", hf.Image(decode=False)).to_dict()
    rows["picture"][4] = {"bytes": b"no image", "path": None}
    rows["picture"][5] = None
    features = hf.Features({"picture": hf.Image(), "kind": hf.ClassLabel(names=NAMES)})
    spec = write(tmp_path / "bad", train=hf.Dataset.from_dict(rows, features=features), test=table(3))
    with pytest.raises(DatasetError, match=r"The image hub:.*bad/[45] cannot be read: "):
        load(spec)
    progress = Listening()
    dataset = load(spec, skip_broken=True, progress=progress)
    assert dataset.num_skipped == 2
    assert progress.notes == [f"{spec}: left out 2 broken images, as asked"]
    assert len(dataset.train) + len(dataset.validation) == 28


def test_a_class_whose_images_are_all_broken_is_named(tmp_path):
    rows = table(12).cast_column("picture", hf.Image(decode=False)).to_dict()
    rows["picture"] = [None if kind == 1 else cell for cell, kind in zip(rows["picture"], rows["kind"], strict=True)]
    features = hf.Features({"picture": hf.Image(), "kind": hf.ClassLabel(names=NAMES)})
    spec = write(tmp_path / "bad", train=hf.Dataset.from_dict(rows, features=features), test=table(3))
    with pytest.raises(DatasetError, match=r"Every (train|validation) image of class 'dog' in hub:.*bad is broken"):
        load(spec, skip_broken=True)


def test_a_data_set_without_images_is_a_sentence(tmp_path):
    text = hf.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    with pytest.raises(DatasetError, match=r"holds no images.*Its columns are text \(string\), label \(int64\)"):
        load(write(tmp_path / "text", train=text))


def test_one_image_of_a_class_is_a_sentence(tmp_path):
    with pytest.raises(DatasetError, match="Class 'owl' has too few images"):
        load(write(tmp_path / "few", train=table(5), test=table(3)))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("hub:uoft-cs/cifar10", r"hub:uoft-cs/cifar10 cannot be loaded: .*(ffline|reach).* Check the network"),
        ("hub:./nothing-here", r"cannot be loaded: .* Expected a folder of images or of Parquet files"),
    ],
)
def test_what_cannot_be_loaded_is_a_sentence(spec, words):
    with pytest.raises(DatasetError, match=words):
        load(spec)


@pytest.mark.parametrize("spec", ["hub", "hub:", "hub:#label", "hub:a/b#", "hub:a/b@"])
def test_a_name_that_is_none_is_a_sentence(spec):
    with pytest.raises(UsageError, match="hub"):
        load(spec)


def test_the_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"'datasets', which is not installed.*edgekit-toolkit\[hub\]"):
        load("hub:uoft-cs/cifar10")


def test_the_command_shows_it(tmp_path, capsys):
    spec = write(tmp_path / "pets", train=table(9), test=table(3))
    assert run(["datasets", spec]) == 0
    assert "hub:pets: 3 classes, RGB images of 32 x 32 pixels" in capsys.readouterr().out
