"""Small .npz files with arrays that claim very much: only a header and zeros, which pack to nothing."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**24


def write_claims(path: Path, *, claims: dict[str, tuple[str, tuple[int, ...]]], **arrays: NDArray[Any]) -> Path:
    """An .npz of `arrays`, and of `claims`: name -> (type, shape), whose header is there and whose content is cut off.

    The archive says that the content is whole, so that only who unpacks it finds out that it is not.
    """
    np.savez(path, **arrays)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, (dtype, shape) in claims.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
                header = file._file_size  # type: ignore[attr-defined]
            archive.getinfo(f"{name}.npy").file_size = header + int(np.prod(shape)) * np.dtype(dtype).itemsize
    return path
