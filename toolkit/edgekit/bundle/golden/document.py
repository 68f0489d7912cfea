"""golden.json: the images, and for each model file its tensors, tolerances and measurements."""

from enum import StrEnum
from typing import Annotated, Any, NotRequired, TypedDict

from edgekit.foundation.files.schema import Count, Limits, Positive

SCHEMA_VERSION = 1
NAME = "golden/golden.json"
IMAGES, INPUTS, EXPECTED = "golden/images", "golden/inputs", "golden/expected"

_Side = Annotated[int, Limits(low=1, high=2**31)]


class GoldenUnit(StrEnum):
    """What differences are counted in.

    Attributes:
        STEPS: Of the stored integers of the output.
        SCORE: Of the float scores.
    """

    STEPS = "steps"
    SCORE = "score"


class TensorEntry(TypedDict):
    """A tensor; see `edgekit.artifact.TensorSpec`. `shape` is that of one invocation."""

    name: str
    shape: list[_Side]
    dtype: str
    scale: float | None
    zero_point: int | None


class ImageEntry(TypedDict):
    """One golden image: its file, why it was chosen, its place in the test split and its class, if it has them."""

    file: str
    reason: str
    index: Count | None
    label: str | None


class RuntimeEntry(TypedDict):
    """See `edgekit.bundle.golden.measuring.RuntimeDifference`; `tolerance` is what `check-golden` allows there."""

    runtime: str
    num_images: Count
    max_difference: Positive
    tolerance: Positive


class ModelEntry(TypedDict):
    """One model file: what goes in, what comes out, and how exactly.

    `inputs` are files of one tensor each, `expected` is one file of all outputs; both row by row, little-endian.
    """

    file: str
    runtime: str
    runtime_version: str
    input: TensorEntry
    output: TensorEntry
    inputs: list[str]
    expected: str
    top_classes: list[Count]
    unit: GoldenUnit
    tolerance: Positive
    other_runtimes: list[RuntimeEntry]


class GoldenDocument(TypedDict):
    """golden.json. `choice` says in words which images were chosen; bundles of edgekit 0.1.0 may lack it."""

    schema_version: int
    how: str
    choice: NotRequired[str]
    images: list[ImageEntry]
    models: list[ModelEntry]


def tolerance_in(model: ModelEntry, runtime: str) -> float:
    """What `runtime` may differ by; one that was not measured by as much as any other."""
    if runtime == model["runtime"]:
        return float(model["tolerance"])
    listed: dict[str, Any] = {each["runtime"]: each["tolerance"] for each in model["other_runtimes"]}
    return float(listed.get(runtime, max([model["tolerance"], *listed.values()])))
