"""Loads what writes a page while other work goes on: it takes as long as a quick candidate to run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def loading(package: str) -> Iterator[None]:
    """Import the package of one kind of page, and compile its templates, in a thread while the block runs.

    Args:
        package: "edgekit.rendering.pages.verification", say. Its templates are in the folder of the same name.
    """
    thread = threading.Thread(target=_load, args=(package,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(package: str) -> None:
    from edgekit.rendering.pages.templating import environment

    import_module(package)
    folder = package.rpartition(".")[2]
    for name in environment().list_templates(extensions=["html"]):
        if "/" not in name or name.startswith((f"{folder}/", "macros/")):
            environment().get_template(name)
