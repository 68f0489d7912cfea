"""Google's ai-edge-quantizer, on a float `.tflite`: int8, int16x8, and dynamic range.

What its list of operators lacks (LEAKY_RELU in 0.10) it leaves in float between integer operators. Ranges are
ours: its calibrator keeps a moving average of the smallest and largest values, which forgets the first images,
and holds all images at once.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from edgekit.artifact import Precision
from edgekit.exporting.tflite.graph import Graph
from edgekit.exporting.tflite.quantizers.base import QuantizeRequest
from edgekit.foundation.errors import CalibrationError, MissingExtraError
from edgekit.quantization.ranges import check_finite_ranges
from edgekit.quantization.scheme import Granularity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ALL = frozenset({"--quantizer", "--per-tensor", "--float-head", "--float-layers"})
_EVERYWHERE = ".*"


class AIEdgeQuantizer:
    """See `edgekit.exporting.tflite.quantizers.base.TFLiteQuantizer`."""

    choices: ClassVar[dict[Precision, frozenset[str]]] = {
        Precision.DYNAMIC: frozenset({"--quantizer", "--per-tensor"}),
        Precision.INT8: _ALL,
        Precision.INT16X8: _ALL,
    }
    keeps_islands: ClassVar[bool] = True

    def quantize(self, request: QuantizeRequest) -> bytes:
        """The bytes of the integer file; raises CalibrationError, or whatever the library raises."""
        try:
            from ai_edge_quantizer.quantizer import Quantizer
        except ImportError as error:
            raise MissingExtraError("--quantizer ai-edge", "ai_edge_quantizer", "train") from error

        content = request.content
        if request.precision is Precision.INT16X8:  # 0.10 leaves the mark as it is, and LiteRT refuses some of the sums
            content = Graph(content).with_general_sums()
        quantizer = Quantizer(bytearray(content), _recipe(request))
        observed = None if request.precision is Precision.DYNAMIC else _observed(request)
        result = quantizer.quantize(observed, enable_progress_bar=False, enable_progress_report=False)
        return bytes(result.quantized_model or b"")


def _recipe(request: QuantizeRequest) -> Any:
    """What to do with which operator; a later line wins."""
    from ai_edge_quantizer import qtyping
    from ai_edge_quantizer.algorithm_manager import AlgorithmName
    from ai_edge_quantizer.recipe_manager import RecipeManager

    recipe, operators = RecipeManager(), qtyping.TFLOperationName
    per_tensor = request.options.scheme.granularity is Granularity.PER_TENSOR
    granularity = qtyping.QuantGranularity.TENSORWISE if per_tensor else qtyping.QuantGranularity.CHANNELWISE
    if request.precision is Precision.DYNAMIC:
        recipe.add_dynamic_config(_EVERYWHERE, operators.ALL_SUPPORTED, 8, granularity)
        return recipe.get_quantization_recipe()
    activation_bits = 8 if request.precision is Precision.INT8 else 16
    recipe.add_static_config(_EVERYWHERE, operators.ALL_SUPPORTED, activation_bits, 8, granularity)
    for operator, dtype in ((operators.INPUT, request.input_type), (operators.OUTPUT, request.output_type)):
        if dtype == "float32":
            recipe.add_quantization_config(_EVERYWHERE, operator, algorithm_key=AlgorithmName.NO_QUANTIZE)
        elif dtype == "uint8":
            recipe.add_quantization_config(_EVERYWHERE, operator, _in_bytes(granularity))
    for name in sorted(request.float_outputs):
        scope = f"^{re.escape(name)};?$"
        recipe.add_quantization_config(scope, operators.ALL_SUPPORTED, algorithm_key=AlgorithmName.NO_QUANTIZE)
    return recipe.get_quantization_recipe()


def _in_bytes(granularity: Any) -> Any:
    """uint8 at the border of the file: the same steps as int8 inside, shifted by 128."""
    from ai_edge_quantizer import qtyping

    return qtyping.OpQuantizationConfig(
        activation_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=8,
            symmetric=False,
            granularity=qtyping.QuantGranularity.TENSORWISE,
            dtype=qtyping.TensorDataType.UINT,
        ),
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=8, symmetric=True, granularity=granularity),
        compute_precision=qtyping.ComputePrecision.INTEGER,
    )


def _observed(request: QuantizeRequest) -> "dict[str, dict[str, NDArray[np.float32]]]":
    """The ranges as the library wants them: tensor name -> "min" and "max", each of the tensor's rank."""
    import numpy as np

    if request.activations is None:
        raise CalibrationError(f"{request.precision} needs calibration images.")
    check_finite_ranges(request.activations.extremes)
    ranks = Graph(request.content).ranks()
    seen = request.activations
    ranges = seen.ranges(request.options.scheme) if request.precision is Precision.INT8 else seen.extremes
    return {
        name: {
            end: np.full((1,) * ranks[name], value, np.float32) for end, value in zip(("min", "max"), ends, strict=True)
        }
        for name, ends in ranges.items()
    }
