"""Tiny packages with plug-ins, as wheels written without a build tool, and an environment to install them into."""

import base64
import hashlib
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

from support.helpers import ROOT


def write_wheel(
    folder: Path, name: str, code: str, entry_points: Mapping[str, Mapping[str, str]], *, version: str = "1.0"
) -> Path:
    """A wheel of the package `name` whose one module, of the same name in snake case, holds `code`.

    Args:
        folder: Where to write it.
        name: As pip calls it: "edgekit-noise".
        code: The module.
        entry_points: Group -> name -> target.
        version: Its version.
    """
    module = name.replace("-", "_")
    metadata = f"{module}-{version}.dist-info"
    groups = "\n".join(
        f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in entries.items())
        for group, entries in entry_points.items()
    )
    files = {
        f"{module}.py": code,
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: Made by a test.\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{metadata}/entry_points.txt": groups + "\n",
    }
    records = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{metadata}/RECORD"] = "\n".join([*records, f"{metadata}/RECORD,,"]) + "\n"
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class Environment:
    """An empty environment that borrows edgekit and its libraries by path, and holds what is installed into it.

    Args:
        folder: Where to make it.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        site_packages = next((folder / "lib").glob("python*/site-packages"))
        lent = [str(ROOT / "toolkit"), *(path for path in sys.path if Path(path).name == "site-packages")]
        (site_packages / "lent.pth").write_text("\n".join(lent) + "\n")

    def install(self, *wheels: Path) -> None:
        """Install the wheels with pip, without network and without what they depend on."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--no-index", "--no-deps"]
        subprocess.run([*pip, *map(str, wheels)], check=True, capture_output=True, timeout=300)

    def edgekit(self, *arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """Run `edgekit ARGUMENTS` of this environment."""
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [self.python, "-m", "edgekit", *map(str, arguments)],
            cwd=cwd,
            env=variables,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
