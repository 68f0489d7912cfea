"""The operators of a float `.tflite` that stay in float in its int8 file by default. Makes no file.

256 steps are enough for most tensors: a layer's output is a sum of many products, and rounding errors cancel out.
They are not enough where a small difference of the input becomes a large one of the output:

- An operator divides, takes a root or a logarithm, or takes the exponential of positive numbers. Softplus,
  log(1 + exp x), is three such tensors, and loses more than half of its range. With the operator stay all others of its
  layer: the mean and the variance of a normalization mean nothing apart.
- A normalization magnifies what is small in its input, as the position of a patch of plain background. So the sums
  that it reads stay in float, and so does the first layer, the embedding of the pixels, if a normalization reads it
  through nothing but sums. A transformer's stream of sums is then in float from end to end: its 8-bit form is what
  loses most (Bondarenko et al., "Understanding and Overcoming the Challenges of Efficient Transformer Quantization",
  2021).

Layers with weights stay integer, but for that first one: they are where time and size are.
"""

from collections.abc import Iterable, Iterator, Mapping

from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.tflite.graph import MOVES, WEIGHTED, Graph, GraphOperator
from edgekit.quantization.ranges import Range

_STEEP = frozenset({"DIV", "ELU", "LOG", "POW", "RSQRT", "SQRT"})
"""Operators that magnify small differences; and ELU, of which no quantizer makes int8."""
_DIVIDING = frozenset({"DIV", "POW", "RSQRT", "SQRT"})
_DIVISOR = 1
"""Which input of DIV it divides by; a constant there is a factor like any other."""
_POOLING = frozenset({"MEAN", "SUM"})
_SUMS = frozenset({"ADD", "SUB"})
_LARGEST_EXPONENTIAL = 1.001
"""exp x is at most 1 if x is at most 0, as in CELU: there 256 steps hold it as well as they hold any output."""

_LARGEST_IN_16_BITS = 32767 / 256
"""From where on a step of 16 bits is more than 1 / 256."""


def outputs_in_float(graph: Graph, names: LayerNames, extremes: Mapping[str, Range]) -> frozenset[str]:
    """The output tensors of the operators that stay in float; empty for a network of convolutions and ReLU.

    Args:
        graph: The float file.
        names: The layers of the model that it was made of.
        extremes: Smallest and largest value of each tensor on calibration images.
    """
    found = _losing(graph, names, extremes)
    read = [name for each in found.values() if _normalizes(each, found.values(), names) for name in each.inputs]
    sums = {each.output for each in _summed_before(read, graph) if each.output not in found}
    return frozenset(found) | sums


def outputs_that_lose(graph: Graph, names: LayerNames, extremes: Mapping[str, Range]) -> frozenset[str]:
    """Those of `outputs_in_float` that lose their meaning themselves: without what only hands numbers to them."""
    return frozenset(_losing(graph, names, extremes))


def outputs_lost_in_16_bits(graph: Graph, names: LayerNames, extremes: Mapping[str, Range]) -> frozenset[str]:
    """The outputs of softplus if it loses its meaning even in 65,536 steps.

    log(1 + exp x) is near 0 if exp x is small beside the largest one: nothing is left of it where one step,
    max(exp x) / 32767, is more than 1 / 256. In mish, a tanh after it hides that.
    """
    found = _losing(graph, names, extremes)
    by_layer: dict[tuple[str, ...], list[GraphOperator]] = {}
    for each in found.values():
        by_layer.setdefault(names.of(each.output), []).append(each)
    lost = set[str]()
    for operators in by_layer.values():
        kinds = {each.name for each in operators}
        largest = max((extremes[each.output][1] for each in operators if each.name == "EXP"), default=0.0)
        if "LOG" in kinds and "TANH" not in kinds and largest > _LARGEST_IN_16_BITS:
            lost |= {each.output for each in operators}
    return frozenset(lost)


def _losing(graph: Graph, names: LayerNames, extremes: Mapping[str, Range]) -> dict[str, GraphOperator]:
    """Output -> operator of all layers that hold a steep one."""
    steep = [each for each in graph.operators if _is_steep(each, extremes)]
    return {each.output: each for each in _with_their_layers(steep, graph, names)}


def _is_steep(operator: GraphOperator, extremes: Mapping[str, Range]) -> bool:
    if operator.name == "EXP":
        return extremes.get(operator.output, (0.0, 0.0))[1] > _LARGEST_EXPONENTIAL
    return operator.name in _STEEP and not (operator.name == "DIV" and not operator.inputs[_DIVISOR])


def _with_their_layers(steep: Iterable[GraphOperator], graph: Graph, names: LayerNames) -> Iterator[GraphOperator]:
    """These operators, and all without weights of the same layer; outside of any layer, those connected with them."""
    layers = {layer for each in steep for layer in names.of(each.output)}
    loose = {each.output for each in _neighbours([one for one in steep if not names.of(one.output)], graph, names)}
    for operator in graph.operators:
        owners = set(names.of(operator.output))
        if operator.name not in WEIGHTED and (owners & layers or operator.output in loose):
            yield operator


def _neighbours(start: Iterable[GraphOperator], graph: Graph, names: LayerNames) -> Iterable[GraphOperator]:
    """`start`, and what is connected with it by operators of no layer, without weights, that do not make the output."""
    free = {
        each.output: each
        for each in graph.operators
        if each.name not in WEIGHTED and not names.of(each.output) and each.output not in graph.output_names
    }
    readers: dict[str, list[str]] = {}
    for each in free.values():
        for name in filter(None, each.inputs):
            readers.setdefault(name, []).append(each.output)
    found, waiting = dict[str, GraphOperator](), [each.output for each in start]
    while waiting:
        name = waiting.pop()
        if name in free and name not in found:
            found[name] = free[name]
            waiting += [*free[name].inputs, *readers.get(name, ())]
    return found.values()


def _normalizes(operator: GraphOperator, found: Iterable[GraphOperator], names: LayerNames) -> bool:
    """Whether the layer of `operator` divides by something that it has summed up, as a deviation."""
    owners = set(names.of(operator.output))
    its = {each.name for each in found if set(names.of(each.output)) & owners or not owners}
    return bool(its & _DIVIDING and its & _POOLING)


def _summed_before(read: Iterable[str], graph: Graph) -> Iterator[GraphOperator]:
    """The sums that make the tensors `read`, and the first layer with weights if only sums lie between."""
    makers = {each.output: each for each in graph.operators}
    waiting, seen = list(read), set[str]()
    while waiting:
        name = waiting.pop()
        maker = makers.get(name)
        if maker is None or name in seen:
            continue
        seen.add(name)
        if maker.name in _SUMS | MOVES:
            waiting += maker.inputs
            yield maker
        elif maker.name in WEIGHTED and _reads_pixels(maker, makers):
            yield maker


def _reads_pixels(operator: GraphOperator, makers: Mapping[str, GraphOperator]) -> bool:
    """Whether no operator with weights lies between the input of the file and `operator`."""
    waiting, seen = list(operator.inputs), set[str]()
    while waiting:
        name = waiting.pop()
        if (maker := makers.get(name)) is None or name in seen:
            continue
        if maker.name in WEIGHTED:
            return False
        seen.add(name)
        waiting += maker.inputs
    return True
