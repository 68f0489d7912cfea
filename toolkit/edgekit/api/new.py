"""`edgekit.new`: a project folder to start from."""

from pathlib import Path

from edgekit.api.arguments import AnyPath, public
from edgekit.project.making import Project, make_project


@public
def new(name: AnyPath) -> Project:
    """Write a project folder: a recipe to edit, a folder for images, a Makefile, and a workflow that gates drift.

    Args:
        name: The new folder; its last part is the name of the project.

    Returns:
        The project.

    Raises:
        UsageError: The name cannot be used, or the folder is not empty.
        RunFolderError: The folder cannot be written.
    """
    return make_project(Path(name))
