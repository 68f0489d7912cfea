from typing import Any

import pytest

from edgekit.artifact import Format, Precision
from edgekit.verification.verdict.matching import Rows, matched, scheme_of
from edgekit.verification.verdict.report import CandidateReport, Verdict


def rows(*artifacts: str, precision: Precision | None = Precision.INT8, **changes: Any) -> Rows:
    made = [
        CandidateReport(
            **{
                "artifact": artifact,
                "sha256": artifact,
                "size_bytes": 1,
                "format": Format.TFLITE,
                "precision": precision,
                "runtime": "r",
                "runtime_version": "1",
                "verdict": Verdict.PASS,
                **changes,
            }
        )
        for artifact in artifacts
    ]
    return {(row.artifact, row.runtime): row for row in made}


def test_equal_names_are_equal_candidates() -> None:
    assert matched(rows("a", "b"), rows("a", "b")) == (rows("a", "b"), {})


def test_another_name_of_the_only_file_of_its_kind_is_matched_and_told() -> None:
    found, renamed = matched(rows("old.tflite"), rows("new.tflite"))
    assert [name for name, _ in found] == ["new.tflite"]
    assert found["new.tflite", "r"].artifact == "old.tflite"
    assert renamed == {("new.tflite", "r"): "old.tflite"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rows("a", "b"), rows("c")),
        (rows("a"), rows("c", "d")),
        (rows("a"), rows("c", precision=Precision.FLOAT16)),
        (rows("a", precision=None), rows("c", precision=None)),
        (rows("a"), rows("c", format=Format.ONNX)),
        (rows("a"), rows("c", runtime="s")),
        (rows("x/model-per-tensor-int8.tflite"), rows("y/model-int8.tflite")),
    ],
)
def test_what_could_mean_several_or_is_something_else_is_not_matched(old: Rows, new: Rows) -> None:
    assert matched(old, new) == (old, {})


@pytest.mark.parametrize(
    ("artifact", "scheme"),
    [
        ("tflite/model-int8.tflite", ""),
        ("tflite/model-ai-edge-per-tensor-int8.tflite", "ai-edge-per-tensor"),
        ("mine-int8.tflite", ""),
        ("model-v2.tflite", ""),
        ("model.tflite", ""),
    ],
)
def test_the_scheme_stands_in_the_name(artifact: str, scheme: str) -> None:
    assert scheme_of(artifact) == scheme
