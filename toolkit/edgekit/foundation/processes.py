"""What this process needs to work at all, and how its child processes find the same edgekit."""

import os
import sys
from pathlib import Path

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders in which every Python of an environment looks by itself."""


MIN_ADDRESS_SPACE = 2**32
"""Bytes of address space below which libraries fail in ways of their own: numpy's threads alone reserve 8 MB each.
With TensorFlow the smallest network takes 3,280 MiB to export, 3,360 to train and 3,640 to compress on 2 processors."""


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment variables, with `changes`, and with the folder that edgekit was imported from."""
    root = Path(__file__).parents[2]
    paths = [os.environ.get("PYTHONPATH", ""), "" if root.name in INSTALLED else str(root)]
    return {**os.environ, **changes, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


_FOREIGN_START = """
import importlib.util, runpy, sys
place = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("edgekit", place + "/__init__.py", submodule_search_locations=[place])
sys.modules["edgekit"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""Finds this edgekit and nothing else of this environment, and runs the module that the second argument names."""


def module_command(module: str, argument: str, python: Path | None) -> list[str]:
    """What runs a module of edgekit as a program.

    Args:
        module: "edgekit.execution.worker.main".
        argument: What it receives.
        python: The Python of another environment, which finds this edgekit there; None: this one's.
    """
    if python is None:
        return [sys.executable, "-P", "-m", module, argument]
    return [str(python), "-P", "-c", _FOREIGN_START, str(Path(__file__).parents[1]), module, argument]


def foreign_environment(**changes: str) -> dict[str, str]:
    """Variables for another environment's Python: it sees no package of this one, and pip installs nothing there."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, **changes, "PYTHONNOUSERSITE": "1", "PIP_NO_INDEX": "1"}


def surroundings_fault() -> str:
    """Why no command can work here, in whole sentences; "" if nothing is wrong."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return "The working directory does not exist any more: it was deleted. Change to another: cd ~"
    except OSError as error:
        return f"The working directory cannot be used: {error.strerror}. Change to another: cd ~"
    return ""


def limited_address_space() -> str:
    """A sentence on a limit of address space (ulimit -v) that may be why something failed; "" if there is none."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):  # Windows has no such limits
        return ""
    if limit in (resource.RLIM_INFINITY, -1) or limit >= MIN_ADDRESS_SPACE:
        return ""
    return (
        f"The address space of this shell is limited to {limit / 2**20:,.0f} MiB, and libraries need up to "
        f"{MIN_ADDRESS_SPACE / 2**20:,.0f} MiB of it. Raise the limit: ulimit -v unlimited"
    )


def with_limit(reason: str) -> str:
    """`reason`, and if there is one, the limit of address space that may be after it."""
    limit = limited_address_space()
    return f"{reason.rstrip('.')}. {limit}" if limit else reason
