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


def said(**changes: object) -> str:
    return " ".join(likely_causes(replace(ROUNDING, **changes), NAMES))  # type: ignore[arg-type]


SCATTERED = tuple(renaming(each, 0, 10) for each in range(3))


@pytest.mark.parametrize(
    ("num_flipped", "chance", "is_unrelated"),
    [
        (46, 0.5, True),  # kappa (0.54 - 0.5) / 0.5 = 0.08
        (44, 0.5, False),  # 0.12
        (45, 0.5, False),  # 0.1 is related
        (86, 0.1, True),  # (0.14 - 0.1) / 0.9
        (80, 0.1, False),
        (100, 1.0, False),  # both give one class alone: nothing can be said
    ],
)
def test_unrelated_is_a_kappa_below_a_tenth(num_flipped: int, chance: float, is_unrelated: bool) -> None:
    found = said(num_images=100, num_flipped=num_flipped, chance_agreement=chance, renamings=SCATTERED)
    assert ("unrelated" in found) is is_unrelated


def test_what_is_consistent_on_most_images_is_not_unrelated() -> None:
    for num_images, is_unrelated in ((50, True), (51, False)):
        one = (renaming(0, 1, num_images),)
        found = said(num_images=100, num_flipped=95, chance_agreement=0.3, renamings=one)
        assert ("unrelated" in found) is is_unrelated


@pytest.mark.parametrize(("num_flipped", "is_said"), [(MIN_FLIPS, True), (MIN_FLIPS - 1, False)])
def test_from_twenty_flips_on_their_kind_says_something(num_flipped: int, is_said: bool) -> None:
    assert ("sure of" in said(num_flipped=num_flipped, num_sure_flips=num_flipped)) is is_said


@pytest.mark.parametrize(
    ("num_lost", "num_gained", "mcnemar_p", "is_hidden"),
    [(10, 10, 1.0, True), (9, 10, 1.0, False), (10, 9, 1.0, False), (30, 12, 0.0499, False), (30, 12, 0.05, True)],
)
def test_accuracy_hides_ten_flips_in_both_directions(
    num_lost: int, num_gained: int, mcnemar_p: float, is_hidden: bool
) -> None:
    found = said(num_lost=num_lost, num_gained=num_gained, mcnemar_p=mcnemar_p)
    assert ("Accuracy hides it" in found) is is_hidden


@pytest.mark.parametrize(("num_sure", "is_said"), [(12, False), (13, True)])
def test_most_flips_are_more_than_half(num_sure: int, is_said: bool) -> None:
    assert ("The reference was sure of" in said(num_sure_flips=num_sure)) is is_said


def small(old: int, new: int, num_images: int) -> Renaming:
    return replace(renaming(old, new, num_images), num_of_reference_class=num_images)


@pytest.mark.parametrize(
    ("renamings", "is_order"),
    [
        ((renaming(0, 1, 51), renaming(1, 0, 51), renaming(2, 2)), True),
        ((renaming(0, 1, 50), renaming(1, 0, 51), renaming(2, 2)), False),  # half of a class is not most of it
        ((renaming(0, 1, 49), renaming(1, 0, 51), renaming(2, 2)), False),
        ((renaming(0, 1, 51), renaming(1, 1, 51), renaming(2, 2)), False),  # two classes cannot be one
        ((small(0, 1, 2), small(1, 0, 1)), True),  # three images are enough
        ((small(0, 1, 1), small(1, 0, 1)), False),
    ],
)
def test_another_order_is_one_class_for_each_on_most_of_its_images(
    renamings: tuple[Renaming, ...], is_order: bool
) -> None:
    assert ("another order" in said(num_flipped=3, renamings=renamings)) is is_order


def test_of_many_classes_in_another_order_five_are_named() -> None:
    names = tuple("abcdefg")
    moved = tuple(renaming(each, (each + 1) % 7) for each in range(7))
    (found,) = likely_causes(replace(ROUNDING, num_flipped=3, renamings=moved), names)
    assert found.startswith("Its classes seem to be in another order: it gives 'a' as 'b', ")
    assert "'e' as 'f' and 2 more." in found
    six = tuple(renaming(each, (each + 1) % 6) for each in range(6))
    assert "and 1 more." in likely_causes(replace(ROUNDING, num_flipped=3, renamings=six), names)[0]
    few = tuple(renaming(each, (each + 1) % 5) for each in range(5))
    (five,) = likely_causes(replace(ROUNDING, num_flipped=3, renamings=few), names)
    assert " more." not in five
