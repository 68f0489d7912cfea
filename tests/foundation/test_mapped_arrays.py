"""Where mapped arrays lie, and that going through them keeps nothing in memory."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgekit.foundation import mapped_arrays as module
from edgekit.foundation.mapped_arrays import images_at_once, pieces, place_of, put_together, release, rows_at


def test_pieces_cover_every_row_once() -> None:
    assert [(one.start, one.stop) for one in pieces(10, size=4)] == [(0, 4), (4, 8), (8, 10)]
    assert list(pieces(0)) == []


def test_wide_rows_come_in_smaller_pieces() -> None:
    narrow, wide = np.zeros((40_000, 10), np.float32), np.zeros((40_000, 1000), np.float32)
    assert next(pieces(40_000, narrow)).stop == 4096
    assert next(pieces(40_000, narrow, wide)).stop == 131
    assert next(pieces(40_000, np.zeros((0, 10**6), np.uint8))).stop == 4096


def test_rows_of_a_file_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npy"
    array = np.arange(30_000).reshape(10_000, 3)
    np.save(path, array)
    places = np.random.default_rng(0).permutation(np.arange(10_000, dtype=np.int32))[:7000]
    for span in (module.SPAN, 1000):
        monkeypatch.setattr(module, "SPAN", span)
        for source in (np.load(path, mmap_mode="r"), array):
            assert np.array_equal(rows_at(source, places), array[places])
            assert rows_at(source, places[:0]).shape == (0, 3)


def test_parts_become_one_array_in_memory_or_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.arange(900, dtype=np.float32).reshape(300, 3)

    def parts():
        return (whole[piece] for piece in pieces(300, size=128))

    assert type(put_together(parts, whole.shape, whole.dtype)) is np.ndarray
    monkeypatch.setattr(module, "LARGE", 1000)
    in_file = put_together(parts, whole.shape, whole.dtype)
    assert isinstance(in_file, np.memmap)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    without_room = put_together(parts, whole.shape, whole.dtype)
    assert type(without_room) is np.ndarray
    assert np.array_equal(in_file, whole)
    assert np.array_equal(without_room, whole)


def test_places_of_whole_arrays_and_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(3000, dtype=np.int64).reshape(1000, 3))
    mapped = np.load(path, mmap_mode="r")
    start = path.stat().st_size - 24_000
    assert place_of(mapped) == (path, start)
    assert place_of(mapped[500:700]) == (path, start + 500 * 24)
    assert place_of(mapped[:, 1]) is None
    assert place_of(np.array(mapped)) is None
    assert place_of(np.load(path, mmap_mode="c")) is None
    assert place_of(np.load(path, mmap_mode="r+")) is None


def test_released_arrays_still_hold_what_they_held(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(100_000))
    for mode in ("r", "c", None):
        array = np.load(path, mmap_mode=mode)
        if mode == "c":
            array[5] = -1
        release(array)
        release(array[3:])
        assert array[5] == (-1 if mode == "c" else 5)
        assert array.sum() == sum(range(100_000)) - (6 if mode == "c" else 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_file_is_read_in_the_memory_of_a_piece(tmp_path: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    path = tmp_path / "large.npy"
    np.lib.format.open_memmap(path, "w+", np.uint8, (200_000, 500)).flush()
    mapped = np.load(path, mmap_mode="r")
    before, highest, total = resident(), 0, 0
    for piece in pieces(len(mapped), mapped, size=5000):
        total += int(mapped[piece].sum())
        highest = max(highest, resident())
    assert total == 0
    assert highest - before < 60_000_000


@pytest.mark.parametrize(
    ("side", "most", "count"), [(32, 64, 64), (64, 64, 64), (128, 64, 16), (224, 64, 5), (224, 4, 4), (2000, 64, 1)]
)
def test_images_at_once_by_hand(side: int, most: int, count: int) -> None:
    """262,144 pixels together: 262,144 / 224 / 224 = 5.2; at least one image, however large."""
    assert images_at_once((side, side, 3), most) == count
