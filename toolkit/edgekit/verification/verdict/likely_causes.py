"""What may be wrong with a candidate that drifts, in sentences. Measures nothing, decides no verdict."""

from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.symptoms import SURE, Symptoms

MIN_MOVED = 3
"""Images that another order of classes must explain before it is suspected."""

MIN_FLIPS = 20
"""Flips below which nothing is read out of their kind."""

UNRELATED_KAPPA = 0.1
"""Cohen's kappa of the predictions below which candidate and reference have nothing in common."""


def likely_causes(seen: Symptoms, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Whole sentences, none if nothing is recognised; `class_names` are C names, in the order of the scores."""
    if seen.is_constant:
        return ("It gives the same scores for every image: its weights may be lost, or its input never reaches it.",)
    if seen.num_flipped < MIN_FLIPS:
        return _other_order(seen, class_names)
    return _unrelated(seen) or _other_order(seen, class_names) or (*_hidden_by_accuracy(seen), *_sure_flips(seen))


def _unrelated(seen: Symptoms) -> tuple[str, ...]:
    """Whether the predictions agree no more often than chance would have it.

    Cohen's kappa = (agreement - chance) / (1 - chance).
    """
    chance, agreement = seen.chance_agreement, seen.agreement
    is_consistent = sum(one.num_images for one in seen.renamings) > 0.5 * seen.num_images
    if chance >= 1 or is_consistent or agreement - chance >= UNRELATED_KAPPA * (1 - chance):
        return ()
    return (
        f"Its predictions are unrelated to the reference's: {agreement:.1%} agree, chance alone gives {chance:.1%}.",
        "It may be another model, or may have got other images.",
    )


def _hidden_by_accuracy(seen: Symptoms) -> tuple[str, ...]:
    """Whether flips in both directions cancel each other."""
    if min(seen.num_lost, seen.num_gained) < MIN_FLIPS // 2 or seen.mcnemar_p < SIGNIFICANCE:
        return ()
    return (
        f"Accuracy hides it: {seen.num_lost:,} images that were right are wrong now, and {seen.num_gained:,} that "
        f"were wrong are right.",
        "Noise in the weights does that, and so does another model of the same quality.",
    )


def _sure_flips(seen: Symptoms) -> tuple[str, ...]:
    """Whether most flips are where the reference was sure; rounding flips the unsure ones first."""
    count, sure = seen.num_flipped, seen.num_sure_flips
    if 2 * sure <= count:
        return ()
    return (
        f"The reference was sure of {sure:,} of the {count:,} images that flipped (its two highest scores more than "
        f"{SURE:g} apart).",
        "This looks like another model or damaged weights: rounding flips unsure images first.",
    )


def _other_order(seen: Symptoms, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Whether the candidate names the reference's classes consistently otherwise."""
    moved = [one for one in seen.renamings if one.reference_class != one.candidate_class]
    is_order = len({one.candidate_class for one in seen.renamings}) == len(seen.renamings)
    is_consistent = all(one.num_images > 0.5 * one.num_of_reference_class for one in moved)
    if not is_order or not is_consistent or sum(one.num_images for one in moved) < MIN_MOVED:
        return ()
    named = ", ".join(
        f"'{class_names[one.reference_class]}' as '{class_names[one.candidate_class]}'" for one in moved[:5]
    )
    more = f" and {len(moved) - 5} more" if len(moved) > 5 else ""
    return (f"Its classes seem to be in another order: it gives {named}{more}. Check the order of its labels.",)
