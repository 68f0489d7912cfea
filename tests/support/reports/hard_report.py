"""A verification with everything that is hard to show: every verdict, ties, a small sample, names like markup."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, Precision
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.report import VerificationReport
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

HARD_NAMES = ("<script>alert(1)</script>", "Kätzchen & Söhne", "犬", "كلب", "a|b, *c*", "x" * 60, "frog")
"""Class names that break what is careless."""

MESSAGE = "its process said: </div><img src=x onerror=alert(1)>"


def hard_report(
    folder: Path, names: Sequence[str] = HARD_NAMES, num_images: int = 2100, num_drifting: int = 1
) -> tuple[VerificationReport, NDArray[np.uint8]]:
    """The report and the images that it was made on; `folder` is for the files of the candidates."""
    dataset = fake_dataset(np.arange(num_images) % len(names), tuple(names))
    reference = fake_reference(dataset)
    rng = np.random.default_rng(1)
    noisy = np.abs(reference.scores + rng.normal(0, 0.15, reference.scores.shape)).astype(np.float32)
    noisy /= noisy.sum(axis=1, keepdims=True)
    ruined = noisy.copy()
    ruined[dataset.test.labels == 0] = np.roll(noisy[dataset.test.labels == 0], 1, axis=1)
    tied = reference.scores.copy()
    tied[5:20] = 1 / len(names)

    answers = {"model-float32.tflite": answer_with(reference.scores), "model-int16x8.tflite": answer_with(tied)}
    pairs = [(Precision.FLOAT32, "litert-xnnpack"), (Precision.FLOAT32, "litert-reference")]
    pairs += [(Precision.INT16X8, "litert-builtin"), (Precision.DYNAMIC, "litert-xnnpack")]
    answers["model-dynamic.tflite"] = ExecutionFailure(reason=MESSAGE)
    candidates = [
        Candidate(artifact=fake_artifact(folder, Format.TFLITE, precision), runtime=runtime)
        for precision, runtime in pairs
    ]
    for number in range(num_drifting):
        artifact = fake_artifact(folder, Format.TFLITE, Precision.INT8, name=f"model{number}")
        answers[artifact.path.name] = answer_with(ruined)
        candidates.append(Candidate(artifact=artifact, runtime="litert-xnnpack"))
    onnx = fake_artifact(folder, Format.ONNX, None, name="<b>fremd")
    candidates.append(Candidate(artifact=onnx, runtime="onnxruntime"))
    executor = FakeExecutor(answers, unavailable={"onnxruntime": "'onnxruntime' is not installed here."})
    report = verify(candidates, reference=reference, dataset=dataset, executor=executor, pairwise=True)
    return report, np.asarray(dataset.test.images)
