"""The table and the Markdown of a report that holds every verdict."""

import io
from pathlib import Path

import numpy as np
import pytest
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.rendering.markdown import verification_markdown
from edgekit.rendering.terminal.tables import MAX_WIDTH, make_console
from edgekit.rendering.terminal.verification_table import print_verification
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.report import VerificationReport

CLASSES = ("a very long class name", "dog|cat", "<b>bird</b>", "frog [red]")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    folder = tmp_path_factory.mktemp("artifacts")
    dataset = fake_dataset(np.arange(12_000) % 4, CLASSES)
    reference = fake_reference(dataset)
    ruined = reference.scores.copy()
    ruined[dataset.test.labels == 0] = [0.1, 0.7, 0.1, 0.1]
    float32, int8, dynamic = (
        fake_artifact(folder, Format.TFLITE, one) for one in (Precision.FLOAT32, Precision.INT8, Precision.DYNAMIC)
    )
    onnx = fake_artifact(folder, Format.ONNX, Precision.FLOAT32)
    executor = FakeExecutor(
        {
            float32.path.name: answer_with(reference.scores),
            onnx.path.name: answer_with(reference.scores),
            int8.path.name: answer_with(ruined),
            dynamic.path.name: ExecutionFailure(reason="did not end within the time limit of 600 s"),
        },
        unavailable={"onnxruntime-unoptimized": "'onnxruntime' is not installed here: pip install 'onnxruntime'"},
    )
    pairs = [
        *(
            (artifact, runtime)
            for artifact in (float32, int8, dynamic)
            for runtime in ("litert-xnnpack", "litert-reference")
        ),
        (onnx, "onnxruntime"),
        (onnx, "onnxruntime-unoptimized"),
    ]
    candidates = [Candidate(artifact=artifact, runtime=runtime) for artifact, runtime in pairs]
    return verify(candidates, reference=reference, dataset=dataset, executor=executor)


def rendered(report: VerificationReport, *, colour: bool = False) -> str:
    file = io.StringIO()
    print_verification(report, console=make_console(file=file, force_terminal=colour))
    return file.getvalue()


def test_it_fits_and_stands_worst_first(report: VerificationReport) -> None:
    lines = rendered(report).splitlines()
    assert max(map(len, lines)) <= MAX_WIDTH
    verdicts = [word for line in lines for word in line.split() if word in {"pass", "drift", "error", "not-compared"}]
    assert verdicts == ["error", "error", "drift", "drift", "not-compared", "pass", "pass", "pass"]
    for row in report.candidates:
        assert sum(row.runtime in line.split() for line in lines) >= 1


def test_reasons_and_summary_stand_below(report: VerificationReport) -> None:
    text = " ".join(rendered(report).split())
    assert "tflite int8 in litert-reference and litert-xnnpack: drift. This looks like another model" in text
    assert "litert-xnnpack: Accuracy fell by" in text
    assert "'a very long class name'" in text
    assert "dynamic in litert-xnnpack and litert-reference: error. The worker process did not end within" in text
    assert "onnx float32 in onnxruntime-unoptimized: not-compared. 'onnxruntime' is not installed here" in text
    assert "Run on a part of 12,000 images, spread evenly over the classes. These kernels are slow or in no app" in text
    assert "8 candidates: 3 within tolerance, 2 drifted beyond tolerance, 2 failed, 1 not compared." in text
    assert text.endswith("(29 bytes, 6,000 images/s here in onnxruntime)"), "the last lines say what to ship"


def test_what_is_true_of_several_rows_is_said_once(report: VerificationReport) -> None:
    text = " ".join(rendered(report).split())
    for said in (
        "rounding flips unsure images first",
        "did not end within the time limit",
        "These kernels are slow or in no app",
    ):
        assert text.count(said) == 1, said
    assert "tflite int8 and tflite float32 in litert-reference: Run on a part of 12,000 images" in text
    markdown = verification_markdown(report, "my run")
    assert "\n  - litert-xnnpack: Accuracy fell by" in markdown
    assert markdown.count("rounding flips unsure images first") == 1


