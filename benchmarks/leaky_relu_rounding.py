"""How each set of LiteRT's kernels rounds the LeakyReLUs of an int8 `.tflite`: one file, different answers.

    python benchmarks/leaky_relu_rounding.py exported/cnn6/tflite/model-int8.tflite --data cifar10:PATH

For every LEAKY_RELU: the mean of what its kernel gives, less the exact result for the values that it was given, in
steps of its output; of positive and of negative values. Exact rounding has a mean of about 0. Kernels that multiply by
`SaturatingRoundingDoublingHighMul` and shift by `RoundingDivideByPOT` (gemmlowp's fixedpoint.h) round twice, and the
second time half a step goes away from zero. With a slope of 0.1 = 0.8 / 8, that is in one of eight negative values.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.machine import this_machine
from edgekit.runtimes.litert import LiteRTBuiltin, LiteRTReference, LiteRTXnnpack

KERNELS = (LiteRTXnnpack, LiteRTBuiltin, LiteRTReference)


def main() -> None:
    """Run some training images through the file with each set of kernels and print the table."""
    arguments = parse_arguments()
    slopes = slopes_of(arguments.file.read_bytes())
    if not slopes:
        raise SystemExit(f"{arguments.file} has no LEAKY_RELU.")
    images = images_for(arguments)
    found = {kernels.name: errors(arguments.file, kernels.resolver, slopes, images) for kernels in KERNELS}
    print(f"{arguments.file} on {len(images)} training images ({this_machine().cpu})")
    print(f"{'mean error in steps, of':32} " + " ".join(f"{name:>22}" for name in found))
    print(f"{'':32} " + " ".join(f"{'positive':>11}{'negative':>11}" for _ in found))
    for name in next(iter(found.values())):
        print(
            f"{name[-32:]:32} " + " ".join("".join(f"{mean:+11.3f}" for mean in each[name]) for each in found.values())
        )


def slopes_of(content: bytes) -> dict[int, float]:
    """Index of the output of each LEAKY_RELU -> its slope below 0."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    return {
        int(operator.outputs[0]): float(operator.builtinOptions.alpha)
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.LEAKY_RELU
    }


def images_for(arguments: argparse.Namespace) -> np.ndarray[Any, Any]:
    """Training images of the size that the file takes: uint8 (N, H, W, 3)."""
    _, height, width, _ = (int(side) for side in Interpreter(str(arguments.file)).get_input_details()[0]["shape"])
    return load_dataset(arguments.data, DatasetRequest(image_size=(height, width))).train.images[: arguments.images]


def errors(
    file: Path, resolver: str, slopes: dict[int, float], images: np.ndarray[Any, Any]
) -> dict[str, tuple[float, float]]:
    """Name of each LEAKY_RELU -> mean error of positive and of negative values, in steps of its output."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that keeping all tensors costs memory
        interpreter = Interpreter(
            str(file),
            num_threads=1,
            experimental_op_resolver_type=OpResolverType[resolver],
            experimental_preserve_all_tensors=True,
        )
    interpreter.allocate_tensors()
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    sources = {op["outputs"][0]: op["inputs"][0] for op in interpreter._get_ops_details() if len(op["inputs"])}
    sums: dict[str, list[np.ndarray[Any, Any]]] = {}
    start = interpreter.get_input_details()[0]["index"]
    for image in images:
        interpreter.set_tensor(start, image[None].astype(details[start]["dtype"]))
        interpreter.invoke()
        for index, slope in slopes.items():
            sums.setdefault(details[index]["name"], []).append(
                _errors(interpreter, details, sources[index], index, slope)
            )
    totals = {name: np.sum(each, axis=0) for name, each in sums.items()}
    return {name: (total[0, 0] / total[0, 1], total[1, 0] / total[1, 1]) for name, total in totals.items()}


def _errors(interpreter: Any, details: Any, source: int, index: int, slope: float) -> np.ndarray[Any, Any]:
    """[[sum, count] of positive values, [sum, count] of negative ones], those at an end of the range left out."""
    (scale_in, zero_in), (scale_out, zero_out) = details[source]["quantization"], details[index]["quantization"]
    values = (interpreter.get_tensor(source).astype(np.float64) - zero_in) * scale_in
    given = interpreter.get_tensor(index).astype(np.float64)
    exact = np.where(values > 0, values, slope * values) / scale_out + zero_out
    inside = (exact > -128) & (exact < 127)
    parts = [inside & (values > 0), inside & (values < 0)]
    return np.array([[(given - exact)[part].sum(), part.sum()] for part in parts])


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="an int8 .tflite with LeakyReLUs, from 0 to 255 and a batch of 1")
    parser.add_argument("--data", required=True, help="whose training images to run, as `edgekit train` takes it")
    parser.add_argument("--images", type=int, default=100, help="how many")
    return parser.parse_args()


if __name__ == "__main__":
    main()
