"""Names that tests import: `from helpers import ROOT, EdgekitCommand`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

EdgekitCommand = Callable[..., "subprocess.CompletedProcess[str]"]
"""The fixture `edgekit_command`: runs `edgekit ARGUMENTS` in a process of its own, in the folder `cwd`."""
