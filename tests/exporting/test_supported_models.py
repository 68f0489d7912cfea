"""The matrix of supported models: what docs/supported-models.md says of each kind of network is true."""

from pathlib import Path

import pytest
from support.matrix.kinds import FILES, KINDS, Kind
from support.matrix.page import HEADINGS, PAGE, committed_rows, document

from edgekit.artifact import Precision
from edgekit.runtimes import chosen_runtimes
from edgekit.verification.verdict.report import CandidateReport, Verdict

FINE = frozenset({Verdict.PASS, Verdict.INCONCLUSIVE})
"""Few images leave open whether a loss is chance."""
LEAST_ACCURACY = 0.7
"""Of the float network: one that has learned nothing agrees with anything."""
LEAST_AGREEMENT = 0.95


@pytest.mark.minutes
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_network_exports_and_every_file_does_what_it_does_in_every_runtime(
    kind: Kind, tmp_path: Path
) -> None:
    from support.matrix.measuring import is_whole, measured

    outcome = measured(kind, tmp_path)
    assert set(outcome.made) == set(FILES) - set(kind.missing), outcome.missing
    for file, words in kind.missing.items():
        assert words in outcome.missing[file]
    assert outcome.made["tflite int8"].partition(" except ")[2] == kind.in_float
    rows = outcome.verification.candidates
    assert {(row.artifact, row.runtime) for row in rows} >= {
        (each.artifact.path.relative_to(outcome.export.run.path).as_posix(), name)
        for each in outcome.export.files
        for name, runtime in chosen_runtimes([]).items()
        if runtime.reads(each.artifact.format)
    }
    assert [(row, row.reasons) for row in rows if row.verdict not in FINE and not lacks_kernel(row)] == []
    assert {row.runtime for row in rows if lacks_kernel(row)} <= {"litert-reference"}
    assert outcome.verification.reference.accuracy > LEAST_ACCURACY
    for row in rows:
        if row.measurement and is_whole(row) and row.precision in (Precision.INT8, Precision.INT16X8):
            assert row.measurement.agreement >= LEAST_AGREEMENT, row


def lacks_kernel(row: CandidateReport) -> bool:
    """LiteRT's reference kernels have none for ELU."""
    return row.verdict is Verdict.NOT_COMPARED and "no kernel for" in " ".join(row.reasons)


def test_the_page_has_a_row_for_each_kind() -> None:
    assert list(committed_rows()) == [kind.name for kind in KINDS], "run PYTHONPATH=tests python -m support.matrix"


def test_the_page_says_what_the_matrix_expects() -> None:
    for kind in KINDS:
        row = dict(zip(HEADINGS, committed_rows()[kind.name], strict=True))
        for format_name in ("tflite", "onnx"):
            wanted = [
                each.split()[1] for each in FILES if each.startswith(f"{format_name} ") and each not in kind.missing
            ]
            assert row[f"`.{format_name}`"].split(", ") == wanted, kind.name
        assert row["float parts of int8 `.tflite`"] == (kind.in_float or "none"), kind.name


def test_the_page_is_as_the_command_writes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(committed_rows())
