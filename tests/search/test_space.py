import pytest

from edgekit.artifact import Format, Precision
from edgekit.search.space import can_mix, jobs_of, mixed


@pytest.mark.parametrize("artifact_format", list(Format))
def test_single_layers_of_int8_files_of_every_format_can_stay_in_float(artifact_format: Format) -> None:
    jobs = [job for job in jobs_of(artifact_format) if job.precision is Precision.INT8]
    assert all(can_mix(job) for job in jobs)
    assert "mixed" in mixed(jobs[0], ["dense"]).title
    floats = [job for job in jobs_of(artifact_format) if job.precision is Precision.FLOAT32]
    assert not any(can_mix(job) for job in floats)


@pytest.mark.parametrize("artifact_format", list(Format))
def test_every_method_of_calibration_is_tried(artifact_format: Format) -> None:
    titles = [job.title for job in jobs_of(artifact_format)]
    assert {f"{artifact_format} {method} int8" for method in ("percentile", "mse", "entropy")} < set(titles)
