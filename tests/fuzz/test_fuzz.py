"""Damaged model files: a quick share of what `python tests/fuzz/campaign.py` does with thousands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fuzz.model_files import faults_of, write_data
from fuzz.mutation import mutants
from support.helpers import ROOT
from support.tiny_models import NUM_CLASSES, endless_onnx, some_images

from edgekit.execution.isolation import execute
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file
from edgekit.verification.job import verify_request
from edgekit.verification.request import ExternalModelOptions, VerifyRequest

MODELS = [
    ROOT / "exported" / "resnet8" / kind / f"model-{precision}.{kind}"
    for kind in ("tflite", "onnx")
    for precision in ("float32", "int8")
]


def test_mutants_are_damaged_each_in_its_own_way_and_the_same_for_the_same_seed() -> None:
    for model in MODELS:
        content, kind = model.read_bytes(), model.suffix[1:]
        made = mutants(content, kind, 48, seed=1)
        assert made == mutants(content, kind, 48, seed=1)
        assert len({*made, content}) > 40


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_inspection_reads_or_refuses_and_never_harms(model: Path, tmp_path: Path) -> None:
    kind, refused = model.suffix[1:], 0
    path = tmp_path / f"mutant.{kind}"
    for content in mutants(model.read_bytes(), kind, 96, seed=2):
        path.write_bytes(content)
        try:
            json.dumps(inspect_file(path).to_dict(), allow_nan=False)
        except ArtifactError:
            refused += 1
    assert 10 < refused < 96


def campaign(*arguments: object) -> str:
    """What the campaign prints; it must have found nothing."""
    command = [sys.executable, ROOT / "tests" / "fuzz" / "campaign.py", "--parts", "models", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_mutant_gets_a_row_and_edgekit_survives(tmp_path: Path) -> None:
    said = campaign("--mutants", "16", "--one-runtime", "--no-unusual", "--keep", tmp_path)
    for kind in ("tflite", "onnx"):
        assert f"| damaged .{kind} files | 32 | 32 | 0 | 0 |" in said
    assert "0 faults" in said


@pytest.mark.parametrize("model", MODELS[::2], ids=lambda model: model.suffix)
def test_a_sound_file_beside_mutants_and_unusual_files_always_has_its_row(model: Path, tmp_path: Path) -> None:
    hangs = "functions-that-double"  # takes its time limit twice; that is tested where files are inspected
    chosen = ("--mutants", "20", "--seed", "17", "--one-runtime", "--leave-out", hangs)
    said = campaign(model, *chosen, "--keep", tmp_path)
    assert f"| damaged {model.suffix} files | 20 | 20 | 0 | 0 |" in said
    [num_unusual] = re.findall(r"\| unusual \S+ files \| (\d+) \| \1 \| 0 \| 0 \|", said)
    assert int(num_unusual) >= 30
    num_chunks = 1 + -(-int(num_unusual) // 20)
    assert f"{num_chunks} rows of the sound files beside them, none an error" in said
    assert "0 faults" in said


def test_real_worker_processes_do_the_same(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    files = []
    for model in MODELS[1:3]:
        for number, content in enumerate(mutants(model.read_bytes(), model.suffix[1:], 12, seed=4)):
            if number % 3 == 0:
                files.append(tmp_path / f"{model.stem}_{number}{model.suffix}")
                files[-1].write_bytes(content)
    request = VerifyRequest(
        targets=files,
        reference=data / "scores.npy",
        data=f"npz:{data / 'data.npz'}",
        runtimes=("litert-xnnpack", "onnxruntime"),
        time_limit=30,
        external=ExternalModelOptions(check_inputs=False),
    )
    rows = [row.to_dict() for row in verify_request(request).report.candidates]
    assert len(rows) == len(files) == 8
    assert [faults_of(row) for row in rows] == [[]] * 8
    assert any(row["verdict"] == "error" for row in rows)


def test_a_damaged_size_of_the_input_costs_its_own_row_alone(tmp_path: Path) -> None:
    import onnx

    data, sound = write_data(tmp_path), MODELS[2]
    model = onnx.load(str(sound))
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**20
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(model.SerializeToString())
    request = VerifyRequest(
        targets=[damaged, sound],
        reference=data / "scores.npy",
        data=f"npz:{data / 'data.npz'}",
        runtimes=("onnxruntime",),
        external=ExternalModelOptions(check_inputs=False),
    )
    first, second = verify_request(request).report.candidates
    assert first.verdict == "error"
    assert "1048576" in " ".join(first.reasons)
    assert second.verdict != "error"


def test_an_endless_loop_takes_its_time_limit_and_its_own_row_alone(tmp_path: Path) -> None:
    endless = endless_onnx(tmp_path / "endless.onnx")
    images = some_images(10)
    np.savez(tmp_path / "data.npz", x_test=images, y_test=np.arange(10) % NUM_CLASSES)
    np.save(tmp_path / "scores.npy", np.random.default_rng(0).dirichlet(np.ones(NUM_CLASSES), 10).astype(np.float32))
    request = VerifyRequest(
        targets=[endless, endless_onnx(tmp_path / "three.onnx", num_rounds=3)],
        reference=tmp_path / "scores.npy",
        data=f"npz:{tmp_path / 'data.npz'}",
        runtimes=("onnxruntime",),
        time_limit=10,
        external=ExternalModelOptions(check_inputs=False),
    )
    first, second = verify_request(request).report.candidates
    assert first.verdict == "error"
    assert "The worker process did not end within the time limit of 10 s." in first.reasons
    assert second.verdict != "error"


def test_a_dimension_that_asks_for_more_memory_than_there_is_fails_alone(tmp_path: Path) -> None:
    from onnx import helper, numpy_helper
    from support.tiny_models import mean_weights, onnx_model

    model = onnx_model()
    model.graph.node[-1].input[1] = "huge"
    model.graph.initializer.append(numpy_helper.from_array(np.array([3, 2**36]), "size"))
    model.graph.initializer.append(numpy_helper.from_array(mean_weights()[:, :1].copy(), "column"))
    model.graph.node.insert(2, helper.make_node("Expand", ["column", "size"], ["huge"]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    np.save(tmp_path / "images.npy", np.zeros((2, 16, 16, 3), np.uint8))
    said = str(execute("onnxruntime", path, tmp_path / "images.npy", time_limit=60)).lower()
    assert "memory" in said or "allocate" in said
