"""What people call things: "fp16" means float16. The only table of synonyms; knows nothing of what it names."""

from collections.abc import Mapping

SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "precision": {
        "fp32": "float32",
        "f32": "float32",
        "float": "float32",
        "full": "float32",
        "single": "float32",
        "fp16": "float16",
        "f16": "float16",
        "half": "float16",
        "dyn": "dynamic",
        "dynamic-range": "dynamic",
        "drq": "dynamic",
        "weight-only": "dynamic",
        "i8": "int8",
        "w8a8": "int8",
        "full-integer": "int8",
        "16x8": "int16x8",
        "w8a16": "int16x8",
        "int8x16": "int16x8",
    },
    "runtime": {
        "xnnpack": "litert-xnnpack",
        "litert": "litert-xnnpack",
        "tflite": "litert-xnnpack",
        "tflite-xnnpack": "litert-xnnpack",
        "builtin": "litert-builtin",
        "tflite-builtin": "litert-builtin",
        "reference": "litert-reference",
        "tflite-reference": "litert-reference",
        "ort": "onnxruntime",
        "onnx": "onnxruntime",
        "onnx-runtime": "onnxruntime",
        "ort-unoptimized": "onnxruntime-unoptimized",
        "unoptimized": "onnxruntime-unoptimized",
        "compiled-model": "litert-compiled",
        "litert-micro": "tflite-micro",
        "tflm": "tflite-micro",
        "micro": "tflite-micro",
        "ov": "openvino",
    },
    "format": {".tflite": "tflite", "litert": "tflite", "tf-lite": "tflite", ".onnx": "onnx", "ort": "onnx"},
    "calibration method": {
        "kl": "entropy",
        "kld": "entropy",
        "kl-divergence": "entropy",
        "min-max": "minmax",
        "min/max": "minmax",
        "l2": "mse",
        "quantile": "percentile",
    },
    "quantizer": {"tf": "tensorflow", "aieq": "ai-edge", "ai-edge-quantizer": "ai-edge", "all": "both"},
    "split": {"val": "validation", "valid": "validation", "dev": "validation"},
    "backend": {"tf": "tensorflow", "pytorch": "torch"},
}
"""Kind of name, as in messages -> what people write, in small letters with hyphens -> the name itself."""


def meant(kind: str, name: str) -> str:
    """What `name` means among names of `kind`: "FP16" is "float16"; unknown ones in small letters with hyphens."""
    spelled = name.strip().lower().replace("_", "-")
    return SYNONYMS.get(kind, {}).get(spelled, spelled)
