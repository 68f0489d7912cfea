"""How long the others stand still while one candidate measures its speed."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from edgekit.execution.worker.candidate_run import CandidateRun
from edgekit.execution.worker.job_file import ScoringJob
from edgekit.execution.worker.messages import ParentConnection
from edgekit.runtimes.base import Runtime
from edgekit.runtimes.litert import LiteRTReference, LiteRTXnnpack
from edgekit.runtimes.onnxruntime import OnnxRuntime, OnnxRuntimeUnoptimized


@pytest.mark.parametrize(
    ("runtime", "images_per_second", "seconds"),
    [
        (LiteRTXnnpack, 250.0, 0.5),  # an eighth of 1,000 / 250 s
        (LiteRTXnnpack, 500.0, 0.25),
        (OnnxRuntime, 10.0, 0.5),  # at most half a second
        (OnnxRuntime, 20_000.0, 0.1),  # at least a tenth
        (LiteRTReference, 100.0, 0.05),  # no app uses it
        (OnnxRuntimeUnoptimized, 20_000.0, 0.05),
    ],
)
def test_speed_is_measured_for_a_share_of_the_run_and_shortest_where_no_app_uses_it(
    runtime: type[Runtime], images_per_second: float, seconds: float
) -> None:
    job = ScoringJob(target="", artifact=Path("model.onnx"), images=Path("images.npy"))
    images = SimpleNamespace(num_images=1000)
    run = CandidateRun(job, runtime, images, ParentConnection(2), lambda: 0)  # type: ignore[arg-type]
    assert run._measuring_seconds(images_per_second) == pytest.approx(seconds)
