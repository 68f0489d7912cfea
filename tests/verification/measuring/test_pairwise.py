import numpy as np
import pytest

from edgekit.verification.measuring.pairwise import PairwiseAgreement, compare_pairs, top_classes_of


def scores_of(*classes: int) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[list(classes)]


def compared(*found: tuple[str, str, np.ndarray | None, np.ndarray]) -> PairwiseAgreement:
    """Candidates as (artifact, runtime, places of the images, scores)."""
    names = [(artifact, runtime) for artifact, runtime, _, _ in found]
    return compare_pairs(names, [top_classes_of(scores, places) for _, _, places, scores in found])


def test_agreement_by_hand_on_the_images_of_both() -> None:
    whole = np.arange(4)
    found = compared(
        ("a", "x", whole, scores_of(0, 1, 2, 0)),
        ("a", "y", whole, scores_of(0, 1, 2, 1)),
        ("b", "x", np.array([1, 3]), scores_of(1, 1)),
        ("b", "y", np.array([7]), scores_of(1)),
    )
    assert found.agreement == ((1, 0.75, 0.5, None), (0.75, 1, 1, None), (0.5, 1, 1, None), (None, None, None, 1))
    assert found.num_images == ((4, 4, 2, 0), (4, 4, 2, 0), (2, 2, 2, 0), (0, 0, 0, 1))
    worst = found.most_different()
    assert (worst.first, worst.second, worst.num_differing, worst.num_images) == (0, 2, 1, 2)
    same = found.most_different(same_artifact=True)
    assert (same.first, same.second, same.num_differing) == (0, 1, 1)
    assert found.groups == [[0], [1], [2], [3]]
    assert PairwiseAgreement.from_dict(found.to_dict()) == found


def test_those_that_always_agree_on_the_same_images_stand_together() -> None:
    whole = np.arange(3)
    found = compared(
        ("a", "x", whole, scores_of(0, 1, 2)),
        ("b", "x", whole, scores_of(0, 1, 1)),
        ("c", "x", whole, scores_of(0, 1, 2)),
        ("c", "slow", np.array([0]), scores_of(0)),
    )
    assert found.groups == [[0, 2], [1], [3]]
    assert found.most_different(same_artifact=True) is None


@pytest.mark.parametrize(("num_classes", "size"), [(2, 1), (256, 1), (257, 2), (70_000, 4)])
def test_an_answer_takes_as_few_bytes_as_the_classes_allow(num_classes: int, size: int) -> None:
    scores = np.zeros((2, num_classes), np.float32)
    scores[:, -1] = 1
    kept = top_classes_of(scores, np.arange(2))
    assert kept.classes.itemsize == size
    assert kept.classes.tolist() == [num_classes - 1] * 2


def test_the_whole_split_against_a_part_of_it() -> None:
    rng = np.random.default_rng(0)
    whole, part = rng.random((50, 4)).astype(np.float32), rng.random((20, 4)).astype(np.float32)
    places = np.sort(rng.permutation(50)[:20])
    found = compared(("a", "x", None, whole), ("b", "x", places, part))
    same = sum(int(whole[place].argmax() == row.argmax()) for place, row in zip(places, part, strict=True))
    assert found.agreement[0][1] == found.agreement[1][0] == same / 20
    assert found.num_images == ((50, 20), (20, 20))
