"""A verification of a large model: 1,000 classes, 50,000 images, nine files in all runtimes; nothing is run."""

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, Precision
from edgekit.metrics.drift import Flips
from edgekit.verification.measuring.measurement import (
    ClassFlip,
    ClassResult,
    ConfusionCell,
    FlippedImage,
    Measurement,
    ReliabilityBin,
)
from edgekit.verification.verdict.report import (
    CandidateReport,
    DatasetSummary,
    Performance,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)

NUM_CLASSES, NUM_IMAGES = 1000, 50_000
RUNTIMES = {
    Format.TFLITE: ("litert-xnnpack", "litert-builtin", "litert-reference"),
    Format.ONNX: ("onnxruntime", "onnxruntime-unoptimized"),
}
DRIFTING = (Precision.DYNAMIC, Precision.INT8)


def large_report() -> tuple[VerificationReport, NDArray[np.uint8]]:
    """The report, and photographs uint8 (200, 224, 224, 3) that its flipped images are taken from."""
    rng = np.random.default_rng(0)
    names = tuple(f"class {number:04}, a longer name" for number in range(NUM_CLASSES))
    rows = [
        _row(rng, names, file_format, precision, runtime)
        for file_format, runtimes in RUNTIMES.items()
        for precision in Precision
        if (file_format, precision) != (Format.ONNX, Precision.INT16X8)
        for runtime in runtimes
    ]
    report = VerificationReport(
        dataset=DatasetSummary(name="planted", split="test", num_images=NUM_IMAGES, sha256="a" * 64, class_names=names),
        reference=ReferenceSummary(runtime="keras", accuracy=0.7, report=_classes(rng, names, 0.0)),
        tolerance={},
        candidates=tuple(rows),
    )
    return report, rng.integers(0, 256, (200, 224, 224, 3)).astype(np.uint8)


def _row(
    rng: np.random.Generator, names: tuple[str, ...], file_format: Format, precision: Precision, runtime: str
) -> CandidateReport:
    drifts = precision in DRIFTING
    return CandidateReport(
        artifact=f"{file_format}/model-{precision}.{file_format}",
        sha256="b" * 64,
        size_bytes=int(rng.integers(4_000_000, 20_000_000)),
        format=file_format,
        precision=precision,
        runtime=runtime,
        runtime_version="1.0",
        verdict=Verdict.DRIFT if drifts else Verdict.PASS,
        reasons=("Accuracy fell by 2.00 points, from 70.00% to 68.00%; the limit is 1.",) if drifts else (),
        measurement=_measurement(rng, names, 0.02 if drifts else 0.001),
        performance=Performance(
            seconds=100.0,
            images_per_second=float(rng.uniform(20, 500)),
            peak_rss_bytes=10**9,
            num_threads=2,
            batch_size=1,
            num_sessions=1,
        ),
    )


def _measurement(rng: np.random.Generator, names: tuple[str, ...], loss: float) -> Measurement:
    pairs = rng.integers(0, NUM_CLASSES, (1000, 2))
    flipped = rng.integers(0, NUM_CLASSES, (100, 3))
    bins = tuple(
        ReliabilityBin(num_images=NUM_IMAGES // 15, confidence=(place + 0.5) / 15, accuracy=(place + 0.4) / 15)
        for place in range(15)
    )
    return Measurement(
        num_images=NUM_IMAGES,
        accuracy=0.7 - loss,
        reference_accuracy=0.7,
        accuracy_delta=-loss,
        agreement=0.97,
        flips=Flips(right_to_wrong=800, wrong_to_right=400, wrong_to_wrong=300),
        tie_flips=Flips(right_to_wrong=0, wrong_to_right=0, wrong_to_wrong=0),
        ties=0,
        mcnemar_p=0.001,
        per_class=_classes(rng, names, loss),
        max_abs_score_difference=0.3,
        mean_confidence_drift=0.01,
        mean_kl_divergence=0.01,
        accuracy_delta_interval=(-loss - 0.001, -loss + 0.001),
        significant_classes=names[:50],
        near_tie_flips=Flips(right_to_wrong=100, wrong_to_right=100, wrong_to_wrong=100),
        expected_calibration_error=0.03,
        expected_calibration_error_delta=0.001,
        mean_abs_score_difference=0.001,
        flipped_images=tuple(
            FlippedImage(
                index=place,
                true_class=int(one[0]),
                reference_class=int(one[1]),
                candidate_class=int(one[2]),
                reference_probability=0.5,
                candidate_probability=0.4,
                is_tie=False,
            )
            for place, one in enumerate(flipped)
        ),
        confusion=tuple(
            ConfusionCell(true_class=int(a), predicted_class=int(b), reference_images=3, candidate_images=9)
            for a, b in pairs
        ),
        class_flips=tuple(ClassFlip(reference_class=int(a), candidate_class=int(b), num_images=2) for a, b in pairs),
        reliability=bins,
        reference_reliability=bins,
    )


def _classes(rng: np.random.Generator, names: tuple[str, ...], loss: float) -> tuple[ClassResult, ...]:
    return tuple(
        ClassResult(
            class_name=name,
            precision=0.7,
            recall=0.7 - loss,
            f1=0.7 - loss,
            support=NUM_IMAGES // NUM_CLASSES,
            f1_delta=float(-loss * value),
            recall_delta=float(-loss * value),
            recall_mcnemar_p=0.2,
            recall_mcnemar_p_holm=1.0,
        )
        for name, value in zip(names, rng.uniform(0, 2, len(names)), strict=True)
    )
