"""What another resize rule costs, as cells and sentences for the terminal, the page and the Markdown."""

from edgekit.foundation.grammar import counted
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.resize_effect import ResizeCheck, ResizeEffect, ResizeRow
from edgekit.verification.verdict.report import DatasetSummary

SAME = "same pixels"
TITLE = "If the app resizes differently"


def images_in_words(dataset: DatasetSummary) -> str:
    """What the models saw: "32 x 32 pixels, gray; resized by the rule …"; "" if the report does not know."""
    if len(dataset.image_shape) != 3:
        return ""
    height, width, channels = dataset.image_shape
    rule = f"resized by the rule {dataset.image_rule}" if dataset.image_rule else ""
    size = f"{height} x {width} pixels, {'gray' if channels == 1 else 'RGB'}"
    return "; ".join(filter(None, (size, rule, *dataset.image_notes)))


def headings(check: ResizeCheck) -> list[str]:
    """Of the columns: the rule, then accuracy, its change in points, and flips of each model."""
    return ["resize rule", *(heading for _ in check.models for heading in ("accuracy", "points", "flips"))]


def rows(check: ResizeCheck) -> list[list[str]]:
    """The own rule first, then the others."""
    own = [f"{check.options} (as in training)"]
    for model in check.models:
        own += [f"{model.accuracy:.2%}", "", ""]
    return [own, *([row.options, *_cells(row)] for row in check.rows)]


def _cells(row: ResizeRow) -> list[str]:
    if row.same_pixels:
        return [SAME, "", ""] + [""] * 3 * (len(row.effects) - 1)
    return [cell for effect in row.effects for cell in _effect_cells(effect)]


def _effect_cells(effect: ResizeEffect) -> tuple[str, str, str]:
    return f"{effect.accuracy:.2%}", f"{100 * effect.accuracy_delta:+.2f}", f"{effect.num_flips:,}"


def notes(check: ResizeCheck) -> list[str]:
    """Which models these are; which rule costs most."""
    names = [f"{model.name} in {model.runtime}" for model in check.models]
    columns = names[0] if len(names) == 1 else f"first {names[0]}, then {names[1]}"
    lines = [f"Columns: {columns}; {counted(check.num_images, 'test image')}. The rule of the training: {check.rule}."]
    return [*lines, conclusion(check)]


def conclusion(check: ResizeCheck) -> str:
    """One sentence: what it costs at worst."""
    if all(row.same_pixels for row in check.rows):
        return "No rule changes a pixel: the image files have the size of the model."
    worst = check.worst
    if worst is None:
        return "No other rule costs accuracy."
    effect = worst.effects[0]
    chance = "" if effect.mcnemar_p < SIGNIFICANCE else f", which may be chance (p = {effect.mcnemar_p:.2g})"
    return (
        f"An app that resizes by {worst.options} loses {-100 * effect.accuracy_delta:.2f} points of accuracy{chance}: "
        f"{counted(effect.num_flips, 'prediction')} change. Resize in the app by {check.options}."
    )
