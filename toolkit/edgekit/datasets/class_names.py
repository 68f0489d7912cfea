"""Files of class names, one per line: what people call labels.txt. Knows no data set."""

from pathlib import Path

from edgekit.foundation.errors import UsageError

MAX_BYTES = 2**25
"""Of a file of class names; a hundred thousand names of three hundred letters take no more."""


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in `path`, one per line; empty lines are left out.

    Raises:
        UsageError: The file cannot be read, or holds no name.
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise UsageError(
                f"The labels {path} have {size:,} bytes. Expected one class name per line, at most {MAX_BYTES:,} bytes."
            )
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"The labels {path} cannot be read: {reason}. Expected one class name per line.") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise UsageError(f"The labels {path} hold no name. Expected one class name per line.")
    return names
