"""How an image file becomes the pixels that a network sees: the choices, without the work. Knows no image."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.grammar import listed

OWN_RESIZES = ("squash", "crop", "pad")
KERAS_RESIZES = ("keras", "keras-crop", "keras-pad")
RESIZES = (*OWN_RESIZES, *KERAS_RESIZES)
"""Ways to bring an image to the size of the network."""

_WORDS = {
    "squash": "the whole image, stretched",
    "crop": "the largest centered part of the right proportions",
    "pad": "the whole image, centered on black",
    "keras": "as keras.utils.image_dataset_from_directory",
    "keras-crop": "as keras.utils.image_dataset_from_directory(crop_to_aspect_ratio=True)",
    "keras-pad": "as keras.utils.image_dataset_from_directory(pad_to_aspect_ratio=True)",
}


@dataclass(frozen=True, kw_only=True)
class ImageRule:
    """How an image is decoded and resized; checked when made.

    Attributes:
        resize: One of `RESIZES`.
        antialias: Average over the pixels that one pixel of the result covers (a triangle filter that widens with the
            scale), rather than interpolate between the four nearest ones. Both are bilinear, with half-pixel centers.
        exif: Turn the image as its EXIF data say.
    """

    resize: str = "squash"
    antialias: bool = True
    exif: bool = True

    def __post_init__(self) -> None:
        if self.resize not in RESIZES:
            raise UsageError(f"There is no resize rule '{self.resize}'. Expected {', '.join(RESIZES)}.")
        if self.is_keras and (self.antialias or self.exif):
            wrong = listed(["antialiasing"] * self.antialias + ["turning by EXIF data"] * self.exif)
            raise UsageError(
                f"The resize rule '{self.resize}' does what Keras does, which is without {wrong}. Leave --antialias "
                f"and --exif out, or choose {', '.join(OWN_RESIZES[:-1])} or {OWN_RESIZES[-1]}."
            )

    @property
    def is_keras(self) -> bool:
        """Whether the image is also decoded as TensorFlow does."""
        return self.resize in KERAS_RESIZES

    def __str__(self) -> str:
        """In words, for reports: "squash (the whole image, stretched), antialiased, turned by EXIF data"."""
        if self.is_keras:
            return f"{self.resize} ({_WORDS[self.resize]}: bilinear, not antialiased, EXIF data ignored)"
        antialias = "antialiased" if self.antialias else "not antialiased"
        exif = "turned by EXIF data" if self.exif else "EXIF data ignored"
        return f"{self.resize} ({_WORDS[self.resize]}), {antialias}, {exif}"

    @property
    def options(self) -> str:
        """As options of a command: "--resize crop --no-antialias"."""
        words = [f"--resize {self.resize}"]
        if not self.is_keras:
            words += ["--no-antialias"] * (not self.antialias) + ["--no-exif"] * (not self.exif)
        return " ".join(words)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "ImageRule":
        """What `to_dict` has written; raises UsageError if it is something else."""
        try:
            return cls(**{field.name: document[field.name] for field in fields(cls)})
        except (KeyError, TypeError) as error:
            raise UsageError(f"{dict(document)!r} is not a resize rule. Expected {cls()!r}.") from error


DEFAULT_RULE = ImageRule()
"""What every run followed before there was a choice."""


def other_rules(own: ImageRule) -> tuple[ImageRule, ...]:
    """Every rule but `own` that an app may follow: all ways to resize, with and without antialiasing, EXIF as in `own`.

    The last is `own` with the other choice on EXIF data, if it has one.
    """
    plain = [ImageRule(resize=one, antialias=each, exif=own.exif) for one in OWN_RESIZES for each in (True, False)]
    keras = [ImageRule(resize=one, antialias=False, exif=False) for one in KERAS_RESIZES]
    turned = [] if own.is_keras else [replace(own, exif=not own.exif)]
    return tuple(rule for rule in (*plain, *keras, *turned) if rule != own)


@dataclass(frozen=True, kw_only=True)
class RuleChoice:
    """What a user says about the rule; None: as in the run, or the default.

    Attributes:
        resize: See `ImageRule`.
        antialias: See `ImageRule`.
        exif: See `ImageRule`.
    """

    resize: str | None = None
    antialias: bool | None = None
    exif: bool | None = None

    def __post_init__(self) -> None:
        if self.resize not in (None, *RESIZES):
            raise UnknownNameError("resize rule", self.resize, RESIZES)
        self.rule()

    def rule(self, otherwise: ImageRule | None = None) -> ImageRule:
        """The rule that is meant, on top of `otherwise`; raises UsageError if the choices contradict each other."""
        base = otherwise or DEFAULT_RULE
        if self.resize is not None and self.resize in KERAS_RESIZES:
            base = replace(base, resize=self.resize, antialias=False, exif=False)
        elif self.resize is not None and base.is_keras:
            base = replace(DEFAULT_RULE, resize=self.resize)
        given = {name: value for name, value in vars(self).items() if value is not None}
        return replace(base, **given)

    @property
    def is_given(self) -> bool:
        """Whether anything was said."""
        return self != RuleChoice()

    def for_run(self, entry: Mapping[str, Any]) -> ImageRule | None:
        """The rule for the data of a run, or of none.

        Args:
            entry: What the manifest of the run says of its data set; empty if there is no run.

        Returns:
            None if nothing was chosen and nothing is stored.

        Raises:
            UsageError: Another rule than that of the run was chosen, so that its images would be others.
        """
        stored = ImageRule.from_dict(entry["image_rule"]) if "image_rule" in entry else None
        if not self.is_given:
            return stored
        chosen, own = self.rule(stored), stored or DEFAULT_RULE
        if entry and chosen != own:
            raise UsageError(
                f"The run was made on images resized by the rule {own}. Received {chosen.options}, which would give "
                f"other images. Leave it out."
            )
        return chosen
