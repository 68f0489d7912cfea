import numpy as np
import pytest

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.errors import DatasetError, UsageError

RNG = np.random.default_rng(0)


def make_arrays(count=20, shape=(4, 5, 3)):
    return {
        "x_train": RNG.integers(0, 256, (count, *shape), np.uint8),
        "y_train": np.arange(count) % 3,
        "x_test": RNG.integers(0, 256, (count, *shape), np.uint8),
        "y_test": np.arange(count) % 2,
    }


@pytest.fixture
def arrays():
    return make_arrays()


@pytest.fixture
def load(tmp_path):
    def write_and_load(arrays, save=np.savez, **request):
        save(tmp_path / "data.npz", **arrays)
        return load_dataset(f"npz:{tmp_path}/data.npz", DatasetRequest(**request))

    return write_and_load


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_become_splits(load, arrays, save):
    dataset = load(arrays, save)

    assert dataset.name == "npz"
    assert dataset.class_names == ("0", "1", "2")
    assert np.array_equal(dataset.test.images, arrays["x_test"])
    assert dataset.test.labels.tolist() == arrays["y_test"].tolist()
    assert (len(dataset.train), len(dataset.validation)) == (17, 3)
    label_of = {image.tobytes(): label for image, label in zip(arrays["x_train"], arrays["y_train"], strict=True)}
    for split in (dataset.train, dataset.validation):
        assert [label_of.pop(image.tobytes()) for image in split.images] == split.labels.tolist()
    assert not label_of


def test_class_names_are_read(load, arrays):
    assert load({**arrays, "class_names": np.array(["a", "bé", "c"])}).class_names == ("a", "bé", "c")
    assert load({**arrays, "class_names": np.array([b"a", b"b", b"c"])}).class_names == ("a", "b", "c")


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "uint64", ">i4"])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_labels_of_any_whole_number_type(load, arrays, dtype, shape):
    expected = load(arrays).sha256

    assert load({**arrays, "y_test": arrays["y_test"].astype(dtype).reshape(shape)}).sha256 == expected


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
def test_gray_stays_gray_unless_rgb_is_asked_for(load, shape):
    arrays = make_arrays(shape=shape)

    assert load(arrays).image_shape == (4, 5, 1)
    dataset = load(arrays, channels=3)

    assert dataset.image_shape == (4, 5, 3)
    assert np.array_equal(dataset.test.images[..., 2], arrays["x_test"].reshape(-1, 4, 5))


def test_without_training_images_it_can_be_verified_on(load, arrays):
    dataset = load({name: arrays[name] for name in ("x_test", "y_test")})

    assert (len(dataset.train), len(dataset.test)) == (0, 20)


def test_only_the_test_split_on_request_has_the_same_hash(load, arrays):
    """Even where the largest label occurs in training only."""
    dataset = load(arrays, test_only=True)

    assert (len(dataset.train), len(dataset.validation)) == (0, 0)
    assert dataset.sha256 == load(arrays).sha256 == load(arrays, seed=4, validation_fraction=0.5).sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_test": np.linspace(0, 1, 1200).reshape(20, 4, 5, 3)}, r"float64 from 0 to 1: store \(x \* 255\)"),
        ({"x_test": np.full((20, 4, 5, 3), 200.5)}, "from 200.5 to 200.5: store the pixels before any normalization"),
        ({"x_test": np.full((20, 4, 5, 3), 200.0)}, r"from 200 to 200: store x\.astype\('uint8'\)"),
        ({"x_test": np.full((20, 4, 5, 3), np.nan)}, "float64 with NaN: store the pixels before any normalization"),
        ({"x_train": np.zeros((20, 4, 5, 3), np.int32)}, r"x_train .* must be uint8.*Received int32: store"),
        ({"x_test": np.zeros((20, 3, 4, 5), np.uint8)}, "looks like channels first"),
        ({"x_test": np.zeros((20, 4, 5, 4), np.uint8)}, "looks like RGBA"),
        ({"x_test": np.zeros((20, 60), np.uint8)}, r"must have the shape .* Received \(20, 60\)\.$"),
        ({"y_test": np.eye(20)}, r"looks one-hot: store y\.argmax\(axis=1\)"),
        ({"y_test": np.arange(20.0)}, r"must hold whole numbers .* Received float64 .*: store y\.astype\('int64'\)"),
        ({"y_test": np.arange(20) > 9}, r"Received bool .*: store y\.astype\('int64'\)"),
        ({"y_test": np.arange(20) / 2}, r"Received float64 of shape \(20,\)\.$"),
        ({"y_test": np.full(20, "cat")}, r"labels of one kind. Received texts in one and whole numbers in the other"),
        ({"y_test": np.zeros((20, 1, 1), int)}, r"of shape \(20, 1, 1\)"),
        (
            {"y_test": np.zeros(19, int)},
            r"x_test and y_test in .* must have one label per image. Received 20 images and 19 labels",
        ),
        ({"y_test": np.full(20, -1)}, "must lie in 0 to 2"),
        ({"y_train": np.full(20, 2**40)}, "go up to 1,099,511,627,776, but there are only 40 images"),
        ({"y_train": np.zeros(20, int), "y_test": np.zeros(20, int)}, "at least two classes"),
        ({"x_test": np.zeros((20, 9, 9, 3), np.uint8)}, r"must be of one size. Received \(4, 5, 3\) in x_train"),
        ({"x_test": np.zeros((0, 4, 5, 3), np.uint8), "y_test": np.zeros(0, int)}, "holds no images"),
        ({"class_names": np.array(["a", "b"])}, "must lie in 0 to 1"),
        ({"class_names": np.array(["a", "b\nc", "d"])}, r"name of one line.* Received 'b\\nc'"),
        ({"class_names": np.array([1, 2, 3])}, "must be a list of texts"),
        ({"class_names": np.array(["a", "b", "c"], object)}, "Object arrays cannot be loaded"),
        ({"class_names": np.array(["a", "b", "a"])}, "same name: a"),
        ({"y_train": None}, "holds no y_train. Expected x_test and y_test"),
        ({"x_test": None, "y_test": None}, "holds no x_test and no y_test"),
    ],
)
def test_arrays_that_do_not_fit_are_a_sentence(load, arrays, changes, message):
    changed = {name: array for name, array in {**arrays, **changes}.items() if array is not None}

    with pytest.raises(DatasetError, match=message):
        load(changed)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"random bytes", b"\x80\x04N."])
def test_a_file_that_is_no_npz_is_a_sentence(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)

    with pytest.raises(DatasetError, match=r"is not an \.npz file, or not a whole one"):
        load_dataset(f"npz:{tmp_path}/x.npz")


def test_a_damaged_npz_is_a_sentence(tmp_path, arrays):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, **arrays)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 15):
        path.write_bytes(whole[:length])
        with pytest.raises(DatasetError):
            load_dataset(f"npz:{path}")
    num_refused = 0
    for place in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            load_dataset(f"npz:{path}")
        except DatasetError:
            num_refused += 1
    assert num_refused > 30


def test_a_single_array_is_a_sentence(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))

    with pytest.raises(DatasetError, match="is a single array"):
        load_dataset(f"npz:{tmp_path}/x.npy")


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(DatasetError, match="There is no file"):
        load_dataset(f"npz:{tmp_path}/x.npz")


def test_without_a_path():
    with pytest.raises(UsageError, match=r"needs a path, as in npz:images\.npz"):
        load_dataset("npz")
