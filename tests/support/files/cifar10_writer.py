"""Writes small CIFAR-10 data in every form in which people have it."""

import io
import pickle
import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def make_rows(seed: int, per_class: int) -> tuple[NDArray[np.uint8], list[int]]:
    """Pixels uint8 (n, 3072) as the files hold them, and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(10), per_class)).tolist()
    return rng.integers(0, 256, (len(labels), 3072), np.uint8), labels


def make_batches(num_train: int = 2, per_class: int = 4) -> dict[str, tuple[NDArray[np.uint8], list[int]]]:
    batches = {f"data_batch_{n + 1}": make_rows(n, per_class) for n in range(num_train)}
    return {**batches, "test_batch": make_rows(99, per_class)}


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]
    """Writes bytes and text as Python 2 wrote its strings: as the official files hold them."""

    dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_string(self, text: Any) -> None:
        raw = text.encode("ascii") if isinstance(text, str) else text
        short = len(raw) < 256
        head = pickle.SHORT_BINSTRING + bytes([len(raw)]) if short else pickle.BINSTRING + struct.pack("<i", len(raw))
        self.write(head + raw)
        self.memoize(text)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def pickled(content: Any, python2: bool = False, protocol: int = 2) -> bytes:
    if not python2:
        return pickle.dumps(content, protocol=protocol)
    file = io.BytesIO()
    Python2Pickler(file, 2).dump(content)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def write_python(
    folder: Path, batches: dict[str, tuple[NDArray[np.uint8], list[int]]], python2: bool = False, protocol: int = 2
) -> Path:
    folder.mkdir(parents=True)
    for name, (pixels, labels) in batches.items():
        content: dict[Any, Any] = {b"batch_label": name.encode(), b"labels": labels, b"data": pixels}
        (folder / name).write_bytes(pickled(content, python2, protocol))
    meta = {b"num_cases_per_batch": 10000, b"label_names": [name.encode() for name in NAMES]}
    (folder / "batches.meta").write_bytes(pickled(meta, python2, protocol))
    return folder


def write_binary(folder: Path, batches: dict[str, tuple[NDArray[np.uint8], list[int]]]) -> Path:
    folder.mkdir(parents=True)
    for name, (pixels, labels) in batches.items():
        rows = np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1)
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    return folder
