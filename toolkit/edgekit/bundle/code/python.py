"""Python code for one model: a class that prepares an image and runs it, and its test with the golden vectors."""

from collections.abc import Mapping

from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.tensorflow_png import GAMMA_OF_SRGB, SRGB_PROFILES


def python_code(model: BundledModel) -> Mapping[str, bytes]:
    """`python/classifier.py` and `python/test_golden.py`, for every model file."""
    facts = facts_of(model) | {"gamma_of_srgb": GAMMA_OF_SRGB, "srgb_profiles": sorted(SRGB_PROFILES)}
    return {f"python/{name}": render(f"python/{name}", facts) for name in ("classifier.py", "test_golden.py")}
