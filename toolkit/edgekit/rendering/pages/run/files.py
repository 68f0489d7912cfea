"""Files of a run that its manifest lists: texts and figures. Each is checked before it is believed."""

from pathlib import Path

from edgekit.rendering.pages.pictures import Picture, png_file
from edgekit.runs.folder import RunFolder


def listed_text(run: RunFolder, name: str) -> str | None:
    """The text of a file that the manifest lists; None if it lists none."""
    if name not in run.manifest["files"]:
        return None
    run.check_file(Path(name))
    return (run.path / name).read_text(encoding="utf-8")


def listed_pictures(run: RunFolder, words: dict[str, str]) -> tuple[Picture, ...]:
    """The figures that the run has; `words` gives the name of each, without its suffix, and what it shows."""
    found = [_picture(run, name, said) for name, said in words.items()]
    return tuple(one for one in found if one is not None)


def _picture(run: RunFolder, name: str, words: str) -> Picture | None:
    relative = Path("figures") / f"{name}.png"
    if relative.as_posix() not in run.manifest["files"]:
        return None
    run.check_file(relative)
    return png_file(run.path / relative, words)
