"""From two probes to the drift of every layer. Knows no format and no data set.

An int8 model carries the error of every layer on to the end, so the last layers always look worst. To know which
layer loses, each layer's own error is measured: the float model is cut after every layer, and each of its layers
is fed with what the candidate's was fed. What still differs was added there. What of that the range of its output
costs, and not its weights, is what the float layer's results lose when they are stored in that range.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.progress import Advance
from edgekit.layer_drift.probe import Layer, Probe
from edgekit.layer_drift.report import LayerDrift, finite
from edgekit.metrics.quantization import (
    NoiseSums,
    as_stored,
    cosine,
    infinite_share,
    noise_share,
    rmse_in_steps,
    saturated_share,
    sqnr_db,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pair = tuple["NDArray[np.generic]", "NDArray[np.generic]"]

BORDERS = frozenset({"QUANTIZE", "DEQUANTIZE", "CAST"})
"""Operators that change how a tensor is stored: their output is the tensor that they read."""


def measure_layers(
    reference: Probe, candidate: Probe, images: "Iterable[Pair]", *, advance: Advance = lambda _: None
) -> tuple[tuple[LayerDrift, ...], tuple[str, ...]]:
    """The drift of every layer of `candidate`, in the order of its graph, and what the float model has not.

    Args:
        reference: The float model.
        candidate: The same model, quantized.
        images: For each image the float model's input and the candidate's, each (1, ...), at least one.
        advance: Called with 1 after each image.

    Raises:
        ArtifactError: One of them stopped.
        VerificationError: No layer has a counterpart of the same name and shape, or there is no image.
    """
    matched = match_layers(reference.layers, candidate.layers)
    totals: dict[str, NoiseSums] = {}
    owns: dict[str, NoiseSums] = {}
    storings: dict[str, NoiseSums] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    cut = None
    for for_reference, for_candidate in images:
        right, got = reference.read(for_reference), candidate.read(for_candidate)
        if cut is None:
            matched = {name: layer for name, layer in matched.items() if right[name].shape == got[layer.name].shape}
            check_matched(matched, reference, candidate)
            cut = reference.cut_at(list(matched))
        fed = {name: got[layer.name] for name, layer in matched.items()}
        alone = cut.compute(for_reference, fed)
        for name, layer in matched.items():
            shapes[name] = fed[name].shape[1:]
            for sums, expected, found in (
                (totals, right[name], fed[name]),
                (owns, alone[name], fed[name]),
                (storings, alone[name], _stored(alone[name], layer)),
            ):
                noise = NoiseSums.of(expected, found, layer.limits)
                sums[name] = sums[name] + noise if name in sums else noise
        advance(1)
    if not totals:
        raise VerificationError("There is no image to run. Expected at least one training or validation image.")
    order = {layer.name: depth for depth, layer in enumerate(candidate.layers)}
    names = sorted(matched, key=lambda name: order[matched[name].name])
    layers = tuple(
        _drift(name, matched[name], depth, shapes[name], totals[name], owns[name], storings[name])
        for depth, name in enumerate(names)
    )
    return layers, _unmatched(candidate, matched)


def match_layers(reference: tuple[Layer, ...], candidate: tuple[Layer, ...]) -> dict[str, Layer]:
    """Name of the float model's tensor -> the candidate's layer that stands for it.

    Tensors of one name belong together; else names that differ in the number at their end alone, which LiteRT's
    converter counts up, if there is one of them. A tensor that was only stored in another way before it got its
    name (an output that is quantized again) is the one that was stored. What is then still alone belongs together where
    it is read, at the same place, by layers that do, and is computed by the same operator.
    """
    stored_as = {layer.inputs[0]: layer.name for layer in candidate if layer.operator in BORDERS and layer.inputs}
    computed = [layer for layer in candidate if layer.operator not in BORDERS]
    known = {layer.name for layer in reference}
    matched: dict[str, Layer] = {}
    for layer in computed:
        name = layer.name if layer.name in known else stored_as.get(layer.name)
        if name in known:
            matched.setdefault(name, layer)
    taken = {layer.name for layer in matched.values()}
    free = [layer.name for layer in reference if layer.name not in matched and layer.operator not in BORDERS]
    left = [layer for layer in computed if layer.name not in taken]
    by_stem = {_stem(name): name for name in free if [_stem(one) for one in free].count(_stem(name)) == 1}
    for layer in left:
        name = by_stem.get(_stem(layer.name))
        if name and [_stem(one.name) for one in left].count(_stem(name)) == 1:
            matched[name] = layer
    _match_by_readers(reference, candidate, matched)
    return matched


def _match_by_readers(reference: tuple[Layer, ...], candidate: tuple[Layer, ...], matched: dict[str, Layer]) -> None:
    """Add to `matched` what layers that are matched read at the same place; a renamed tensor is found so."""
    rights, lefts = {layer.name: layer for layer in reference}, {layer.name: layer for layer in candidate}
    waiting = list(matched)
    while waiting:
        right = rights[waiting.pop()]
        for expected, found in zip(right.inputs, matched[right.name].inputs, strict=False):
            taken = {layer.name for layer in matched.values()}
            if expected not in rights or found not in lefts or expected in matched or found in taken:
                continue
            operator = rights[expected].operator
            if operator == lefts[found].operator and operator not in BORDERS:
                matched[expected] = lefts[found]
                waiting.append(expected)


def _stem(name: str) -> str:
    return name.rstrip("0123456789")


def check_matched(matched: dict[str, Layer], reference: Probe, candidate: Probe) -> None:
    """Raise VerificationError if no layer has a counterpart."""
    if not matched:
        raise VerificationError(
            f"No layer of the candidate has a counterpart of the same name and shape in the float model: "
            f"{len(candidate.layers)} and {len(reference.layers)} layers, such as "
            f"{', '.join(repr(one.layers[-1].name) for one in (candidate, reference) if one.layers) or 'none'}. "
            f"Expected two files that one converter made of one model."
        )


def _unmatched(candidate: Probe, matched: dict[str, Layer]) -> tuple[str, ...]:
    known = {layer.name for layer in matched.values()}
    return tuple(one.name for one in candidate.layers if one.name not in known and one.operator not in BORDERS)


def _stored(values: "NDArray[np.float32]", layer: Layer) -> "NDArray[np.floating[Any]]":
    return values if layer.scale is None or layer.limits is None else as_stored(values, layer.scale, layer.limits)


def _drift(
    name: str,
    layer: Layer,
    depth: int,
    shape: tuple[int, ...],
    total: NoiseSums,
    own: NoiseSums,
    storing: NoiseSums,
) -> LayerDrift:
    return LayerDrift(
        name=name,
        operator=layer.operator,
        depth=depth,
        shape=shape,
        scale=layer.scale,
        own_noise=1.0 if own.num_infinite else noise_share(own),
        storing_noise=noise_share(storing) if layer.scale else None,
        infinite=infinite_share(own),
        inherited_infinite=infinite_share(total),
        is_reference_infinite=bool(total.num_reference_infinite),
        own_sqnr_db=finite(sqnr_db(own)),
        sqnr_db=finite(sqnr_db(total)),
        cosine=cosine(total),
        rmse_in_steps=rmse_in_steps(own, layer.scale) if layer.scale else None,
        saturated=saturated_share(own) if layer.limits else None,
    )
