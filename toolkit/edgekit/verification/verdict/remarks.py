"""Notes on a row, whatever its verdict, in sentences. Measures nothing, decides no verdict."""

from edgekit.artifact import precision_of
from edgekit.foundation.grammar import counted
from edgekit.tolerance import MIN_CLASS_IMAGES, SIGNIFICANCE
from edgekit.verification.candidate import PRECISION_OF_UNKNOWN, Candidate, one_score_words
from edgekit.verification.measuring.measurement import Measurement
from edgekit.verification.sampling import Sampling

OVERFLOWS_HERE = (
    "This processor has no VNNI: ONNX Runtime adds products of uint8 and int8 in 16 bits, and with 8-bit weights these "
    "sums overflow. Quantize with 7-bit weights: edgekit export --int8 --format onnx --reduce-range, or "
    "reduce_range=True in ONNX Runtime's quantizer."
)


def subset_remark(num_images: int | None, num_images_of_split: int, why: str) -> str:
    """What a reader must know about a row that was measured on a part of the split, and `why` it was.

    Args:
        num_images: Images that it was measured on; None if rows of which this is said differ in it.
        num_images_of_split: Images of the split.
        why: As half a sentence.
    """
    how_many = "a part" if num_images is None else f"{num_images:,}"
    return (
        f"Run on {how_many} of {counted(num_images_of_split, 'image')}, {why}. So accuracy counts only if its "
        f"change is more than chance (p < {SIGNIFICANCE:g}), and F1 only in classes of {MIN_CLASS_IMAGES} images or "
        f"more."
    )


def same_kernels_remark(runtime: str, other: str, num_confirmed: int) -> str:
    """What a reader must know about a row that was measured in another runtime with the same kernels."""
    return (
        f"Measured in {other}, speed included: {runtime} runs this file with the same kernels, and gave the same "
        f"scores, bit by bit, on {counted(num_confirmed, 'image')}."
    )


def sequential_remark(measurement: Measurement, num_images_of_split: int, sampling: Sampling, is_certain: bool) -> str:
    """What a reader must know about a row that could have been stopped early."""
    count, order = f"{measurement.num_images:,} of {counted(num_images_of_split, 'image')}", f"(seed {sampling.seed})"
    if is_certain:
        return (
            f"Stopped after {count}, taken at random {order}: its verdict is the one that all images would give, at "
            f"{sampling.confidence:g} confidence. What is measured is of these images; an "
            f"error in single images among the others is not seen."
        )
    return (
        f"Run on {count} in random order {order}: at {sampling.confidence:g} confidence no earlier verdict was certain."
    )


def precision_remarks(candidate: Candidate) -> tuple[str, ...]:
    """Which limits a file is judged by whose name says no precision, or another one than its content."""
    precision, named = candidate.artifact.precision, precision_of(candidate.artifact.path)
    if precision is not None and named not in (None, precision):
        return (f"Its name says {named}, its content is {precision}: it is judged by the limits of {precision}.",)
    if precision is not None:
        return ()
    return (
        f"Its name says no precision, so it is judged as {PRECISION_OF_UNKNOWN}; a name such as model-int8."
        f"{candidate.artifact.format} says one.",
    )


def overflow_remarks(candidate: Candidate) -> tuple[str, ...]:
    """That the verdict of this row does not hold on every processor."""
    if not candidate.can_overflow or candidate.overflows_here:
        return ()
    return (
        "Its int8 weights use 8 bits. This row does not hold on x86 processors without VNNI, where ONNX Runtime's sums "
        "overflow; edgekit export --reduce-range makes a file that gives the same answers everywhere.",
    )


def one_score_remark(candidate: Candidate, class_names: tuple[str, ...], *, are_logits: bool) -> str:
    """Which class the one score of a model of two classes is of."""
    two = candidate.interface.two_classes if candidate.interface else None
    words = one_score_words("It", class_names[two.positive if two else 1])
    return f"{words} It is a logit: a sigmoid makes the probability." if are_logits else words


def input_output_remarks(candidate: Candidate, *, were_logits: bool) -> tuple[str, ...]:
    """What was found out about the file, how it was fed, and how its scores were read."""
    remarks = [candidate.remark] if candidate.remark else []
    if were_logits:
        remarks.append("Its scores are logits; they are compared after a softmax.")
    if candidate.interface and candidate.interface.differences:
        remarks.append(f"External model, run with {candidate.interface.differences}.")
    return tuple(remarks)
