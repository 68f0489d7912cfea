"""Loads what writes a page, when the process would only wait: it takes as long as a quick candidate to run."""

from importlib import import_module


def load_page_maker(package: str) -> None:
    """Import the package of one kind of page, and compile its templates.

    Args:
        package: "edgekit.rendering.pages.verification", say. Its templates are in the folder of the same name.
    """
    from edgekit.rendering.pages.templating import environment

    import_module(package)
    folder = package.rpartition(".")[2]
    for name in environment().list_templates(extensions=["html"]):
        if "/" not in name or name.startswith((f"{folder}/", "macros/")):
            environment().get_template(name)
