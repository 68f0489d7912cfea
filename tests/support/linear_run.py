"""A run on digits that needs no TensorFlow: its ONNX files are one matrix product, good enough to read digits."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference


def digits() -> Dataset:
    """The digits with their training images."""
    return load_dataset("digits", DatasetRequest())


def nearest_mean(dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A linear classifier by the mean image of each class: weights (H * W * 3, C) and biases (C,)."""
    pixels = dataset.train.images.reshape(len(dataset.train), -1) / 255.0
    means = np.stack([pixels[dataset.train.labels == label].mean(axis=0) for label in range(len(dataset.class_names))])
    sharpness = 0.1
    weights, biases = sharpness * means.T / 255.0, -sharpness * (means**2).sum(axis=1) / 2
    return weights.astype(np.float32), biases.astype(np.float32)


def scores_of(
    weights: NDArray[np.float32], biases: NDArray[np.float32], images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What the model answers, computed in float64: probabilities float32 (N, C)."""
    logits = images.reshape(len(images), -1).astype(np.float64) @ weights.astype(np.float64) + biases
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def write_onnx(path: Path, weights: NDArray[np.float32], biases: NDArray[np.float32], side: int = 32) -> Path:
    """Raw pixels float32 (batch, side, side, 3) -> probabilities (batch, C)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Reshape", ["images", "shape"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "biases"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
        ],
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", side, side, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", weights.shape[1]])],
        [
            numpy_helper.from_array(np.array([0, side * side * 3]), "shape"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(biases, "biases"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def make_run(folder: Path) -> RunFolder:
    """A run on digits with an `onnx/model-float32.onnx` that does what its reference says."""
    dataset = digits()
    weights, biases = nearest_mean(dataset)
    shape = list(dataset.image_shape)
    run = RunFolder.create(folder, {"dataset": {"name": "digits", "sha256": dataset.sha256, "image_shape": shape}})
    Reference(
        scores=scores_of(weights, biases, dataset.test.images),
        labels=dataset.test.labels,
        dataset_sha256=dataset.sha256,
        class_names=dataset.class_names,
    ).save(run.reference_path)
    model = write_onnx(folder / "onnx" / "model-float32.onnx", weights, biases)
    run.record(run.reference_path, model)
    return run
