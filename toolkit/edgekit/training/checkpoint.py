"""Everything that a training needs to continue, as plain arrays and one JSON text, in one file.

Knows no network: it is given lists of variables and callbacks. The file is replaced in one step, so a
killed process leaves the one of the epoch before.
"""

import importlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from edgekit.foundation.atomic_files import atomic_path
from edgekit.foundation.errors import TrainingError, first_line_of
from edgekit.foundation.files.npz_files import DAMAGE, open_arrays
from edgekit.foundation.files.schema import conform
from edgekit.training.identity import Identity

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

_SCALARS = (bool, int, float, str, type(None))
_FUNCTION = "function"
_OPERATIONS = ("keras.ops", "keras.src.ops")
"""Where the functions of Keras lie that a callback may keep; nothing else is imported for a checkpoint."""


class _Meta(TypedDict):
    """What is no array in the file of a checkpoint; see `Checkpoint`."""

    identity: Identity
    history: tuple[dict[str, float], ...]
    is_over: bool
    scalars: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """A training after some whole epochs.

    Attributes:
        identity: What the training is; see identity.py.
        history: One row per epoch, as in history.csv.
        is_over: No epoch is left: all are done, or a callback has stopped the training.
        scalars: Of each callback: attribute -> number, text or None, or the name of a function of Keras.
        arrays: "variables.0", "optimizer.0", "callback.0.best_weights.0" and so on.
    """

    identity: Identity
    history: tuple[dict[str, float], ...]
    is_over: bool
    scalars: tuple[dict[str, Any], ...]
    arrays: "Arrays"

    @property
    def epochs(self) -> int:
        """Whole epochs that are done."""
        return len(self.history)

    def save(self, path: Path) -> None:
        """Write to `path` in one step; raises RunFolderError if there is no space, and the old file stays."""
        import numpy as np

        meta = {
            "identity": self.identity,
            "history": self.history,
            "is_over": self.is_over,
            "scalars": self.scalars,
        }
        with atomic_path(path, is_durable=True) as temporary:
            np.savez(temporary, allow_pickle=False, meta=np.array(json.dumps(meta)), **self.arrays)

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Read what `save` wrote; raises TrainingError if it is damaged or cannot be read."""
        return cls.read(read_bytes(path), path)

    @classmethod
    def read(cls, content: bytes, path: Path) -> "Checkpoint":
        """As `load`, from the content of the file `path`, which may lie on another machine."""
        try:
            with open_arrays(io.BytesIO(content)) as file:
                arrays = {name: file[name] for name in file}
            meta = conform(_Meta, json.loads(str(arrays.pop("meta"))))
        except DAMAGE as error:
            raise _damaged(path, error) from error
        return cls(
            identity=meta["identity"],
            history=meta["history"],
            is_over=meta["is_over"],
            scalars=meta["scalars"],
            arrays=arrays,
        )


def read_bytes(path: Path) -> bytes:
    """The content of a checkpoint; raises TrainingError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"The checkpoint {path} is damaged ({first_line_of(error)}), so its training cannot continue. Restore the "
        f"file, "
        f"or start over in another folder with --out."
    )


def arrays_of(prefix: str, variables: Sequence["keras.Variable"]) -> dict[str, "NDArray[np.generic]"]:
    """The values of Keras variables under numbered names."""
    import keras

    return {f"{prefix}.{number}": keras.ops.convert_to_numpy(variable) for number, variable in enumerate(variables)}


def assign(prefix: str, arrays: "Arrays", variables: Sequence["keras.Variable"]) -> None:
    """Give `variables` the values that `arrays_of` took; raises TrainingError if they do not fit."""
    for number, variable in enumerate(variables):
        value = arrays.get(f"{prefix}.{number}")
        if value is None or value.shape != tuple(variable.shape):
            name = getattr(variable, "path", variable.name)  # TensorFlow's own variables have no path
            found = "nothing for it" if value is None else f"shape {value.shape}"
            raise TrainingError(
                f"The checkpoint does not fit the network: '{name}' has shape {tuple(variable.shape)}, the "
                f"checkpoint {found}. Was it written by another version of Keras? Start "
                f"over in another folder with --out."
            )
        variable.assign(value)


