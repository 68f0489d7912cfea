"""What an engineer would write without edgekit: one plain script for each job, in a process of its own.

    python benchmarks/by_hand.py export MODEL.keras DATA.npz FOLDER CALIBRATION_IMAGES
    python benchmarks/by_hand.py verify FOLDER DATA.npz
    python benchmarks/by_hand.py qat NAME SIZE DATA.npz BATCH

`export` makes the nine files of `edgekit export --all`, and prints which a library cannot make. `verify` runs every
file of a folder on all test images, an image at a time, and counts right answers. `qat` builds a network of
keras.applications in Keras 2, trains it for one epoch with tensorflow-model-optimization, and scores the test images.
Imports nothing of edgekit; `real_size.py` runs it beside edgekit.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]


def make_tflite(model: Any, images: Images, folder: Path) -> None:
    """Five files, each by a converter of its own."""
    import tensorflow as tf

    def some() -> Iterator[list[Images]]:
        yield from ([image[None]] for image in images)

    def write(name: str, **settings: Any) -> None:
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if name != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        for setting, value in settings.items():
            setattr(converter.target_spec if setting.startswith("supported") else converter, setting, value)
        try:
            (folder / f"{name}.tflite").write_bytes(converter.convert())
        except Exception as error:  # noqa: BLE001 - a converter raises anything
            print(f"{name}.tflite: {type(error).__name__}")

    write("float32")
    write("float16", supported_types=[tf.float16])
    write("dynamic")
    builtin = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    pixels: dict[str, Any] = {"inference_input_type": tf.uint8, "inference_output_type": tf.uint8}
    write("int8", representative_dataset=some, supported_ops=builtin, **pixels)
    wide = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    write("int16x8", representative_dataset=some, supported_ops=wide)


def make_onnx(model: Any, images: Images, folder: Path) -> None:
    """Four files: traced once, then made smaller."""
    import onnx
    import tensorflow as tf
    import tf2onnx
    from keras.src.export.tf2onnx_lib import patch_tf2onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from onnxruntime.transformers.float16 import convert_float_to_float16

    patch_tf2onnx()
    signature = [tf.TensorSpec((None, *model.inputs[0].shape[1:]), tf.float32, name="pixels")]
    function = tf.function(lambda pixels: model(pixels, training=False), input_signature=signature)
    traced, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=15)
    raw, ready = folder / "raw.onnx", folder / "float32.onnx"
    onnx.save(traced, raw)
    quant_pre_process(raw, ready, skip_symbolic_shape=True)
    raw.unlink()
    onnx.save(convert_float_to_float16(onnx.load(ready), keep_io_types=True), folder / "float16.onnx")
    quantization.quantize_dynamic(ready, folder / "dynamic.onnx")

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = (images[start : start + 16] for start in range(0, len(images), 16))

        def get_next(self) -> Any:
            batch = next(self._batches, None)
            return None if batch is None else {"pixels": batch}

    quantization.quantize_static(ready, folder / "int8.onnx", Reader(), per_channel=True)


def export(model_path: str, data: str, folder: str, num_images: str) -> None:
    """All files of a model."""
    import keras

    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    model = keras.models.load_model(model_path)
    images = np.load(data)["x_train"][: int(num_images)].astype(np.float32)
    make_tflite(model, images, out)
    make_onnx(model, images, out)


def verify(folder: str, data: str) -> None:
    """Accuracy of every file, an image at a time, on as many threads as there are processors."""
    arrays = np.load(data)
    images, labels = arrays["x_test"], arrays["y_test"]
    for path in sorted(Path(folder).rglob("*.*")):
        if path.suffix in (".tflite", ".onnx"):
            score = _tflite(path) if path.suffix == ".tflite" else _onnx(path)
            print(
                path.name,
                np.mean([score(image[None]).argmax() == label for image, label in zip(images, labels, strict=True)]),
            )


def _tflite(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=os.cpu_count())
    interpreter.allocate_tensors()
    [pixels], [scores] = interpreter.get_input_details(), interpreter.get_output_details()

    def score(batch: Any) -> Any:
        interpreter.set_tensor(pixels["index"], batch.astype(pixels["dtype"]))
        interpreter.invoke()
        return interpreter.get_tensor(scores["index"])

    return score


def _onnx(path: Path) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    [pixels] = session.get_inputs()
    kind = np.uint8 if pixels.type == "tensor(uint8)" else np.float32
    is_last = pixels.shape[-1] == 3

    def score(batch: Any) -> Any:
        return session.run(None, {pixels.name: (batch if is_last else batch.transpose(0, 3, 1, 2)).astype(kind)})[0]

    return score


def qat(name: str, size: str, data: str, batch: str) -> None:
    """One epoch of quantization-aware training from random weights."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tensorflow_model_optimization as tfmot
    import tf_keras

    arrays = np.load(data)
    train, test = arrays["x_train"].astype(np.float32), arrays["x_test"].astype(np.float32)
    shape = (int(size), int(size), 3)
    pixels = tf_keras.Input(shape)
    body = getattr(tf_keras.applications, name)(weights=None, classes=10, input_shape=shape)
    flat = tf_keras.models.Model(pixels, body(pixels)).layers[-1]  # quantize_model takes no nested model
    model = tfmot.quantization.keras.quantize_model(flat)
    model.compile(tf_keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    num_validation = len(train) // 10
    model.fit(
        train[num_validation:] / 127.5 - 1,
        arrays["y_train"][num_validation:],
        batch_size=int(batch),
        epochs=1,
        verbose=0,
        validation_data=(train[:num_validation] / 127.5 - 1, arrays["y_train"][:num_validation]),
    )
    model.predict(test / 127.5 - 1, verbose=0)
    model.save_weights("trained.weights.h5")


if __name__ == "__main__":
    {"export": export, "verify": verify, "qat": qat}[sys.argv[1]](*sys.argv[2:])
