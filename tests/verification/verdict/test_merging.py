"""What a filtered verification leaves of the rows that it did not run."""

from dataclasses import replace

from edgekit.artifact import Format, Precision
from edgekit.verification.verdict.merging import merged
from edgekit.verification.verdict.report import (
    CandidateReport,
    DatasetSummary,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)

FILES = ("tflite/model-int8.tflite", "tflite/model-float32.tflite")
OF_RUN = dict.fromkeys(FILES, "0" * 64)


def row(artifact: str, runtime: str, day: str, verdict: Verdict = Verdict.PASS) -> CandidateReport:
    return CandidateReport(
        artifact=artifact,
        sha256="0" * 64,
        size_bytes=1,
        format=Format.TFLITE,
        precision=Precision(artifact.rpartition("-")[2].partition(".")[0]),
        runtime=runtime,
        runtime_version="1",
        verdict=verdict,
        verified_on=day,
    )


def report(*rows: CandidateReport, limit: float = 1.0, data: str = "d", reference: str = "r") -> VerificationReport:
    return VerificationReport(
        dataset=DatasetSummary(name="x", split="test", num_images=9, sha256=data, class_names=("a", "b")),
        reference=ReferenceSummary(runtime="keras", accuracy=0.9, report=(), sha256=reference),
        tolerance={one.precision.value: {"max_f1_drop": limit} for one in rows if one.precision},
        candidates=rows,
    )


OLD = report(*(row(file, runtime, "2026-11-01") for file in FILES for runtime in ("litert-xnnpack", "litert-builtin")))


def test_new_rows_take_the_place_of_old_ones_and_the_others_say_their_day() -> None:
    new = report(row(FILES[0], "litert-xnnpack", "2026-11-29", Verdict.DRIFT))
    found = merged(OLD, new, OF_RUN).report
    assert [one.verdict for one in found.candidates] == [Verdict.DRIFT, *[Verdict.PASS] * 3]
    assert [one.verified_on for one in found.candidates] == ["2026-11-29", *["2026-11-01"] * 3]
    assert found.candidates[0].remarks == ()
    assert found.candidates[1].remarks == ("Not run again: verified on 2026-11-01.",)
    assert set(found.tolerance) == {"int8", "float32"}
    again = merged(found, new, OF_RUN).report
    assert again.candidates[1].remarks == found.candidates[1].remarks, "said once"


def test_rows_of_other_data_another_reference_or_other_limits_are_gone_and_that_is_said() -> None:
    one = row(FILES[0], "litert-xnnpack", "2026-11-29")
    for new, words in ((report(one, data="e"), "on other images"), (report(one, reference="s"), "another reference")):
        found = merged(OLD, new, OF_RUN)
        assert found.report == new
        assert words in found.notes[0]
    found = merged(OLD, report(one, limit=5.0), OF_RUN)
    assert {each.artifact for each in found.report.candidates} == {FILES[0], FILES[1]}
    assert len(found.report.candidates) == 3
    assert found.notes == (
        "int8 in litert-builtin is gone from the report: it was judged by other limits. Verify it again.",
    )


def test_a_file_that_the_run_no_longer_has_is_gone() -> None:
    new = report(row(FILES[0], "litert-xnnpack", "2026-11-29"))
    assert {one.artifact for one in merged(OLD, new, {FILES[0]: "0" * 64}).report.candidates} == {FILES[0]}
    assert merged(OLD, replace(new, candidates=()), OF_RUN).report.candidates != ()


def test_a_file_that_was_exported_again_is_gone_until_it_is_verified() -> None:
    new = report(row(FILES[0], "litert-xnnpack", "2026-11-29"))
    found = merged(OLD, new, OF_RUN | {FILES[1]: "1" * 64})
    assert {one.artifact for one in found.report.candidates} == {FILES[0]}
    assert found.notes[0] == (
        "float32 in litert-xnnpack is gone from the report: the file was exported again since. Verify it again."
    )
