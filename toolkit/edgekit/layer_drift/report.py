"""What is found out about the layers of one file, and what it means. Runs nothing."""

from collections import Counter
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from edgekit.foundation.grammar import counted
from edgekit.foundation.results import Displayed, plain
from edgekit.metrics.quantization import IDEAL_RMSE

MANY_OUTSIDE = 0.002
"""Share of values outside the range from which the range itself is to blame."""
MUCH_MORE_THAN_ROUNDING = 4 * IDEAL_RMSE
"""Root mean square error in steps from which it is no longer rounding."""
WEIGHTS = 2.0
"""How many times more noise a layer adds than its range would, from which its weights are to blame."""
UNEVEN = 8.0
"""How many times more noise the median channel has than the tensor as a whole, if a few channels are very large."""
FEW_STEPS = 15.0
"""Signal-to-noise ratio in dB below which rounding alone means that hardly any of the 256 steps is used."""
SCORES = frozenset({"SOFTMAX", "LOGISTIC", "Softmax", "Sigmoid"})
"""Operators whose int8 output has a step and a range that LiteRT prescribes."""
NEGLIGIBLE = 0.01
"""Share of noise of the worst layer below which no layer stands out."""
STANDS_OUT = 0.2
"""Share of the worst layer's noise from which another one is to be kept in float, too."""
MOST_KEPT = 5
"""Layers that are named to be kept in float."""
DEEP = 12
"""Layers from which it is worth saying how noise adds up."""


@dataclass(frozen=True, kw_only=True)
class LayerDrift:
    """One layer of a candidate beside the float model's.

    *Own* error is what this layer adds: the float layer, fed with what the candidate's layer was fed, is the
    reference. The others compare with the float model as a whole, so they hold the errors of all layers before too.

    Attributes:
        name: The tensor, as the float model calls it.
        operator: What computes it in the candidate.
        depth: Its place among the layers, from 0.
        shape: Of one image, channels last, without the batch.
        scale: Its quantization step; None if it is float.
        own_noise: Noise that it adds as a share of the signal, 0 to 1: of the whole tensor or of its median channel,
            whichever is more (`edgekit.metrics.quantization.noise_share`). Layers are ranked by it.
        storing_noise: The same of the float layer's results when they are stored in its range: what it would add if it
            computed exactly. None if it is float.
        own_sqnr_db: Signal-to-quantization-noise ratio of what it adds, in dB; None: no noise.
        sqnr_db: The same with all layers before it; None: no noise.
        cosine: Cosine of the angle to the float model's tensor.
        rmse_in_steps: Its own root mean square error in quantization steps, ideally 0.289; None if it is float.
        saturated: Share of its own values that its range cannot hold; None if it is float.
        infinite: Share of its own values that are infinite or NaN where the float layer, fed alike, gives numbers. It
            counts as nothing but noise then.
        inherited_infinite: Share of its values that are infinite or NaN where the float model gives numbers, whichever
            layer is to blame.
        is_reference_infinite: Whether the float model itself gives infinite values or NaN here.
        keras_layers: The Keras layers whose work it does, the one that multiplies first; empty if they are not
            known.
    """

    name: str
    operator: str
    depth: int
    shape: tuple[int, ...]
    scale: float | None
    own_noise: float
    storing_noise: float | None
    own_sqnr_db: float | None
    sqnr_db: float | None
    cosine: float
    rmse_in_steps: float | None
    saturated: float | None
    infinite: float = 0.0
    inherited_infinite: float = 0.0
    is_reference_infinite: bool = False
    keras_layers: tuple[str, ...] = ()

    @property
    def total_noise(self) -> float:
        """Noise as a share of the signal with all layers before it: 10^(-sqnr_db / 10), at most 1."""
        return 0.0 if self.sqnr_db is None else min(1.0, 10 ** (-self.sqnr_db / 10))


