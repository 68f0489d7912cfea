"""Bundled models and golden images -> the files of the page."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit import __version__
from edgekit.artifact import Format
from edgekit.bundle.archive.writing import Content
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.javascript import javascript_code
from edgekit.bundle.golden.choice import Reason
from edgekit.bundle.golden.images import GoldenImage
from edgekit.bundle.model import BundledModel
from edgekit.clients.npm_packages import NpmPackage
from edgekit.datasets.images.rule import DEFAULT_RULE
from edgekit.web_demo.folder import DOCUMENT, MADE_BY

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = Path(__file__).parent / "static"
PACKAGES = "packages"
"""The folder of the npm packages; "node_modules" would be ignored by git and by some servers."""

HARDER = (Reason.HARDEST, Reason.FLIPPED)
"""Test images that come after the others."""

RUNTIMES = {
    Format.TFLITE: ("litert", "LiteRT.js", "@litertjs/core"),
    Format.ONNX: ("ort", "onnxruntime-web", "onnxruntime-web"),
}
"""Format -> the key of its runtime in the script, its name, its package."""


@dataclass(frozen=True, kw_only=True)
class PageFacts:
    """What the page shows.

    Attributes:
        name: Of the model.
        models: The files, each with JavaScript that runs it.
        images: The test images.
        packages: The runtimes.
        problems: Why the files do not count as verified, whole sentences; empty if they do.
    """

    name: str
    models: tuple[BundledModel, ...]
    images: tuple[GoldenImage, ...]
    packages: tuple[NpmPackage, ...]
    problems: tuple[str, ...]


def runnable(models: Sequence[BundledModel]) -> tuple[BundledModel, ...]:
    """Those that a browser runs, by format, float before integers.

    If training resized nothing, photos are resized as `edgekit predict` does.
    """
    order = list(Format)
    ruled = [model if model.rule is not None else replace(model, rule=DEFAULT_RULE) for model in models]
    chosen = [model for model in ruled if javascript_code(model)]
    return tuple(sorted(chosen, key=lambda one: (order.index(one.format), _num_bits_first(one), one.file)))


def _num_bits_first(model: BundledModel) -> int:
    precisions = ("float32", "float16", "dynamic", "int8")
    return precisions.index(model.precision) if model.precision in precisions else len(precisions)


def page_files(facts: PageFacts, *, is_rule_of_training: bool) -> dict[str, Content]:
    """Path in the folder, with "/" -> content.

    Args:
        facts: What it shows.
        is_rule_of_training: Whether photos are resized as in training; False if training resized nothing.
    """
    easy_first = sorted(facts.images, key=lambda image: HARDER.index(image.reason) if image.reason in HARDER else -1)
    images = {f"images/{number:02}.png": image for number, image in enumerate(easy_first)}
    files: dict[str, Content] = {name: image.png for name, image in images.items()}
    for model in facts.models:
        files[model.file] = model.path
        files[f"{model.code_folder}/classifier.mjs"] = javascript_code(model)["javascript/classifier.mjs"]
    for package in facts.packages:
        files |= {f"{PACKAGES}/{path}": file for path, file in package.files.items()}
    files |= {path.name: path for path in sorted(STATIC.iterdir())}
    document = _document(facts, images, is_rule_of_training=is_rule_of_training)
    for name in ("index.html", "README.txt"):
        files[name] = _environment().get_template(f"{name}.jinja").render(demo=document).encode()
    document["files"] = sorted({*files, DOCUMENT})
    files[DOCUMENT] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    return files


def _document(facts: PageFacts, images: Mapping[str, GoldenImage], *, is_rule_of_training: bool) -> dict[str, Any]:
    """demo.json, which the script reads."""
    first = facts.models[0]
    rule = first.rule or DEFAULT_RULE
    return {
        "made_by": MADE_BY,
        "edgekit": __version__,
        "name": facts.name,
        "problems": list(facts.problems),
        "num_classes": len(first.labels),
        "image": {"height": first.image.height, "width": first.image.width, "channels": first.image.channels},
        "rule": str(rule),
        "is_rule_of_training": is_rule_of_training,
        "exif": rule.exif,
        "models": [_entry(model) for model in facts.models],
        "images": [{"file": name, "label": image.label} for name, image in images.items()],
        "packages": [{"name": one.name, "version": one.version, "license": one.license} for one in facts.packages],
    }


def _entry(model: BundledModel) -> dict[str, Any]:
    runtime, name, package = RUNTIMES[model.format]
    facts = facts_of(model)
    takes = [facts["input_shape"], model.input.dtype, model.image.channels_first, facts["table"]]
    return {
        "key": model.key,
        "file": model.file,
        "code": f"{model.code_folder}/classifier.mjs",
        "precision": model.precision.value if model.precision else Path(model.file).stem,
        "format": model.format.value,
        "runtime": runtime,
        "runtime_name": name,
        "package": package,
        "size_bytes": model.size_bytes,
        "output_kind": model.output_kind,
        "input": hashlib.sha256(json.dumps(takes).encode()).hexdigest()[:12],
        "shows_pixels": facts["table"] is None and not model.image.channels_first,
    }


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("edgekit.web_demo"),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
