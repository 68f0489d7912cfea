"""What a finished verification leaves in its run folder."""

from pathlib import Path

import numpy as np
import pytest
from support.run_folders import make_run

from edgekit.datasets import Split
from edgekit.foundation.errors import RunFolderError
from edgekit.verification.job import Verified
from edgekit.verification.verdict.report import DatasetSummary, ReferenceSummary, VerificationReport


def test_a_run_that_cannot_be_written_to_says_how_to_verify_it_all_the_same(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    run.verification_path.mkdir()  # in the way, for root too
    images, labels = np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1, np.int64)
    dataset = DatasetSummary(name="digits", split="test", num_images=1, sha256="a" * 64, class_names=("one", "two"))
    reference = ReferenceSummary(runtime="keras", accuracy=1.0, report=())
    report = VerificationReport(dataset=dataset, reference=reference, tolerance={}, candidates=())
    verified = Verified(report=report, run=run, test=Split(images=images, labels=labels))
    with pytest.raises(RunFolderError, match=r"Could not write .*edgekit verify FILE… --reference .*run"):
        verified.save("# Markdown", "<html>")
    assert not run.verification_path.with_suffix(".md").exists()
