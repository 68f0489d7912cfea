"""Twenty times the images in about the same memory: the whole command with its workers."""

import sys
from pathlib import Path

import pytest
from support.helpers import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("case", ["plain", "sequential", "logits"])
def test_many_images_take_little_more_memory_than_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "toolkit"))
    import verify_memory

    peaks = []
    for count in (5_000, 200_000):
        run, data = verify_memory.make_case(tmp_path / str(count), count, side=8)
        command, workers, _ = verify_memory.measure(run, data, 1, case)  # two at a time hold more or less by chance
        assert command > 20 * 2**20
        assert workers > 20 * 2**20
        peaks.append(command + workers)
        data.unlink()
    assert peaks[1] < 1.2 * peaks[0]
