import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgekit.foundation.files.npz_files import DAMAGE, open_arrays

ARRAYS: dict[str, NDArray[Any]] = {
    "bytes": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "texts": np.array(["cat", "dog"]),
    "text": np.array("cat"),
    "empty": np.zeros((0, 3), np.int64),
    "nothing": np.array([""]),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_what_numpy_reads(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "x.npz"
    save(path, **ARRAYS)
    with open_arrays(path) as arrays:
        assert list(arrays) == list(ARRAYS)
        for name, expected in ARRAYS.items():
            assert arrays[name].dtype == expected.dtype
            assert np.array_equal(arrays[name], expected)


@pytest.mark.parametrize("place", range(0, 120, 3))
def test_a_flipped_bit_in_an_array_is_found_wherever_it_is(tmp_path: Path, place: int) -> None:
    """In the header of an array too: it may claim fewer bytes, and then zipfile would compare no checksum."""
    path = tmp_path / "x.npz"
    np.savez(path, images=np.zeros((40, 8, 8, 3), np.uint8))
    content = bytearray(path.read_bytes())
    start = content.index(b"\x93NUMPY")
    content[start + place] ^= 1
    path.write_bytes(content)
    with pytest.raises(DAMAGE), open_arrays(path) as arrays:
        arrays["images"]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((10**12,), "an array claims 1,000,000,000,000 bytes, and 4 are there"),
        ((2,), "an array claims 2 bytes, and 4 are there"),
        ((-4,), "an array claims"),
        ((-2, -2), "an array claims 4 bytes, and 4 are there"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_before_memory_is_taken(
    tmp_path: Path, shape: tuple[int, ...], words: str
) -> None:
    path = tmp_path / "x.npz"
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", file.getvalue() + b"abcd")
    with pytest.raises(ValueError, match=words), open_arrays(path) as arrays:
        arrays["x"]


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([{}], object))
    with pytest.raises(ValueError, match="would unpickle"), open_arrays(path) as arrays:
        arrays["x"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_one_of_the_exceptions_that_callers_translate(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, **ARRAYS)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        with open_arrays(path) as arrays:
            for name in arrays:
                arrays[name]
    except DAMAGE:
        pass
