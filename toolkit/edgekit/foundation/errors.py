"""Every error that edgekit raises on purpose; anything else that escapes is a bug.

    EdgekitError                    exit status 1
    ├── UsageError                  exit status 2: the command or the call is wrong
    │   └── UnknownNameError        no such recipe, data set, runtime, precision; suggests the closest
    ├── MissingExtraError           a library of an install extra is not installed
    ├── PluginError                 what another package brings cannot be used
    ├── CacheError                  edgekit's cache folder is not this user's own
    ├── DatasetError                a data set is missing, broken or not the expected one
    ├── RecipeError                 a recipe file does not keep the contract
    ├── TrainingError               training cannot start, continue or be resumed
    ├── CompressionError            a network cannot be pruned, clustered or trained for quantization
    ├── RunFolderError              a run folder is missing, incomplete or was changed by hand
    ├── ArtifactError               a model file is missing, broken, or not what its name says
    │   └── MissingKernelError      a runtime has no kernel for an operator of a file; another one may
    ├── ExportError                 a model cannot be exported as asked
    │   └── CalibrationError        the calibration images do not fit the job
    ├── RuntimeUnavailableError     a runtime cannot work on this machine
    ├── ClientError                 a client's environment cannot be made
    ├── BundleError                 a bundle cannot be made as asked, or cannot be read
    ├── PublishError                the hub refuses, cannot be reached, or nobody is logged in
    └── VerificationError           reference, data and candidates do not belong together

A message says what happened, what was expected, what was received and what to do, in whole
sentences and without a stack trace. A library's own exception is translated where it is caught,
with `raise ... from error`.
"""

import os
from collections.abc import Iterable
from typing import Any


def first_line_of(error: BaseException) -> str:
    """The first line that an exception of a library says, at most 300 characters; else the name of its class."""
    try:
        lines = [line.strip() for line in str(error).splitlines()]
    except Exception:  # noqa: BLE001  a plug-in may raise an exception whose text cannot be had
        lines = []
    return next(filter(None, lines), type(error).__name__)[:300]


def os_error_in_words(error: OSError) -> str:
    """An OSError that nothing else explained, in words: a path without permission, a full disk."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"Something could not be read or written: {reason}. Check the disk, and where the output goes."
    path = os.fsdecode(error.filename)
    return f"{path} cannot be used: {reason}. Check the path, its permissions and the disk."


class EdgekitError(Exception):
    """Base of all errors above. `exit_status` is what the command line ends with."""

    exit_status = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by its message: the constructors of some take other arguments than that."""
        return _restored, (type(self), self.args), self.__dict__ or None


def _restored(kind: type[EdgekitError], args: tuple[object, ...]) -> EdgekitError:
    error = kind.__new__(kind)
    error.args = args
    return error


class UsageError(EdgekitError):
    """The command or the call is wrong."""

    exit_status = 2


class UnknownNameError(UsageError):
    """An unknown name; the message lists the valid ones and suggests the closest.

    Args:
        kind: What was looked for, in words: "runtime", "data set".
        name: What was given.
        known: The valid names.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        import difflib  # here, because every start would wait for it

        names = sorted(known)
        close = difflib.get_close_matches(name.lower(), names, n=1)
        suggestion = f" Did you mean '{close[0]}'?" if close else ""
        super().__init__(f"Unknown {kind} '{name}'.{suggestion} Known: {', '.join(names) or 'none'}.")


class MissingExtraError(EdgekitError):
    """A library that belongs to an install extra is not installed.

    Args:
        needed_for: What wanted it, as a subject: "edgekit train".
        library: The import name that failed.
        extra: The install extra that brings it: "train".
    """

    def __init__(self, needed_for: str, library: str, extra: str) -> None:
        super().__init__(
            f"{needed_for} needs '{library}', which is not installed here. "
            f"Install the extra: pip install 'edgekit-toolkit[{extra}]'."
        )


class PluginError(EdgekitError):
    """What another package brings, by an entry point, cannot be imported or is not what it says."""


class CacheError(EdgekitError):
    """The folder of downloads and decoded images belongs to another user, or others may write into it."""


class PluginWarning(UserWarning):
    """Something that another package brings is ignored; the message names the package and says what to do."""


class DatasetError(EdgekitError):
    """A data set is missing, broken or not the expected one."""


class RecipeError(EdgekitError):
    """A recipe file does not keep the contract of `edgekit.recipe.Recipe`."""


class TrainingError(EdgekitError):
    """Training cannot start, continue or be resumed."""


class CompressionError(EdgekitError):
    """A network cannot be pruned, clustered or trained for quantization."""


class RunFolderError(EdgekitError):
    """A run folder is missing, incomplete or was changed by hand."""


class ArtifactError(EdgekitError):
    """A model file is missing, broken, or not what its name says."""


class MissingKernelError(ArtifactError):
    """A runtime has no kernel for an operator of a file; another runtime may have one."""


class ExportError(EdgekitError):
    """A model cannot be exported as asked."""


class CalibrationError(ExportError):
    """The calibration images do not fit the job."""


class RuntimeUnavailableError(EdgekitError):
    """A runtime cannot work on this machine; the message says why and what would help."""


class ClientError(EdgekitError):
    """The environment of a client cannot be made; the message says why and what to do."""


class BundleError(EdgekitError):
    """A bundle cannot be made as asked, or cannot be read."""


class PublishError(EdgekitError):
    """The hub refuses what is to be published, cannot be reached, or nobody is logged in there."""


class VerificationError(EdgekitError):
    """Reference, data and candidates do not belong together."""
