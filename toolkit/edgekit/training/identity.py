"""What must be the same for a training to continue: recipe, settings, data, backend. Reads and writes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.artifact import sha256_of
from edgekit.datasets import Dataset
from edgekit.foundation.errors import TrainingError
from edgekit.recipe import Recipe, TrainingSettings

Identity = dict[str, Any]
"""A flat JSON object: what it is -> value."""


def identity_of(
    recipe: Recipe, settings: TrainingSettings, dataset: Dataset, backend: str, *, mixed_precision: bool = False
) -> Identity:
    """Everything that the result of a training depends on, but for versions, the machine and its devices."""
    values = {
        "recipe": recipe.name,
        "SHA-256 of the recipe file": sha256_of(recipe.file) if recipe.file.is_file() else None,
        **{f"SHA-256 of recipe '{path.stem}'": sha256_of(path) for path in recipe.based_on},
        "data set": dataset.name,
        "SHA-256 of the test split": dataset.sha256,
        "SHA-256 of the training split": dataset.train.sha256,
        "backend": backend,
        **({"precision": "mixed"} if mixed_precision else {}),
        **{f"setting {name}": value for name, value in settings.to_dict().items()},
    }
    return dict(json.loads(json.dumps(values)))


def check_same(path: Path, stored: Mapping[str, Any], received: Identity) -> None:
    """Raise TrainingError that names both values of everything that differs."""
    differences = [
        f"{name} {_short(stored.get(name))} there, {_short(received.get(name))} now"
        for name in dict.fromkeys([*stored, *received])
        if stored.get(name) != received.get(name)
    ]
    if differences:
        raise TrainingError(
            f"The training in {path} is another one: {'; '.join(differences)}. Resume it with the same recipe, "
            f"settings and data, or start over in another folder with --out."
        )


def _short(value: object) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    is_digest = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return f"'{text[:12]}…'" if is_digest else f"'{text}'"
