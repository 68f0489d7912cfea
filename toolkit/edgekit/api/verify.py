"""`edgekit.verify`: every exported file, in every runtime, compared with the float model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    as_data,
    as_path,
    each_run_or_file,
    names_of,
    public,
    registered,
    run_or_file,
    shown_progress,
)
from edgekit.api.command_line import command_line
from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.foundation.atomic_files import write_text
from edgekit.foundation.errors import UsageError
from edgekit.foundation.progress import Progress
from edgekit.rendering.output_files import PAGE
from edgekit.runtimes import RUNTIMES
from edgekit.tolerance import Tolerances
from edgekit.verification.job import Verified, verify_request
from edgekit.verification.request import ExternalModelOptions, VerifyRequest
from edgekit.verification.sampling import CONFIDENCE, Sampling
from edgekit.verification.verdict.report import VerificationReport


@public
def verify(
    targets: AnyPath | Sequence[AnyPath] | None = None,
    *,
    reference: AnyPath | None = None,
    data: AnyPath | Dataset | None = None,
    input_range: str | None = None,
    channel_order: str | None = None,
    labels: AnyPath | None = None,
    output: str | None = None,
    reference_input_range: str | None = None,
    reference_channel_order: str | None = None,
    reference_labels: AnyPath | None = None,
    input_check: bool = True,
    runtimes: Names = (),
    precisions: Names = (),
    reference_kernel_images: int | None = None,
    sample: int | None = None,
    sequential: bool = False,
    confidence: float | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    retune: bool = False,
    timeout: float | None = None,
    max_accuracy_drop: float | None = None,
    max_f1_drop: float | None = None,
    min_agreement: float | None = None,
    max_score_difference: float | None = None,
    pairwise: bool = False,
    html: AnyPath | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> VerificationReport:
    """Run every exported file on the test images, in every runtime, and compare it with the float model.

    A run keeps its report: verification.json, verification.md and verification.html are written into its folder. Limits
    for single precisions are read from `[tool.edgekit.tolerance]` of pyproject.toml in the current folder.

    Args:
        targets: A run, one model file or several; None: the newest run.
        reference: A run, a model (.keras .h5 .tflite .onnx) or scores (.npz .npy); None: that of the run.
        data: What to verify on: "NAME", "NAME:PATH" or a loaded data set; None: what the model was trained with.
        input_range: What external models expect: "0..255", "0..1", "-1..1", "mean=…,std=…".
        channel_order: The order of their channels, "rgb" (the default) or "bgr".
        labels: A file with their order of classes, one name per line.
        output: Their scores, "probabilities" or "logits"; None: found from the values.
        reference_input_range: The reference model's, where it differs.
        reference_channel_order: The reference model's, where it differs.
        reference_labels: The reference model's, where they differ.
        input_check: Check on 200 training images whether external models are fed as they expect.
        runtimes: Only these runtimes.
        precisions: Only these precisions.
        reference_kernel_images: Images for LiteRT's reference kernels; None: 200.
        sample: Only so many of the test images, every class in proportion.
        sequential: Stop a candidate as soon as its verdict is certain.
        confidence: How certain, with `sequential`; None: 0.99.
        seed: Of the sample, or of the order of the images; None: 0.
        jobs: Candidates that run at the same time; None: by processors and memory.
        retune: Search again for the fastest threads and batch size.
        timeout: Seconds after which a candidate fails; None: 600 and a tenth per image.
        max_accuracy_drop: Points that accuracy may fall, for all precisions.
        max_f1_drop: Points that the F1 of any class may fall.
        min_agreement: Percent of the predictions that must agree with the float model's.
        max_score_difference: How much any score may differ.
        pairwise: Compare the candidates with each other too.
        html: Write the report as a page into this file.
        resize: How images get the size of the model: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad";
            None: as in the run, or "squash".
        antialias: Average over the pixels that one pixel covers; None: as in the run, or as the rule says.
        exif: Turn images as their EXIF data say; None: as in the run, or as the rule says.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One row per file and runtime; `exit_status` is 0 where all are within tolerance, 3 for drift, 1 for an error.

    Raises:
        EdgekitError: Something is missing, changed, unknown, or does not belong together.
    """
    typed = dict(locals())
    page = None if html is None else PAGE.checked(Path(html))
    limits = {
        "max_accuracy_drop": max_accuracy_drop,
        "max_f1_drop": max_f1_drop,
        "min_agreement": min_agreement,
        "max_score_difference": max_score_difference,
    }
    request = VerifyRequest(
        targets=each_run_or_file(targets),
        reference=run_or_file(reference),
        data=as_data(data),
        runtimes=registered(RUNTIMES, runtimes),
        precisions=[Precision.parse(name) for name in names_of(precisions)],
        tolerances=_tolerances().updated(
            {name: value for name, value in limits.items() if value is not None}, origin="options of verify"
        ),
        reference_kernel_images=reference_kernel_images,
        sampling=_sampling(sample, sequential, confidence, seed),
        jobs=jobs,
        search_again=retune,
        time_limit=timeout,
        pairwise=pairwise,
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
        skip_broken=skip_broken,
        external=ExternalModelOptions(
            input_range=input_range,
            channel_order=channel_order,
            output=output,
            labels=as_path(labels),
            reference_input_range=reference_input_range,
            reference_channel_order=reference_channel_order,
            reference_labels=as_path(reference_labels),
            check_inputs=input_check,
        ),
    )
    verified = verify_request(request, progress=shown_progress(progress))
    return _kept(verified, _typed(verified, typed), page)


def _tolerances() -> Tolerances:
    return Tolerances.from_pyproject(Path("pyproject.toml"))


def _sampling(sample: int | None, sequential: bool, confidence: float | None, seed: int | None) -> Sampling:
    """How much is to be run; raises UsageError where an option has no effect."""
    if confidence is not None and not sequential:
        raise UsageError("--confidence says when --sequential stops. Give --sequential too.")
    if seed is not None and not sequential and sample is None:
        raise UsageError("--seed counts for --sample and --sequential. Give one of them too.")
    certainty = (CONFIDENCE if confidence is None else confidence) if sequential else None
    return Sampling(num_images=sample, confidence=certainty, seed=seed or 0)


def _typed(verified: Verified, arguments: dict[str, object]) -> str:
    """The command that does the same; the newest run is named."""
    line = command_line(verify, arguments)
    is_newest = verified.run is not None and not each_run_or_file(arguments["targets"])  # type: ignore[arg-type]
    return f"{line} {verified.run.path}" if is_newest and verified.run else line


def _kept(verified: Verified, command: str, html: Path | None) -> VerificationReport:
    """The report, written into its run folder and into `html`; it says where."""
    # Imported once there is something to show: the peak of memory is where the images are loaded.
    from edgekit.rendering.markdown import verification_markdown
    from edgekit.rendering.pages.verification import verification_page

    report = verified.report
    page = verification_page(report, verified.name, images=verified.test.images, command=command)
    written = verified.save(verification_markdown(report, verified.name), page)
    if html is not None:
        write_text(html, page)
        written.append(html)
    return replace(report, notes=verified.notes, files=tuple(written))
