import io
from pathlib import Path

import numpy as np
import pytest
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.rendering.markdown import verification_markdown
from edgekit.rendering.terminal.tables import MAX_WIDTH, make_console
from edgekit.rendering.terminal.verification_table import print_verification
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.report import VerificationReport

RUNTIMES = ("litert-xnnpack", "litert-builtin")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    """Two equal files and eleven that flip 1 to 11 images, each in two runtimes."""
    folder = tmp_path_factory.mktemp("artifacts")
    dataset = fake_dataset(np.arange(1000) % 2, ("a", "b"))
    reference = fake_reference(dataset)
    artifacts, answers = [], {}
    for number in range(13):
        scores = reference.scores.copy()
        first = 20 * number
        changed = max(0, number - 1)
        scores[first : first + changed] = scores[first : first + changed, ::-1]
        artifacts.append(fake_artifact(folder, Format.TFLITE, Precision.INT8, name=f"file{number}"))
        answers[artifacts[-1].path.name] = answer_with(scores)
    candidates = [Candidate(artifact=one, runtime=runtime) for one in artifacts for runtime in RUNTIMES]
    return verify(candidates, reference=reference, dataset=dataset, executor=FakeExecutor(answers), pairwise=True)


def rendered(report: VerificationReport, *, verbose: bool = False) -> str:
    file = io.StringIO()
    print_verification(report, verbose=verbose, console=make_console(file=file, force_terminal=False))
    return file.getvalue()


def test_the_matrix_fits_and_names_the_pair_that_differs_most(report: VerificationReport) -> None:
    text = rendered(report)
    assert max(map(len, text.splitlines())) <= MAX_WIDTH
    joined = " ".join(text.split())
    assert (
        "Most different: file11-int8.tflite in litert-xnnpack and file12-int8.tflite in litert-xnnpack: "
        "21 of 1,000 predictions (2.1%)." in joined
    )
    assert "4 more that differ less" in joined
    assert "97.90" in joined


def test_the_matrix_in_markdown_is_whole(report: VerificationReport) -> None:
    block = verification_markdown(report, "x").partition("## Agreement of the candidates")[2].partition("## ")[0]
    rows = [line for line in block.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 12
    assert {line.count("|") for line in rows} == {14}
    assert "file0-int8.tflite in litert-xnnpack, litert-builtin; file1-int8.tflite in litert-xnnpack" in rows[2]


def test_without_being_asked_there_is_no_matrix(report: VerificationReport, tmp_path: Path) -> None:
    from dataclasses import replace

    alone = replace(report, pairwise=None)
    assert "Most different" not in rendered(alone)
    assert "Agreement of the candidates" not in verification_markdown(alone, "x")
    assert "pairwise" not in alone.to_dict()


def test_one_pass_is_said_in_words_and_all_if_verbose(report: VerificationReport) -> None:
    short, long = (" ".join(rendered(report, verbose=verbose).split()) for verbose in (False, True))
    assert short.count("predictions flipped,") == 1
    assert "11 of 1,000 predictions flipped" in short
    assert "file12-int8.tflite in litert-xnnpack and litert-builtin: pass." in short
    assert "10 more files differ less: --verbose says how." in short
    assert long.count("predictions flipped,") == 11
    assert "--verbose" not in long
