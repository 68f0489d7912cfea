import contextlib
import io
import os
import pickle

import numpy as np
import pytest
from support.files.cifar10_writer import make_rows, pickled

from edgekit.datasets.cifar10.safe_pickle import PickledArray, read_pickle
from edgekit.foundation.errors import DatasetError

PIXELS, LABELS = make_rows(0, 1)
CONTENT = {b"labels": LABELS, b"data": PIXELS, b"filenames": [b"a.png"]}


def read(raw):
    return read_pickle(io.BytesIO(raw), "data_batch_1")


@pytest.mark.parametrize("raw", [pickled(CONTENT, python2=True), *(pickled(CONTENT, protocol=n) for n in (2, 3, 4, 5))])
def test_every_way_in_which_such_files_were_written_is_read(raw):
    content = read(raw)

    assert content["labels"] == LABELS
    assert content["filenames"] == [b"a.png"]
    assert isinstance(content["data"], PickledArray)
    assert np.array_equal(content["data"].to_numpy(), PIXELS)


def test_an_array_in_fortran_order_is_read():
    raw = pickled({b"data": np.asfortranarray(PIXELS)})

    assert np.array_equal(read(raw)["data"].to_numpy(), PIXELS)


class Malicious:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (Malicious(os.system, "touch PWNED"), f"{os.system.__module__}.system"),
        (Malicious(eval, "1"), "eval"),
        (Malicious(getattr, "a", "upper"), "getattr"),
        (Malicious(np.load, "x.npy"), "load"),
        (Malicious(np.frombuffer, b"x"), "frombuffer"),
    ],
)
def test_a_pickle_that_asks_for_anything_else_is_refused_by_name(tmp_path, monkeypatch, protocol, attack, named):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DatasetError, match=rf"data_batch_1 was rejected: it asks for '[\w.]*{named}'"):
        read(pickle.dumps({b"data": attack}, protocol=protocol))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),  # its bytes would be taken for addresses
        np.zeros(3),
        np.zeros(3, "datetime64[s]"),
        np.zeros(3, [("field", "u1")]),
    ],
)
def test_arrays_of_anything_but_bytes_are_refused(array):
    with pytest.raises(DatasetError):
        read(pickled({b"data": array}))


@pytest.mark.parametrize(
    "state",
    [
        (1, (9, 9), np.dtype("u1"), False, b"xx"),
        (1, (-1, -2), np.dtype("u1"), False, b"xx"),
        (1, 2, np.dtype("u1"), False, b"xx"),
        (1, (2,), np.dtype("u1"), False, "xx"),
        (1, (2,), None, False, b"xx"),
        (1,),
        "x",
    ],
)
def test_an_array_whose_parts_do_not_fit_is_refused(state):
    class Forged:
        def __reduce__(self):
            return np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), state

    with pytest.raises(DatasetError, match="not a whole CIFAR-10 file"):
        read(pickled({b"data": Forged()}))


def test_other_encodings_are_refused():
    class Forged:
        def __reduce__(self):
            import _codecs

            return _codecs.encode, ("x", "rot13")

    with pytest.raises(DatasetError, match="rot13"):
        read(pickled({b"data": Forged()}))


@pytest.mark.parametrize("python2", [True, False])
def test_every_truncation_is_a_sentence(python2):
    raw = pickled({b"labels": [1, 2], b"data": np.zeros((2, 5), np.uint8)}, python2=python2)

    for length in range(len(raw)):
        with pytest.raises(DatasetError):
            read(raw[:length])


def test_every_damaged_byte_gives_a_sentence_or_a_dictionary():
    raw = pickled({b"labels": [1, 2], b"data": np.zeros((2, 5), np.uint8)})

    for place in range(len(raw)):
        for byte in b"\x00\xff.0(RbcNq}]ets\x93\x81":
            damaged = raw[:place] + bytes([byte]) + raw[place + 1 :]
            with contextlib.suppress(DatasetError):
                assert isinstance(read(damaged), dict)


@pytest.mark.parametrize("content", [[1], None, b"text"])
def test_anything_but_a_dictionary_is_refused(content):
    with pytest.raises(DatasetError, match="Expected a pickled dictionary"):
        read(pickled(content))