def test_a_file_that_passes_gets_one_paragraph_and_ties_are_said_once(tmp_path: Path) -> None:
    """Three runtimes: two give the same answers, one others; a class is lost to a tie on a few images."""
    dataset = fake_dataset(np.arange(2000) % 4, CLASSES)
    reference = fake_reference(dataset)
    flipped, tied = reference.scores.copy(), reference.scores.copy()
    flipped[1] = np.roll(flipped[1], 1)
    tied[2] = 0.25
    int8 = fake_artifact(tmp_path, Format.TFLITE, Precision.INT8)
    answers = {"litert-xnnpack": flipped, "litert-builtin": flipped, "litert-reference": tied}
    report = verify(
        [Candidate(artifact=int8, runtime=runtime) for runtime in answers],
        reference=reference,
        dataset=dataset,
        reference_kernel_images=2000,
        executor=FakeExecutor({f"{int8.path.name} in {one}": answer_with(scores) for one, scores in answers.items()}),
    )
    lines = [line.strip() for line in rendered(report).splitlines()]
    text = " ".join(lines)
    assert "tflite int8 in litert-xnnpack and litert-builtin: pass. 0.05 points lower" in text
    assert "litert-reference: 0.05 points lower, not significant (p = 1). 1 of 2,000 predictions differs, only" in text
    assert text.count("several classes share the highest score") == 1


def test_verdicts_are_coloured_on_a_terminal_only(report: VerificationReport) -> None:
    assert "\x1b[33mdrift" in rendered(report, colour=True)
    assert "\x1b" not in rendered(report)


def test_files_are_named_where_precisions_do_not_tell_them_apart(tmp_path: Path) -> None:
    dataset = fake_dataset(np.arange(100) % 2, ("a", "b"))
    reference = fake_reference(dataset)
    artifacts = [fake_artifact(tmp_path, Format.TFLITE, Precision.INT8, name=name) for name in ("old", "new")]
    report = verify(
        [Candidate(artifact=artifact, runtime="litert-xnnpack") for artifact in artifacts],
        reference=reference,
        dataset=dataset,
        executor=FakeExecutor({artifact.path.name: answer_with(reference.scores) for artifact in artifacts}),
    )
    text = rendered(report)
    assert "old-int8.tflite" in text
    assert "new-int8.tflite" in text


def test_nothing_compared_is_said_to_be_no_pass(tmp_path: Path) -> None:
    dataset = fake_dataset(np.arange(100) % 2, ("a", "b"))
    candidate = Candidate(artifact=fake_artifact(tmp_path, Format.ONNX, None), runtime="onnxruntime")
    report = verify(
        [candidate],
        reference=fake_reference(dataset),
        dataset=dataset,
        executor=FakeExecutor({}, unavailable={"onnxruntime": "It is not here."}),
    )
    assert "nothing was compared, which does not count as a pass" in rendered(report)


def test_markdown_tables_are_whole(report: VerificationReport) -> None:
    text = verification_markdown(report, "my run")
    assert text.startswith("# Verification of my run\n")
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        widths = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(widths) == 1, table
    assert "dog\\|cat" in text
    assert "\\<b>bird\\</b>" in text
    assert "| **drift** | 12,000 |" in text
    assert "8 candidates: 3 within tolerance" in text


def test_markdown_names_the_worst_of_many_classes(tmp_path: Path) -> None:
    dataset = fake_dataset(np.arange(1200) % 60, tuple(f"class-{number}" for number in range(60)))
    reference = fake_reference(dataset, accuracy=1.0)
    ruined = reference.scores.copy()
    ruined[dataset.test.labels == 33] = ruined[dataset.test.labels == 32]
    artifact = fake_artifact(tmp_path, Format.TFLITE, Precision.INT8)
    report = verify(
        [Candidate(artifact=artifact, runtime="litert-xnnpack")],
        reference=reference,
        dataset=dataset,
        executor=FakeExecutor({artifact.path.name: answer_with(ruined)}),
    )
    table = verification_markdown(report, "x").partition("F1 by class")[2]
    assert "The 50 of 60 classes" in table
    lines = [line for line in table.splitlines() if line.startswith("| class-")]
    assert len(lines) == 50
    assert lines[0].startswith("| class-33 | 20 | 100.00% | -100.00 (!) |")
