"""Python processes of our own: the environment in which they find the edgekit that started them."""

import os
from pathlib import Path

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders in which every Python of an environment looks by itself."""


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment variables, with `changes`, and with the folder that edgekit was imported from."""
    root = Path(__file__).parents[2]
    paths = [os.environ.get("PYTHONPATH", ""), "" if root.name in INSTALLED else str(root)]
    return {**os.environ, **changes, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
