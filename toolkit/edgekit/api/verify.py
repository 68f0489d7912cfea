"""`edgekit.verify`: every exported file, in every runtime, compared with the float model."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    as_data,
    as_path,
    chosen_runtime_names,
    each_run_or_file,
    parsed_precisions,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.foundation.atomic_files import write_text
from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.percent import parse_share, percent_or_none
from edgekit.rendering.output_files import PAGE
from edgekit.rendering.pages.command_line import command_line
from edgekit.rendering.pages.loading import load_page_maker
from edgekit.tolerance import Tolerances
from edgekit.verification.job import Verified, verify_request
from edgekit.verification.request import ExternalModelOptions, VerifyRequest
from edgekit.verification.sampling import CONFIDENCE, Sampling
from edgekit.verification.verdict.merging import Merged, merged
from edgekit.verification.verdict.report import VerificationReport
from edgekit.verification.verdict.report_changes import load_report


@public
def verify(
    targets: AnyPath | Sequence[AnyPath] | None = None,
    *,
    reference: AnyPath | None = None,
    data: AnyPath | Dataset | None = None,
    test_data: AnyPath | None = None,
    input_range: str | None = None,
    channel_order: str | None = None,
    labels: AnyPath | None = None,
    output_name: str | None = None,
    positive_class: str | None = None,
    threshold: float | None = None,
    output: str | None = None,
    reference_input_range: str | None = None,
    reference_channel_order: str | None = None,
    reference_labels: AnyPath | None = None,
    reference_output_name: str | None = None,
    custom_objects: AnyPath | None = None,
    input_check: bool = True,
    runtimes: Names = (),
    precisions: Names = (),
    reference_kernel_images: int | None = None,
    all_images: bool = False,
    sample: int | None = None,
    sequential: bool = False,
    confidence: Percent | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    retune: bool = False,
    timeout: float | None = None,
    max_accuracy_drop: Percent | None = None,
    max_f1_drop: Percent | None = None,
    min_agreement: Percent | None = None,
    max_score_difference: float | None = None,
    require_conclusive: bool = False,
    pairwise: bool = False,
    resize_check: bool = False,
    html: AnyPath | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> VerificationReport:
    """Run every exported file on the test images, in every runtime, and compare it with the float model.

    A run keeps its report: verification.json, verification.md and verification.html are written into its folder; with
    `runtimes` or `precisions`, its other rows are kept, each with its date. Limits for single precisions are read from
    `[tool.edgekit.tolerance]` of pyproject.toml in the current folder.

    Args:
        targets: A run, one model file or several; None: the newest run.
        reference: A run, a model (.keras .h5 .tflite .onnx, a SavedModel) or scores (.npz .npy); None: that of the run.
        data: What to verify on: "NAME", "NAME:PATH" or a loaded data set; None: what the model was trained with.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        input_range: Pixel values that external models expect: "0..255", "0..1", "-1..1", "mean=…,std=…".
        channel_order: Channel order of external models, "rgb" (the default) or "bgr".
        labels: A file with the class names of external models in the order of their scores, one per line; it may name
            classes that the data set lacks.
        output_name: Which of several outputs holds the scores; None: the only one that fits.
        positive_class: Of two classes, the one that a single score belongs to; None: the second.
        threshold: The positive class of two is predicted above this probability; None: 0.5.
        output: What external models return, "probabilities" or "logits"; None: found from the values.
        reference_input_range: The reference model's, if it differs.
        reference_channel_order: The reference model's, if it differs.
        reference_labels: The reference model's, if they differ.
        reference_output_name: The reference model's, if it differs.
        custom_objects: A Python file that defines custom layers of a Keras reference; it is executed.
        input_check: Check on 200 training images whether external models get the input that they expect.
        runtimes: Only these runtimes.
        precisions: Only these precisions.
        reference_kernel_images: Images for LiteRT's reference kernels; None: 10 seconds, 50 to 200 images.
        all_images: Run all test images in runtimes that no app uses too; otherwise each row of these takes 10 seconds
            and at least 50 images.
        sample: Only so many of the test images, every class in proportion.
        sequential: Stop a candidate as soon as its verdict is certain.
        confidence: Required certainty with `sequential`: 0.99 or "99%"; None: 0.99.
        seed: Seed of the sample, or of the order of the images; None: 0.
        jobs: Candidates that run at the same time; None: by processors and memory.
        retune: Search again for the fastest thread count and batch size.
        timeout: Seconds after which a candidate fails; None: 600 plus 0.1 per image.
        max_accuracy_drop: Points that accuracy may fall, for all precisions: 0.5 or "0.5%".
        max_f1_drop: Points that the F1 of any class may fall.
        min_agreement: Percent of the predictions that must agree with the float model's: 95 or "95%".
        max_score_difference: How much any score may differ.
        require_conclusive: Make `exit_status` 3 if there are too few images to tell whether a file drifts.
        pairwise: Compare the candidates with each other too.
        resize_check: Also measure the loss if an app resizes images by another rule than training.
        html: Write the report as a page into this file.
        resize: How images get the size of the model: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad";
            None: as in the run, or "squash".
        antialias: Average over the pixels that one pixel covers; None: as in the run, or as the rule says.
        exif: Turn images as their EXIF data say; None: as in the run, or as the rule says.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One row per file and runtime; `exit_status` is 0 if all are within tolerance, 3 for drift, 1 for an error.

    Raises:
        EdgekitError: Something is missing, changed, unknown, or does not belong together.
    """
    typed = dict(locals())
    page = None if html is None else PAGE.checked(Path(html))
    limits = {
        "max_accuracy_drop": percent_or_none(max_accuracy_drop, "--max-accuracy-drop"),
        "max_f1_drop": percent_or_none(max_f1_drop, "--max-f1-drop"),
        "min_agreement": percent_or_none(min_agreement, "--min-agreement"),
        "max_score_difference": max_score_difference,
    }
    request = VerifyRequest(
        targets=each_run_or_file("targets", targets),
        reference=run_or_file(reference),
        data=as_data(data),
        test_data=None if test_data is None else os.fspath(test_data),
        runtimes=chosen_runtime_names(runtimes),
        precisions=parsed_precisions(precisions),
        tolerances=_tolerances().updated(
            {name: value for name, value in limits.items() if value is not None}, origin="options of verify"
        ),
        reference_kernel_images=reference_kernel_images,
        sampling=_sampling(sample, sequential, confidence, seed, all_images=all_images),
        jobs=jobs,
        search_again=retune,
        time_limit=timeout,
        pairwise=pairwise,
        resize_check=resize_check,
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
        skip_broken=skip_broken,
        external=ExternalModelOptions(
            input_range=input_range,
            channel_order=channel_order,
            output=output,
            labels=as_path(labels),
            positive_class=positive_class,
            threshold=threshold,
            output_name=output_name,
            reference_input_range=reference_input_range,
            reference_channel_order=reference_channel_order,
            reference_labels=as_path(reference_labels),
            reference_output_name=reference_output_name,
            custom_objects=as_path(custom_objects),
            check_inputs=input_check,
        ),
    )
    shown, is_part = shown_progress(progress), bool(request.runtimes or request.precisions)
    verified = verify_request(
        request, progress=shown, meanwhile=partial(load_page_maker, "edgekit.rendering.pages.verification")
    )
    with shown.task("Writing the report", None):
        kept = _kept(verified, _typed(verified, typed), page, is_part=is_part)
    return replace(kept, require_conclusive=require_conclusive)


def _tolerances() -> Tolerances:
    return Tolerances.from_pyproject(Path("pyproject.toml"))


def _sampling(
    sample: int | None, sequential: bool, confidence: Percent | None, seed: int | None, *, all_images: bool
) -> Sampling:
    """How much is to be run; raises UsageError if an option has no effect."""
    if confidence is not None and not sequential:
        raise UsageError("--confidence has no effect without --sequential. Add --sequential.")
    if seed is not None and not sequential and sample is None:
        raise UsageError("--seed has no effect without --sample or --sequential. Add one of them.")
    certainty = (CONFIDENCE if confidence is None else parse_share(confidence, "--confidence")) if sequential else None
    return Sampling(num_images=sample, confidence=certainty, seed=seed or 0, all_images=all_images)


def _typed(verified: Verified, arguments: dict[str, object]) -> str:
    """The command that does the same; the newest run is named."""
    line = command_line(verify, arguments)
    return f"{line} {verified.run.path}" if arguments["targets"] is None and verified.run else line


def _kept(verified: Verified, command: str, html: Path | None, *, is_part: bool) -> VerificationReport:
    """The report, written into its run folder and into `html`; it says where.

    What was run is returned. If that was a part of the files or runtimes, what the run folder holds of the others
    stays in what is written.
    """
    from edgekit.rendering.markdown import verification_markdown
    from edgekit.rendering.pages.verification import verification_page

    ran = verified.report
    whole = _with_earlier_rows(verified) if is_part else Merged(report=verified.report)
    notes, verified = (*verified.notes, *whole.notes), replace(verified, report=whole.report)
    report = whole.report
    page = verification_page(report, verified.name, images=verified.test.images, command=command)
    written = verified.save(verification_markdown(report, verified.name), page)
    if html is not None:
        write_text(html, page)
        written.append(html)
    return replace(ran, notes=notes, files=tuple(written))


def _with_earlier_rows(verified: Verified) -> Merged:
    """The rows that were run, and those of the run's report that were not."""
    run = verified.run
    if run is None or not run.verification_path.is_file():
        return Merged(report=verified.report)
    try:
        old = load_report(run.verification_path)
    except RunFolderError as error:
        return Merged(report=verified.report, notes=(f"The earlier report is replaced: {error}",))
    files = {name: str(entry["sha256"]) for name, entry in run.manifest["files"].items()}
    return merged(old, verified.report, files)