def callback_scalars(callback: "keras.callbacks.Callback") -> dict[str, Any]:
    """The numbers, texts, Nones and functions of Keras among a callback's attributes: counters, best values."""
    import numpy as np

    values = {name: v.item() if isinstance(v, np.generic) else v for name, v in vars(callback).items()}
    scalars = {name: value for name, value in values.items() if isinstance(value, _SCALARS)}
    return scalars | {name: {_FUNCTION: text} for name, value in values.items() if (text := _function_name(value))}


def callback_arrays(number: int, callback: "keras.callbacks.Callback") -> dict[str, "NDArray[np.generic]"]:
    """The lists of arrays among a callback's attributes, such as EarlyStopping's best weights."""
    return {
        f"callback.{number}.{name}.{index}": array
        for name, value in vars(callback).items()
        if _is_list_of_arrays(value)
        for index, array in enumerate(value)
    }


def restore_callback(number: int, callback: "keras.callbacks.Callback", checkpoint: Checkpoint) -> None:
    """Give a callback the state that it had at the end of the checkpoint's last epoch.

    Raises:
        TrainingError: The checkpoint is of other callbacks, or would replace what a callback does.
    """
    scalars = checkpoint.scalars[number] if number < len(checkpoint.scalars) else {}
    for name, value in scalars.items():
        setattr(callback, _state_name(callback, name), _scalar(value))
    prefix = f"callback.{number}."
    lists: dict[str, list[NDArray[np.generic]]] = {}
    for key, array in checkpoint.arrays.items():
        if key.startswith(prefix):
            lists.setdefault(key.removeprefix(prefix).rpartition(".")[0], []).append(array)
    for name, arrays in lists.items():
        setattr(callback, _state_name(callback, name), arrays)


def _state_name(callback: "keras.callbacks.Callback", name: str) -> str:
    """The attribute `name` of the checkpoint, if it is state and no method; raises TrainingError."""
    if not name.isidentifier() or callable(getattr(type(callback), name, None)):
        raise TrainingError(
            f"The checkpoint names {name[:80]!r} of a {type(callback).__name__}, which is not part of its state. It "
            f"was not written by edgekit: start over in another folder with --out."
        )
    return name


def _scalar(value: Any) -> Any:
    """What stands for a value in a checkpoint: itself, or the function that it names."""
    if isinstance(value, dict):
        return _function(str(value.get(_FUNCTION)))
    return value if isinstance(value, _SCALARS) else None


def _is_list_of_arrays(value: object) -> bool:
    import numpy as np

    return isinstance(value, list) and len(value) > 0 and all(isinstance(item, np.ndarray) for item in value)


def _function_name(value: object) -> str | None:
    """Where a function of Keras lives, "module:name"; None for anything else.

    Callbacks that watch a metric keep `keras.ops.less` or `greater` from their first epoch on, and turn the
    sign of their `min_delta` when they choose it, so the choice is part of their state.
    """
    module, name = getattr(value, "__module__", None) or "", getattr(value, "__qualname__", None) or ""
    is_function = callable(value) and module.startswith(_OPERATIONS) and name.isidentifier()
    return f"{module}:{name}" if is_function else None


def _function(text: str) -> Any:
    module, _, name = text.partition(":")
    try:
        return getattr(importlib.import_module(module), name) if module.startswith(_OPERATIONS) else None
    except (ImportError, AttributeError) as error:
        raise TrainingError(
            f"The checkpoint names {text}, which this version of Keras does not have. Resume with the version that "
            f"is named in manifest.json, or start over in another folder with --out."
        ) from error
