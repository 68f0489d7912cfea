"""What a row says about processors on which its verdict does not hold."""

from dataclasses import replace
from pathlib import Path

from edgekit.artifact import Artifact, Format, Precision
from edgekit.verification.candidate import Candidate
from edgekit.verification.verdict.remarks import OVERFLOWS_HERE, overflow_remarks

CANDIDATE = Candidate(
    artifact=Artifact(
        path=Path("model-int8.onnx"), format=Format.ONNX, precision=Precision.INT8, size_bytes=1, sha256="0" * 64
    ),
    runtime="onnxruntime",
)


def test_a_verdict_that_depends_on_the_processor_says_so() -> None:
    (remark,) = overflow_remarks(replace(CANDIDATE, can_overflow=True))
    assert "does not hold on x86 processors without VNNI" in remark
    assert "--reduce-range" in remark


def test_nothing_is_said_where_nothing_overflows_or_where_the_reason_says_it() -> None:
    assert overflow_remarks(CANDIDATE) == ()
    assert overflow_remarks(replace(CANDIDATE, can_overflow=True, overflows_here=True)) == ()
    assert "edgekit export --int8 --format onnx --reduce-range" in OVERFLOWS_HERE
