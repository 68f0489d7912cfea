"""The float model's scores on the test split: what every candidate is compared with."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.atomic_files import atomic_path
from edgekit.foundation.errors import RunFolderError, first_line_of
from edgekit.foundation.files.npz_files import DAMAGE, ArrayFile, open_arrays
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import LARGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The float model's answers on the test split: what every candidate is compared with.

    Attributes:
        scores: float32 (N, C), one row per image, in the order of the test split; probabilities.
        labels: int64 (N,), the true classes, 0 to C - 1.
        dataset_sha256: `Dataset.sha256` of the data set whose test split was scored.
        class_names: C names, in the order of the columns of `scores`.
    """

    scores: "NDArray[np.float32]"
    labels: "NDArray[np.int64]"
    dataset_sha256: str
    class_names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write as `.npz`, atomically."""
        import numpy as np

        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                scores=self.scores,
                labels=self.labels,
                dataset_sha256=np.array(self.dataset_sha256),
                class_names=np.array(self.class_names),
            )

    @classmethod
    def load(cls, path: Path) -> "Reference":
        """Read what `save` wrote; raises RunFolderError if it is missing, broken or inconsistent."""
        try:
            with open_arrays(path) as arrays:
                return cls._from_arrays(path, arrays)
        except FileNotFoundError as error:
            raise RunFolderError(f"There is no reference {path}. Expected a reference.npz of edgekit train.") from error
        except DAMAGE as error:
            raise RunFolderError(
                f"{path} is not a reference that edgekit wrote ({first_line_of(error)}). Expected an .npz with scores, "
                f"labels, dataset_sha256 and class_names. Train again, or restore the file."
            ) from error

    @classmethod
    def _from_arrays(cls, path: Path, arrays: ArrayFile) -> "Reference":
        import numpy as np

        _check_counts(path, arrays)
        scores, labels, names = _scores_in(arrays), arrays["labels"], arrays["class_names"]
        kinds = (scores.dtype.kind, labels.dtype.kind, names.dtype.kind)
        if kinds not in (("f", "i", "U"), ("f", "u", "U")) or labels.ndim != 1 or names.ndim != 1:
            raise RunFolderError(
                f"{path} is not a reference that edgekit wrote: scores are {scores.dtype}, labels {labels.dtype} of "
                f"shape {labels.shape}, class names {names.dtype} of shape {names.shape}. Expected numbers, whole "
                f"numbers and a list of texts. Train again, or restore the file."
            )
        if scores.shape != (len(labels), len(names)):
            raise RunFolderError(
                f"{path} contradicts itself: scores of shape {scores.shape} for {counted(len(labels), 'label')} "
                f"and {counted(len(names), 'class')}. Restore the file or train again."
            )
        return cls(
            scores=scores.astype(np.float32, copy=False),
            labels=labels.astype(np.int64, copy=False),
            dataset_sha256=str(arrays["dataset_sha256"]),
            class_names=tuple(str(name) for name in names),
        )


def _check_counts(path: Path, arrays: ArrayFile) -> None:
    """Raise RunFolderError if there are other numbers of labels and names than of scores; unpacks nothing."""
    scores, labels, names = (arrays.header(name).shape for name in ("scores", "labels", "class_names"))
    is_list = len(scores) == 2 and len(labels) == len(names) == 1
    if is_list and scores != (*labels, *names):
        raise RunFolderError(
            f"{path} contradicts itself: scores of shape {scores} for {counted(labels[0], 'label')} "
            f"and {counted(names[0], 'class')}. Restore the file or train again."
        )


def _scores_in(arrays: ArrayFile) -> Any:
    """The array `scores` of an open .npz; a large one as a mapped file without a name, if there is room for it."""
    import shutil

    import numpy as np

    member = arrays.members.get("scores")
    if member is None or member.file_size < LARGE:
        return arrays["scores"]
    header = arrays.header("scores")
    if header.is_fortran:
        return arrays["scores"]
    try:
        with tempfile.TemporaryFile(prefix="edgekit-") as file, arrays.zip.open(member) as packed:
            shutil.copyfileobj(packed, file, 2**20)
            file.flush()
            return np.memmap(file, dtype=header.dtype, mode="r", offset=header.offset, shape=header.shape)
    except OSError:  # no room: then memory it is
        return arrays["scores"]
