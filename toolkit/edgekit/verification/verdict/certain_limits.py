"""The reasons of a verdict that was certain before the last image, in sentences. Measures nothing."""

from collections.abc import Sequence

from edgekit.foundation.grammar import counted
from edgekit.tolerance import Tolerance
from edgekit.verification.measuring.sequential import BrokenLimit, CertainResult
from edgekit.verification.verdict.findings import Finding


def certainly_broken(result: CertainResult, tolerance: Tolerance, seen: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """One finding for each limit of `tolerance` that the whole split breaks for certain; none means pass.

    That the whole split breaks a limit for certain does not make its loss more than chance: if `seen`, what the
    images so far break, may be chance, this may be, too.
    """
    doubtful = {one.limit for one in seen if not one.is_certain}
    sentences = _sentences(result, tolerance)
    return tuple(
        Finding(
            limit=one.name,
            sentence=f"{sentence}{_DOUBT if one.name in doubtful else ''}",
            is_certain=one.name not in doubtful,
        )
        for one, sentence in zip(result.broken, sentences, strict=True)
    )


_DOUBT = " But the loss may be chance: more images would decide it."


def _sentences(result: CertainResult, tolerance: Tolerance) -> tuple[str, ...]:
    seen = f"after {result.num_images:,} of {counted(result.num_images_of_split, 'image')}"
    return tuple(
        f"A score differs by {one.score_difference:.3g} ({seen}); the limit for every image is "
        f"{tolerance.max_score_difference:g}."
        if one.score_difference is not None
        else f"{_statement(one, tolerance)}: certain at {result.confidence:g} confidence {seen}."
        for one in result.broken
    )


def _statement(broken: BrokenLimit, tolerance: Tolerance) -> str:
    limit = f"{getattr(tolerance, broken.name):g}"
    return {
        "max_accuracy_drop": f"Accuracy falls by more than {limit} points",
        "min_agreement": f"Fewer than {limit} % of the predictions agree with the reference",
        "max_tie_flips": f"More than {limit} % of the predictions differ by ties",
        "max_f1_drop": f"F1 of class '{broken.class_name}' falls by more than {limit} points",
    }[broken.name]
