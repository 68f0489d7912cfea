"""Labels from CSV files: separators, headers, columns, and everything that can be wrong with them."""

from contextlib import suppress

import numpy as np
import pytest
from PIL import Image
from support.helpers import Listening

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError, UsageError

NAMES = ("ant", "bee")


@pytest.fixture
def root(tmp_path):
    """40 images in images/; the red value is the number, even numbers are ants."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    for number in range(40):
        Image.new("RGB", (5, 4), (number, 7, 9)).save(tmp_path / "set" / "images" / f"{number:03}.png")
    return tmp_path / "set"


@pytest.fixture
def load(tmp_path):
    def load(spec, **options):
        return load_dataset(spec, DatasetRequest(cache_dir=tmp_path / "cache", **options))

    return load


def rows(separator=",", name="images/{:03}.png", label=lambda number: NAMES[number % 2], extra=lambda number: ""):
    return [f"{name.format(n)}{separator}{label(n)}{extra(n)}" for n in range(40)]


def write(path, lines, header=None, encoding="utf-8", end="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(([header] if header else []) + lines) + end).encode(encoding))
    return f"csv:{path}"


def check(dataset, class_names=NAMES):
    assert dataset.class_names == class_names
    parts = (dataset.train, dataset.validation, dataset.test)
    assert sum(map(len, parts)) == 40
    for part in parts:
        assert (part.images[:, 0, 0, 0] % 2).tolist() == part.labels.tolist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ", "])
@pytest.mark.parametrize("header", [None, "file_name{}label", "Image Name{}class"])
def test_any_separator_with_and_without_a_header(root, load, separator, header):
    spec = write(root / "labels.csv", rows(separator), header and header.format(separator))

    check(load(spec))


@pytest.mark.parametrize(("encoding", "end"), [("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("utf-8", "\r")])
def test_files_of_spreadsheets(root, load, encoding, end):
    check(load(write(root / "labels.csv", rows(";"), "file;label", encoding, end)))


@pytest.mark.parametrize("name", ["images/{:03}.png", "{:03}.png", "{:03}", "./images/{:03}.png", "images\\{:03}.png"])
def test_files_by_path_by_name_and_without_suffix(root, load, name):
    check(load(write(root / "labels.csv", rows(name=name), "id,species")))


def test_a_list_with_blanks_between_path_and_number(root, load):
    spec = write(root / "all.txt", rows(" ", label=lambda n: n % 2))

    check(load(spec), ("0", "1"))


def test_blanks_in_file_names_are_kept(root, load):
    for path in (root / "images").iterdir():
        path.rename(path.with_name(f"photo no {path.name}"))

    check(load(write(root / "labels.csv", rows(name="images/photo no {:03}.png"))))


def test_files_alone_have_their_folder_as_class(root, load):
    for number in range(40):
        folder = root / "images" / NAMES[number % 2]
        folder.mkdir(exist_ok=True)
        (root / "images" / f"{number:03}.png").rename(folder / f"{number:03}.png")
    lines = [f"images/{NAMES[n % 2]}/{n:03}" for n in range(40)]

    check(load(write(root / "all.txt", lines)))


def test_whole_numbers_are_ordered_as_numbers(root, load):
    dataset = load(write(root / "labels.csv", rows(label=lambda n: n % 11)))

    assert dataset.class_names == tuple(map(str, range(11)))


@pytest.mark.parametrize("words", [("train", "val", "test"), ("Training", "Valid", "TEST")])
def test_a_column_of_splits_is_used(root, load, words):
    def split_of(number):
        return f",{words[0 if number < 20 else 1 if number < 30 else 2]}"

    for header in ("file,label,split", None):
        dataset = load(write(root / "labels.csv", rows(extra=split_of), header))
        check(dataset)
        assert dataset.test.images[:, 0, 0, 0].min() == 30
        assert (len(dataset.train), len(dataset.validation)) == (20, 10)


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tsv"])
def test_one_list_per_split(root, load, suffix):
    for name, part in (("train", slice(0, 20)), ("val", slice(20, 30)), ("test", slice(30, 40))):
        write(root / f"{name}{suffix}", rows("\t" if suffix == ".tsv" else ",")[part])

    dataset = load(f"csv:{root}")

    check(dataset)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (20, 10, 10)


def test_files_in_folders_of_splits_are_split_so(root, load):
    for number in range(40):
        folder = root / ("train" if number < 30 else "test")
        folder.mkdir(exist_ok=True)
        (root / "images" / f"{number:03}.png").rename(folder / f"{number:03}.png")

    dataset = load(write(root / "labels.csv", rows(name="{:03}.png")))

    check(dataset)
    assert sorted(dataset.test.images[:, 0, 0, 0].tolist()) == list(range(30, 40))


def test_the_column_of_labels_can_be_named(root, load):
    spec = write(root / "labels.csv", rows(extra=lambda n: f",{n % 3}"), "file,species,age")

    with pytest.raises(
        DatasetError, match=r"2 columns that may hold the labels: 2 \(species\) and 3 \(age\).*#species"
    ):
        load(spec)
    check(load(f"{spec}#species"))
    check(load(f"{spec}#2"))
    assert load(f"{spec}#age").class_names == ("0", "1", "2")
    with pytest.raises(DatasetError, match=r"no column of labels 'colour'\. There are: 2 \(species\), 3 \(age\)"):
        load(f"{spec}#colour")


def test_numbers_that_some_images_are_called_are_not_the_files(root, load):
    """Rows 1 to 39 of a column `id` name images as well, without their suffix, but another column names all."""
    lines = [f"{n + 1:03},images/{n:03}.png,{NAMES[n % 2]}" for n in range(40)]
    dataset = load(write(root / "labels.csv", lines, header="id,foo,label"))
    assert dataset.class_names == NAMES
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 40


def test_metadata_beside_the_images_takes_the_place_of_class_folders(root, load):
    write(root / "metadata.csv", rows(), "file_name,label")
    progress = Listening()

    dataset = load(f"folder:{root}", progress=progress)

    check(dataset)
    assert dataset.name == "folder"
    assert f"{root}: labels from metadata.csv" in progress.notes


def test_metadata_in_the_folders_of_the_splits(root, load):
    for name, numbers in (("train", range(30)), ("test", range(30, 40))):
        lines = []
        for number in numbers:
            (root / name).mkdir(exist_ok=True)
            (root / "images" / f"{number:03}.png").rename(root / name / f"{number:03}.png")
            lines.append(f"{number:03}.png,{NAMES[number % 2]}")
        write(root / name / "metadata.csv", lines, "file_name,label")
    (root / "images").rmdir()

    dataset = load(f"folder:{root}")

    check(dataset)
    assert len(dataset.test) == 10


def test_metadata_without_labels_is_ignored_with_a_note(root, load):
    for number in range(40):
        (root / NAMES[number % 2]).mkdir(exist_ok=True)
        (root / "images" / f"{number:03}.png").rename(root / NAMES[number % 2] / f"{number:03}.png")
    (root / "images").rmdir()
    write(root / "metadata.csv", ["a.png,a photograph"], "file_name,caption")
    progress = Listening()

    check(load(f"folder:{root}", progress=progress))
    assert any("metadata.csv: ignored: no columns file_name and label" in note for note in progress.notes)


def missing(lines):
    lines[3], lines[9] = "images/gone.png,ant", "images/away.png,bee"


def two_labels(lines):
    lines.append("images/004.png,bee")


def no_label(lines):
    lines[5] = "images/005.png,"


def ragged(lines):
    lines[7] += ",more"


def short(lines):
    lines[7] = "images/007.png"


def one_class(lines):
    lines[:] = [line.replace("bee", "ant") for line in lines]


def quotes(lines):
    lines[2] = '"images/002.png,ant'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (missing, r"2 images that .*labels\.csv lists are missing.*: images/gone\.png \(4\), images/away\.png \(10\)"),
        (two_labels, r"images/004\.png has the label 'ant' in .*line 5 and 'bee' in .*line 41.*not supported yet"),
        (no_label, r"Line 6 of .* has no label: images/005\.png"),
        (ragged, r"Line 8 of .* has 3 cells, the first row 2.*quotation marks"),
        (short, r"Line 8 of .* has 1 cell, the first row 2"),
        (one_class, r"at least two classes; data set 'csv' has 1: ant"),
        (lambda lines: lines.clear(), r"labels\.csv is empty"),
        (quotes, r"cells?, the first row 2|cannot be read as CSV|missing"),
        (lambda lines: lines.__setitem__(slice(None), ["x,y", "z,w"]), r"No column of .* names images in .*'z', 'w'"),
    ],
)
def test_what_is_wrong_with_a_table_is_a_sentence(root, load, tmp_path, change, message):
    lines = rows()
    change(lines)

    with pytest.raises(DatasetError, match=message):
        load(write(root / "labels.csv", lines))
    assert not (tmp_path / "cache").exists()


def test_missing_files_are_left_out_on_request(root, load):
    lines = rows()
    missing(lines)
    progress = Listening()

    dataset = load(write(root / "labels.csv", lines), skip_broken=True, progress=progress)

    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 38
    assert f"{root}: left out 2 missing images, as asked" in progress.notes


def test_a_row_that_is_there_twice_counts_once(root, load):
    lines = [*rows(), "images/004.png,ant"]
    progress = Listening()

    check(load(write(root / "labels.csv", lines), progress=progress))
    assert any("1 row listed twice" in note for note in progress.notes)


def test_an_image_in_two_splits_is_rejected(root, load):
    write(root / "train.csv", rows()[:30])
    write(root / "test.csv", rows()[29:])

    with pytest.raises(DatasetError, match=r"images/029\.png lies in the train split .* and in the test split"):
        load(f"csv:{root}")


def test_a_label_that_only_one_split_has_is_named(root, load):
    write(root / "train.csv", rows()[:30])
    write(root / "test.csv", [*rows()[30:39], "images/039.png,wasp"])

    with pytest.raises(DatasetError, match=r"The train and test images .* train is without wasp"):
        load(f"csv:{root}")


def test_an_unknown_split_is_named(root, load):
    spec = write(root / "labels.csv", rows(extra=lambda n: ",query"), "file,label,split")

    with pytest.raises(DatasetError, match=r"Line 2 .* names the split 'query'. Expected train, validation or test"):
        load(spec)


def test_splits_without_test_images_are_rejected(root, load):
    spec = write(root / "labels.csv", rows(extra=lambda n: f",{('train', 'val')[n // 2 % 2]}"), "file,label,split")

    with pytest.raises(DatasetError, match="lists images for train and validation, but none for test"):
        load(spec)


def test_one_column_per_class_is_not_supported(root, load):
    spec = write(root / "_classes.csv", rows(label=lambda n: f"{1 - n % 2},{n % 2}"), "filename,ant,bee")

    with pytest.raises(DatasetError, match="One column of 0 and 1 per class is not supported"):
        load(spec)


def test_a_name_that_two_images_have_is_not_guessed(root, load):
    (root / "more").mkdir()
    Image.new("RGB", (5, 4)).save(root / "more" / "007.png")

    with pytest.raises(DatasetError, match=r"1 image .* is missing .* or not the only one of that name .*007\.png"):
        load(write(root / "labels.csv", rows(name="{:03}.png")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Größe,ant".encode("latin-1"), "not text in UTF-8: byte 2 is 0xf6.*iconv"),
        (b"a\0b,c\n", "contains zero bytes"),
        (b"\xff\xfea", "not text in UTF-8"),
    ],
)
def test_what_is_no_text_is_a_sentence(root, load, content, message):
    (root / "labels.csv").write_bytes(content)

    with pytest.raises(DatasetError, match=message):
        load(f"csv:{root}/labels.csv")


def test_missing_tables_are_a_sentence(root, load):
    with pytest.raises(DatasetError, match=r"There is no file .*labels\.csv. Expected a CSV file"):
        load(f"csv:{root}/labels.csv")
    with pytest.raises(DatasetError, match=r"holds no list of test images. Expected test\.csv .*; received none"):
        load(f"csv:{root}")
    with pytest.raises(UsageError, match="needs a path"):
        load("csv")
    for name in ("test.csv", "test.txt"):
        write(root / name, rows())
    with pytest.raises(DatasetError, match=r"holds test\.csv and test\.txt, so it is not clear"):
        load(f"csv:{root}")


def test_no_damage_to_a_table_is_a_traceback(root, load):
    dice = np.random.default_rng(0)
    whole = "\n".join(["file,label,split", *rows(extra=lambda n: f",{('train', 'test')[n % 4 // 2]}")]).encode()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.integers(1, 6)):
            damaged[dice.integers(len(damaged))] = dice.choice([0, 10, 13, 34, 44, 59, 255, dice.integers(256)])
        (root / "labels.csv").write_bytes(damaged)
        with suppress(DatasetError):
            load(f"csv:{root}/labels.csv", skip_broken=True)
