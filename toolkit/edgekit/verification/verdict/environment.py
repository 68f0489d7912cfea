"""The machine and versions of a verification. No host name, no path, no user."""

import platform
from dataclasses import dataclass
from typing import Any

from edgekit import __version__
from edgekit.foundation.machine import Machine, this_machine


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Machine and versions; those of the runtimes are in their rows.

    Attributes:
        edgekit: Version of edgekit.
        python: Version of Python.
        machine: The machine.
    """

    edgekit: str
    python: str
    machine: Machine

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"edgekit": self.edgekit, "python": self.python, "machine": self.machine.to_dict()}


def this_environment() -> Environment:
    """Describe this process and its machine."""
    return Environment(edgekit=__version__, python=platform.python_version(), machine=this_machine())
