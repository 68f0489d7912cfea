"""What tests of bundles share: the committed run, and reading a zip."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.helpers import ROOT

RESNET8 = ROOT / "exported" / "resnet8"

ZipMaker = Callable[[Mapping[str, bytes | None]], Path]


def contents(path: Path) -> dict[str, bytes]:
    """Path below the bundle's folder -> content."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def golden(path: Path) -> dict[str, Any]:
    """golden.json."""
    document: dict[str, Any] = json.loads(contents(path)["golden/golden.json"])
    return document
