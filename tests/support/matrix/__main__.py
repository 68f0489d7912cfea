"""`PYTHONPATH=tests python -m support.matrix [NAME…]` measures these kinds, or all, and writes the page."""

import sys
import tempfile
import time
from pathlib import Path

from support.matrix.kinds import KINDS
from support.matrix.measuring import measured
from support.matrix.page import PAGE, committed_rows, document, row_of


def main(names: list[str]) -> None:
    """Rows that are not measured stay as they are on the page."""
    known = {kind.name for kind in KINDS}
    if unknown := set(names) - known:
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(known))}")
    rows = committed_rows()
    for kind in KINDS:
        if names and kind.name not in names:
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            rows[kind.name] = row_of(measured(kind, Path(folder)))
        print(f"{time.monotonic() - started:5.1f} s  {' | '.join(rows[kind.name])}", flush=True)
        PAGE.write_text(document(rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
