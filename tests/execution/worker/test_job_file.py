"""What a worker is told arrives as it was sent."""

from pathlib import Path

import pytest

from edgekit.execution.settings_cache import SettingsCache
from edgekit.execution.worker.job_file import ScoringJob, TrialJob, WorkerSetup, read_job, write_job
from edgekit.input_range import InputEncoding
from edgekit.layer_drift.worker import LayerDriftJob
from edgekit.runtimes import SessionSettings

ENCODINGS = tuple(
    InputEncoding.parse(text, channels)
    for text, channels in (("0..1", "bgr"), ("bytes", "rgb"), ("mean=0.485/0.456/0.406,std=0.25", "rgb"))
)
FILES = {"artifact": Path("model é.onnx"), "images": Path("images.npy")}
JOBS = [
    ScoringJob(target="a:B", **FILES),
    ScoringJob(
        target="a:B",
        **FILES,
        num_images=3,
        settings=SessionSettings(num_threads=2, batch_size=8),
        encoding=ENCODINGS[0],
        order=Path("order.npy"),
        cache=SettingsCache(folder=Path("cache"), search_again=True),
        is_shared=True,
    ),
    TrialJob(target="a:B", **FILES, encodings=ENCODINGS),
    LayerDriftJob(reference=Path("a"), candidate=Path("b"), images=Path("c"), encoding=ENCODINGS[2]),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_a_job_arrives_as_it_was_sent(job, tmp_path: Path) -> None:
    for memory_limit in (None, 2**30):
        setup = WorkerSetup(parent=7, memory_limit=memory_limit, result=tmp_path / "result.json", scores=Path("s.npy"))
        write_job(tmp_path / "job.json", setup, job)
        assert read_job(tmp_path / "job.json", type(job)) == (setup, job)
