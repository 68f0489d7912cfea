"""Each symptom is named in words, and what rounding does is not."""

from dataclasses import replace

import pytest

from edgekit.verification.measuring.symptoms import Renaming, Symptoms
from edgekit.verification.verdict.likely_causes import MIN_FLIPS, likely_causes

NAMES = ("cat", "dog", "bird")


def renaming(old: int, new: int, num_images: int = 95) -> Renaming:
    return Renaming(reference_class=old, candidate_class=new, num_images=num_images, num_of_reference_class=100)


ROUNDING = Symptoms(
    num_images=300,
    is_constant=False,
    num_flipped=MIN_FLIPS + 4,
    num_sure_flips=1,
    chance_agreement=1 / 3,
    renamings=(renaming(0, 0), renaming(1, 1), renaming(2, 2)),
    num_lost=MIN_FLIPS,
    num_gained=4,
    mcnemar_p=0.001,
)


def test_what_rounding_does_has_no_other_cause() -> None:
    assert likely_causes(ROUNDING, NAMES) == ()


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        ({"is_constant": True}, "the same scores for every image"),
        ({"renamings": (renaming(0, 1), renaming(1, 0), renaming(2, 2))}, "it gives 'cat' as 'dog', 'dog' as 'cat'."),
        ({"num_lost": 12, "num_gained": 12, "mcnemar_p": 1.0}, "12 images that were right are wrong now, and 12"),
        ({"num_sure_flips": 20}, "The reference was sure of 20 of the 24 images that flipped"),
        (
            {"num_flipped": 200, "renamings": (renaming(0, 0, 40), renaming(1, 0, 40), renaming(2, 0, 40))},
            "33.3% agree, chance alone gives 33.3%",
        ),
    ],
)
def test_each_symptom_is_named(seen, sentence: str) -> None:
    assert sentence in " ".join(likely_causes(replace(ROUNDING, **seen), NAMES))


def test_of_few_flips_only_another_order_is_read() -> None:
    few = replace(ROUNDING, num_flipped=MIN_FLIPS - 1, num_sure_flips=MIN_FLIPS - 1)
    assert likely_causes(few, NAMES) == ()
    moved = replace(few, renamings=(renaming(0, 1, 60), renaming(1, 0, 60), renaming(2, 2)))
    assert "another order" in likely_causes(moved, NAMES)[0]


def test_two_classes_with_one_name_are_no_other_order() -> None:
    assert likely_causes(replace(ROUNDING, renamings=(renaming(0, 1), renaming(1, 1))), NAMES) == ()