@dataclass(frozen=True, kw_only=True)
class LayerDriftReport(Displayed):
    """All layers of one candidate.

    Attributes:
        candidate: The file, as the user knows it.
        reference: The float file.
        num_images: How many images were run.
        split: Which images: "train" or "validation".
        seed: Of their choice.
        layers: In the order of the graph.
        unmatched: Layers of the candidate that the float model has no counterpart of.
        input_fault: Why its input cannot hold what it is fed, and what to do; None if it can.
        float_command: The command that keeps the worst layers in float; None if that helps little or is not known.
    """

    candidate: str
    reference: str
    num_images: int
    split: str
    seed: int
    layers: tuple[LayerDrift, ...]
    unmatched: tuple[str, ...]
    input_fault: str | None = None
    float_command: str | None = None

    def __repr__(self) -> str:
        worst = f", most noise in {self.short_names[self.ranked[0].name]}" if self.layers else ""
        return f"<LayerDriftReport {self.candidate}: {counted(len(self.layers), 'layer')}{worst}>"

    @property
    def ranked(self) -> tuple[LayerDrift, ...]:
        """The layers, the one that adds most noise first."""
        return tuple(sorted(self.layers, key=lambda layer: (-layer.own_noise, layer.depth)))

    @property
    def short_names(self) -> dict[str, str]:
        """For each layer's name that of its Keras layer, "conv2d_1"; with the operator if it has several tensors.

        If that is not known, or tells no two apart, the last parts of its own, two or as many as tell it from the
        other layers: "re_lu_1/Relu".
        """
        parts = {layer.name: _parts(layer.name) for layer in self.layers}
        seen = Counter(each[-length:] for each in parts.values() for length in range(2, len(each) + 1))
        shortest = {name: "/".join(_shortest(each, seen)) for name, each in parts.items()}
        named = [(layer, layer.keras_layers[0]) for layer in self.layers if layer.keras_layers]
        plain_names, full_names = Counter(own for _, own in named), Counter(_full(*each) for each in named)
        with_operator = {layer.name: _full(layer, own) for layer, own in named if full_names[_full(layer, own)] == 1}
        return shortest | with_operator | {layer.name: own for layer, own in named if plain_names[own] == 1}

    @property
    def layers_to_keep(self) -> tuple[str, ...]:
        """The Keras layers that a file should keep in float: those that add most, as far as single ones stand out."""
        worst = [layer for layer in self.ranked if layer.own_noise >= max(NEGLIGIBLE, STANDS_OUT * self._most_noise)]
        names = dict.fromkeys(layer.keras_layers[0] for layer in worst if layer.keras_layers and layer.scale)
        return tuple(names)[:MOST_KEPT]

    @property
    def accumulation(self) -> str | None:
        """How noise adds up along a deep network, as one sentence; None for one of few layers."""
        if len(self.layers) < DEEP:
            return None
        ends = [(len(self.layers) * quarter) // 4 - 1 for quarter in (1, 2, 3, 4)]
        shares = [percent(self.layers[end].total_noise) for end in ends]
        single = percent(self._most_noise)
        return (
            f"Noise adds up: {shares[0]} of the signal after a quarter of the {len(self.layers)} layers, {shares[1]} "
            f"after half, {shares[2]} after three quarters, {shares[3]} at the end; no single layer adds more than "
            f"{single}."
        )

    @property
    def _most_noise(self) -> float:
        return max((layer.own_noise for layer in self.layers), default=0.0)

    @property
    def advice(self) -> str:
        """One or two sentences: which layer loses most, why as far as can be seen, and what to do."""
        if self.input_fault:
            return f"{self.input_fault} What the layers lose follows from that."
        if len(self.unmatched) > len(self.layers):
            return (
                f"Of {len(self.layers) + len(self.unmatched)} layers only {len(self.layers)} can be found in "
                f"{self.reference}, too few to find the layer that causes drift. Expected the float file that the "
                f"same converter "
                f"made of the same model: name it with --reference."
            )
        if broken := next((layer for layer in self.layers if layer.is_reference_infinite), None):
            return (
                f"The float model itself gives infinite values or NaN in '{self.short_names[broken.name]}' "
                f"({broken.operator}), so what comes after it cannot be judged: fix the model first."
            )
        worst = self.ranked[0]
        keep = f" To keep it in float: {self.float_command}" if self.float_command else ""
        return f"{self._first_infinity(worst)}{advice_on(worst, self.short_names[worst.name])}{keep}"

    def _first_infinity(self, worst: LayerDrift) -> str:
        """Where numbers end that a layer before has made too large, a sentence and a space; "" for nowhere."""
        first = next((layer for layer in self.layers if layer.inherited_infinite), None)
        if first is None or worst.infinite:
            return ""
        return (
            f"'{self.short_names[first.name]}' ({first.operator}) becomes infinite or NaN in "
            f"{percent(first.inherited_infinite)} of its values, where the float model gives numbers. It computes as "
            f"the float layer does, so a layer before it is wrong. "
        )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object: layers in the order of the graph, `ranked` their names, the worst first."""
        document = {
            **asdict(self),
            "ranked": [layer.name for layer in self.ranked],
            "accumulation": self.accumulation,
            "advice": self.advice,
        }
        return plain(document)


def finite(value: float) -> float | None:
    """A number for JSON: None if it is infinite."""
    return value if isfinite(value) else None


def percent(share: float) -> str:
    """In words of two digits: 12 %, 0.19 %."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _full(layer: LayerDrift, keras_layer: str) -> str:
    return f"{keras_layer} {layer.operator}"


def _parts(name: str) -> tuple[str, ...]:
    parts = name.partition(";")[0].split("/")
    return tuple(parts[:-1] if parts[-2:-1] == ["batchnorm"] else parts)


def _shortest(parts: tuple[str, ...], seen: "Counter[tuple[str, ...]]") -> tuple[str, ...]:
    """The shortest end of `parts`, of at least two, that was seen once."""
    return next((parts[-length:] for length in range(2, len(parts)) if seen[parts[-length:]] == 1), parts)


def advice_on(worst: LayerDrift, short_name: str) -> str:
    """What is wrong with the layer that loses most, and what to do."""
    name, noise = f"'{short_name}' ({worst.operator})", f"{percent(worst.own_noise)} noise"
    if worst.infinite:
        return (
            f"{name} becomes infinite or NaN in {percent(worst.infinite)} of its values, where the float layer gives "
            f"numbers: float16 ends at 65,504. Export this model in another precision (--float32, --int8), or bound "
            f"what this layer computes."
        )
    if worst.own_noise < NEGLIGIBLE:
        return f"No layer stands out: {name} adds most, {noise}, which is little."
    if worst.scale is None:
        return (
            f"{name} adds most: {noise}. It computes in float, so its loss comes from its weights: quantize them per "
            f"channel, or keep them in a higher precision."
        )
    if worst.operator in SCORES:
        return (
            f"{name} adds most: {noise}. Its int8 scores have steps of 1/256, whatever the calibration: export the "
            f"model with its logits, or with a float output."
        )
    if worst.storing_noise is not None and worst.own_noise > WEIGHTS * worst.storing_noise:
        return (
            f"{name} adds most: {noise}. Exact results would lose {percent(worst.storing_noise)} in its range, so its "
            f"weights lose the rest. Quantize them per channel if they have one scale, or keep this layer in float or "
            f"int16."
        )
    if _is_cut(worst):
        return (
            f"{name} adds most: {noise}. {percent(worst.saturated or 0)} of its values lie outside its range: it was "
            f"calibrated on too few or too plain images. Calibrate with more training images, or with min and max."
        )
    if worst.own_sqnr_db is not None and worst.own_noise > UNEVEN * 10 ** (-worst.own_sqnr_db / 10):
        return (
            f"{name} adds most: {noise} in its median channel, though the tensor as a whole keeps "
            f"{worst.own_sqnr_db:.0f} dB: a few channels are much larger than the rest, which share the few steps that "
            f"are left. Look at the scale of its BatchNorm, or at the weights of those channels; bound its activation "
            f"(ReLU6), or keep it in int16."
        )
    if worst.own_sqnr_db is not None and worst.own_sqnr_db < FEW_STEPS:
        return (
            f"{name} adds most: {noise}. Its values fill a few steps of its range alone: the range is far too wide, "
            f"perhaps because the layer after it shares it. Look at the scale of the BatchNorm there."
        )
    return (
        f"{name} adds most: {noise}, all of it rounding. Keep this layer in float or int16 (int16x8), or train with "
        f"quantization."
    )


def _is_cut(layer: LayerDrift) -> bool:
    """Whether many values lie outside the range, or a few lie far outside."""
    if layer.saturated is None or layer.rmse_in_steps is None:
        return False
    return layer.saturated > MANY_OUTSIDE or layer.rmse_in_steps > MUCH_MORE_THAN_ROUNDING
