"""How another resize rule changes a model's predictions. Knows no file and no rule."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from edgekit.foundation.files.schema import Count, Share
from edgekit.metrics.significance import mcnemar_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Classes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ResizeEffect:
    """One model on images that were resized by another rule than its own; compared with itself under its own rule.

    Attributes:
        accuracy: Under the other rule, 0 to 1.
        accuracy_delta: Other rule minus own rule, -1 to 1.
        num_flips: Images whose top class is another one.
        right_to_wrong: Those of them that were right under its own rule.
        wrong_to_right: Those of them that are right under the other rule.
        mcnemar_p: How likely so uneven a change is by chance; see `edgekit.metrics.significance.mcnemar_p`.
    """

    accuracy: Share
    accuracy_delta: float
    num_flips: Count
    right_to_wrong: Count
    wrong_to_right: Count
    mcnemar_p: Share


@dataclass(frozen=True, kw_only=True)
class ResizeRow:
    """One other rule.

    Attributes:
        rule: In words: "crop (the largest centered part of the right proportions), antialiased, turned by EXIF data".
        options: As options of a command: "--resize crop".
        same_pixels: Every test image becomes the same pixels as by the own rule, so no model was run.
        effects: One for each model of `ResizeCheck.models`, in their order.
    """

    rule: str
    options: str
    same_pixels: bool
    effects: tuple[ResizeEffect, ...]


@dataclass(frozen=True, kw_only=True)
class ResizeModel:
    """A model that was run under every rule.

    Attributes:
        name: Its file.
        runtime: What ran it.
        accuracy: Under the own rule, 0 to 1.
    """

    name: str
    runtime: str
    accuracy: Share


@dataclass(frozen=True, kw_only=True)
class ResizeCheck:
    """What it costs if an app resizes differently.

    Attributes:
        rule: The own rule, in words: that of the training.
        options: The same as options of a command.
        num_images: Test images, all of which were run under every rule.
        models: The float model, then the file that was chosen, if there is one.
        rows: One for each other rule.
    """

    rule: str
    options: str
    num_images: Count
    models: tuple[ResizeModel, ...]
    rows: tuple[ResizeRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @property
    def worst(self) -> ResizeRow | None:
        """The rule under which the float model loses most accuracy; None if it loses with none."""
        return min(
            (row for row in self.rows if row.effects[0].accuracy_delta < 0),
            key=lambda row: row.effects[0].accuracy_delta,
            default=None,
        )


def resize_effect(own: "Classes", other: "Classes", labels: "Classes") -> ResizeEffect:
    """Compare what a model says of the same images under two rules.

    Args:
        own: int64 (N,), its top classes under its own rule, N at least 1.
        other: The same under the other rule.
        labels: int64 (N,), the true classes.
    """
    was_right, is_right = own == labels, other == labels
    lost, gained = int((was_right & ~is_right).sum()), int((~was_right & is_right).sum())
    return ResizeEffect(
        accuracy=float(is_right.mean()),
        accuracy_delta=(gained - lost) / len(labels),
        num_flips=int((own != other).sum()),
        right_to_wrong=lost,
        wrong_to_right=gained,
        mcnemar_p=mcnemar_p(lost, gained),
    )


def effects_of(own: "Sequence[Classes]", other: "Sequence[Classes]", labels: "Classes") -> tuple[ResizeEffect, ...]:
    """`resize_effect` of several models, each with its answers under both rules."""
    return tuple(resize_effect(before, after, labels) for before, after in zip(own, other, strict=True))


def models_of(names: Sequence[tuple[str, str]], own: "Sequence[Classes]", labels: "Classes") -> tuple[ResizeModel, ...]:
    """The models, each with its accuracy under its own rule.

    Args:
        names: The file and the runtime of each.
        own: int64 (N,) of each: its top classes.
        labels: int64 (N,), the true classes.
    """
    return tuple(
        ResizeModel(name=name, runtime=runtime, accuracy=float((classes == labels).mean()))
        for (name, runtime), classes in zip(names, own, strict=True)
    )
