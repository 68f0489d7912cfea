"""How a run was made: its layers, settings, versions and machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgekit.datasets.images.rule import ImageRule
from edgekit.rendering.pages.run.files import listed_text
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class NetworkSection(Section):
    """The layers, as Keras lists them."""

    template: ClassVar[str] = "run/network.html"
    heading: str = "Network"
    anchor: str = "network"
    layers: str


@dataclass(frozen=True, kw_only=True)
class MadeSection(Section):
    """Settings, versions and machine: groups of names and values."""

    template: ClassVar[str] = "run/provenance.html"
    heading: str = "Provenance"
    anchor: str = "provenance"
    groups: Sequence[Pairs]


def network_section(run: RunFolder) -> NetworkSection | None:
    """The section of a run; None if it has no summary.txt."""
    text = listed_text(run, "summary.txt")
    return None if text is None else NetworkSection(layers=text)


def made_section(manifest: Mapping[str, Any]) -> MadeSection:
    """The section of a run."""
    machine = [_memory_in_words(pair) for pair in _pairs(manifest.get("machine"))]
    groups = [
        _images(manifest.get("dataset")),
        _pairs(manifest.get("settings")),
        _pairs(manifest.get("versions")),
        machine,
    ]
    return MadeSection(groups=[group for group in groups if group])


def _images(dataset: Any) -> Pairs:
    """What the network sees: size, channels, how image files were resized, and what else was done to them."""
    shape = dataset.get("image_shape") if isinstance(dataset, Mapping) else None
    if not isinstance(shape, list) or len(shape) != 3:
        return []
    pairs = [("images", f"{shape[0]} x {shape[1]} pixels, {'gray' if shape[2] == 1 else 'RGB'}")]
    if isinstance(rule := dataset.get("image_rule"), Mapping):
        pairs.append(("resize rule", str(ImageRule.from_dict(rule))))
    return pairs + [("images", str(note)) for note in dataset.get("image_notes") or ()]


def _memory_in_words(pair: tuple[str, str]) -> tuple[str, str]:
    """Bytes of memory as GiB; every other pair as it is."""
    name, value = pair
    return ("memory", f"{int(value) / 2**30:.1f} GiB") if name == "memory bytes" and value.isdecimal() else pair


def _pairs(values: Any) -> Pairs:
    if not isinstance(values, Mapping):
        return []
    return [(str(name).replace("_", " "), _value(value)) for name, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return str(value)
