"""The memory that a model needs on a microcontroller: the search, and the real planner where its package is there."""

import importlib.util
from pathlib import Path

import pytest
from support.helpers import ROOT

from edgekit.execution.worker.arena import measured_arena
from edgekit.runtimes.tflite_micro import LARGEST, STEP, smallest

INT8 = ROOT / "exported" / "resnet8" / "tflite" / "model-int8.tflite"


@pytest.mark.parametrize("needed", [1, 16, 17, 1000, 2**14, 2**14 + 1, 56_544, LARGEST])
def test_the_smallest_size_that_works_is_found_in_few_steps(needed: int) -> None:
    tried: list[int] = []

    def runs(num_bytes: int) -> bool:
        tried.append(num_bytes)
        return num_bytes >= needed

    assert smallest(runs) == -(-needed // STEP) * STEP
    assert len(tried) <= 40


def test_what_never_works_has_no_size() -> None:
    assert smallest(lambda num_bytes: num_bytes > LARGEST) is None


@pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is not None, reason="tflite-micro is there")
def test_without_the_package_nothing_is_measured() -> None:
    assert measured_arena(INT8) is None


@pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed")
def test_the_planner_of_tflite_micro_runs_with_what_was_found_and_not_with_less() -> None:
    from tflite_micro.python.tflite_micro import runtime

    arena = measured_arena(INT8)
    assert arena is not None
    assert arena.measured_with.startswith("tflite-micro ")
    assert 49_152 < arena.num_bytes < 65_536  # two feature maps of 32 x 32 x 16 and one of half the size at once
    content = INT8.read_bytes()
    runtime.Interpreter.from_bytes(content, arena_size=arena.num_bytes).invoke()
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(content, arena_size=arena.num_bytes - 2 * STEP).invoke()


def test_a_file_that_it_cannot_run_has_no_arena(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(INT8.read_bytes()[:5000])
    assert measured_arena(broken) is None
