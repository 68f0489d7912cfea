"""Generated code runs as it is: its own golden tests pass on the committed run, and fail where something changes."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.bundles import LABELS, bundled_model

from edgekit.artifact import Precision
from edgekit.bundle.code.cpp import cpp_code
from edgekit.bundle.code.javascript import javascript_code
from edgekit.bundle.code.literals import cpp_text
from edgekit.bundle.code.python import python_code
from edgekit.verification.verdict.targets import Target


def golden_test(bundle: Path, key: str) -> "subprocess.CompletedProcess[str]":
    folder = bundle / "code" / key / "python"
    return subprocess.run(
        [sys.executable, "test_golden.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("key", ["tflite-model-int8", "tflite-model-float32", "onnx-model-int8", "onnx-model-float16"])
def test_the_golden_test_in_python_passes(unpacked: Path, key: str) -> None:
    done = golden_test(unpacked, key)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_the_golden_test_in_python_fails_on_other_outputs_and_other_images(unpacked: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(unpacked, tmp_path / "resnet8"))
    expected = bundle / "golden" / "expected" / "tflite-model-int8.bin"
    content = bytearray(expected.read_bytes())
    content[3] ^= 1
    expected.write_bytes(content)
    done = golden_test(bundle, "tflite-model-int8")
    assert done.returncode == 1
    assert "test_the_model_gives_the_expected_outputs" in done.stderr
    assert "FAILED (failures=1)" in done.stderr
    images = sorted((bundle / "golden" / "images").iterdir())
    shutil.copy(images[1], images[0])
    assert "FAILED (failures=2)" in golden_test(bundle, "tflite-model-int8").stderr


def test_another_model_file_is_refused(unpacked: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(unpacked, tmp_path / "resnet8"))
    shutil.copy(bundle / "tflite" / "model-float32.tflite", bundle / "tflite" / "model-int8.tflite")
    assert "This code is for the file with SHA-256" in golden_test(bundle, "tflite-model-int8").stderr


def test_a_tensor_of_another_type_or_shape_is_refused_in_python(unpacked: Path) -> None:
    script = (
        "import numpy as np; from classifier import Classifier; one = Classifier()\n"
        "for tensor in (np.zeros((1, 32, 32, 3), np.float32), np.zeros((1, 32, 32), np.uint8)):\n"
        "    try: one.run(tensor)\n"
        "    except ValueError as error: print(error)\n"
    )
    folder = unpacked / "code" / "tflite-model-int8" / "python"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [
        "The input is uint8 of shape (1, 32, 32, 3). Received float32 of shape (1, 32, 32, 3).",
        "The input is uint8 of shape (1, 32, 32, 3). Received uint8 of shape (1, 32, 32).",
    ]


def test_labels_of_any_text_survive_in_python() -> None:
    names: dict[str, Any] = {"__file__": "/a/b/c/d/classifier.py", "__name__": "made"}
    exec(python_code(bundled_model(LABELS))["python/classifier.py"], names)
    assert names["LABELS"] == LABELS


def test_labels_of_any_text_survive_in_javascript_and_wrong_tensors_are_refused(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    module = tmp_path / "classifier.mjs"
    module.write_bytes(javascript_code(bundled_model(LABELS))["javascript/classifier.mjs"])
    script = (
        "const { LABELS, checkTensor } = await import(process.argv[1]); const said = [];"
        "for (const one of [new Float32Array(3072), new Uint8Array(3071), new Uint8Array(3072)])"
        "  try { checkTensor(one); said.push('fine'); } catch (error) { said.push(error.message); }"
        "console.log(JSON.stringify([LABELS, said]));"
    )
    command = [node, "--input-type=module", "--eval", script, module.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    labels, said = json.loads(done.stdout)
    assert tuple(labels) == LABELS
    assert said == [
        "The input is Uint8Array. Received Float32Array.",
        "The input has 3072 values. Received 3071.",
        "fine",
    ]


def test_the_array_in_cpp_is_the_file_aligned_with_its_labels(unpacked: Path, tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    folder = unpacked / "code" / "tflite-model-int8" / "cpp"
    main = tmp_path / "main.cc"
    main.write_text(
        '#include <cstdio>\n#include "model.h"\n'
        "int main() {\n"
        "  if (reinterpret_cast<std::uintptr_t>(kModel) % 16 || kInputLength != 3072) return 1;\n"
        "  for (int pixel = 0; pixel < 256; ++pixel) if (FromPixel(pixel) != pixel) return 2;\n"
        "  std::fwrite(kModel, 1, kModelSize, stdout);\n"
        '  for (std::size_t at = 0; at < kNumLabels; ++at) std::fprintf(stderr, "%s\\n", kLabels[at]);\n'
        "}\n"
    )
    command = [
        compiler,
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{folder}",
        str(main),
        str(folder / "model.cc"),
    ]
    subprocess.run([*command, "-o", str(tmp_path / "main")], check=True, timeout=120)
    done = subprocess.run([tmp_path / "main"], capture_output=True, check=True, timeout=60)
    assert done.stdout == (unpacked / "tflite" / "model-int8.tflite").read_bytes()
    assert done.stderr.decode() == (unpacked / "labels.txt").read_text("utf-8")


def test_the_resolver_in_cpp_has_the_operators_of_the_file_and_no_other() -> None:
    made = cpp_code(dataclasses.replace(bundled_model(), operators=("CONV_2D", "LEAKY_RELU", "RELU6", "RESHAPE")))
    text = made["cpp/classifier.h"].decode()
    assert re.findall(r"operators\.(\w+)\(\)", text) == ["AddConv2D", "AddLeakyRelu", "AddRelu6", "AddReshape"]
    assert "MicroMutableOpResolver<4>" in text


def test_cpp_is_for_int8_files_on_microcontrollers() -> None:
    model = bundled_model()
    assert set(cpp_code(model)) == {
        f"cpp/{name}" for name in ("model.h", "model.cc", "preprocessing.h", "classifier.h", "golden_test.cc")
    }
    assert cpp_code(dataclasses.replace(model, targets=(Target.WEB,))) == {}
    assert cpp_code(dataclasses.replace(model, precision=Precision.FLOAT32)) == {}


def test_the_golden_test_in_javascript_passes_and_fails_on_other_outputs(unpacked: Path, tmp_path: Path) -> None:
    """Needs onnxruntime-web in a folder `node_modules` that EDGEKIT_NODE_MODULES names: npm install onnxruntime-web."""
    modules, node = os.environ.get("EDGEKIT_NODE_MODULES"), shutil.which("node")
    if node is None or modules is None or not (Path(modules) / "onnxruntime-web").is_dir():
        pytest.skip("needs Node.js, and EDGEKIT_NODE_MODULES=PATH of a node_modules with onnxruntime-web")
    bundle = Path(shutil.copytree(unpacked, tmp_path / "resnet8"))
    (tmp_path / "node_modules").symlink_to(modules)
    command = [node, "--test", "golden.test.mjs"]
    for key in ("onnx-model-float32", "onnx-model-int8"):
        folder = bundle / "code" / key / "javascript"
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout
        expected = bundle / "golden" / "expected" / f"{key}.bin"
        expected.write_bytes(expected.read_bytes()[4:] + bytes(4))
        assert subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False).returncode == 1


def test_labels_of_any_text_survive_in_cpp(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    source = tmp_path / "labels.cc"
    literals = ",\n".join(map(cpp_text, LABELS))
    source.write_text(
        f"#include <cstdio>\nconst char* const kLabels[] = {{{literals}}};\n"
        'int main() { for (auto each : kLabels) std::printf("%s%c", each, 0); }\n'
    )
    subprocess.run([compiler, "-trigraphs", "-o", str(tmp_path / "labels"), str(source)], check=True, timeout=60)
    done = subprocess.run([tmp_path / "labels"], capture_output=True, check=True, timeout=60)
    assert tuple(done.stdout.decode().split("\0")[:-1]) == LABELS
