from dataclasses import replace

import pytest

from edgekit.foundation.errors import UsageError
from edgekit.foundation.files.schema import SchemaError
from edgekit.foundation.typed.percent import parse_percent
from edgekit.search.budget import Budget
from edgekit.search.trial import Trial, best_within, closest_to, frontier

BUDGET = Budget(max_accuracy_drop=0.5, max_flips=2.0)


def trial(name: str, size: int, flips: float, drop: float = 0.0) -> Trial:
    return Trial(
        name=name,
        runtime="litert-xnnpack",
        options={},
        size_bytes=size,
        sha256="0" * 64,
        num_images=1000,
        accuracy_drop=drop,
        flips=flips,
        images_per_second=10.0,
    )


FAILED = Trial(name="failed", runtime="litert-xnnpack", options={}, error="it crashed")


def test_the_larger_excess_counts_and_a_limit_itself_is_kept():
    assert BUDGET.excess(0.5, 2.0) == 0
    assert BUDGET.excess(-3.0, 0.0) == 0
    assert BUDGET.excess(1.5, 2.25) == 1.0
    assert BUDGET.excess(0.0, 2.25) == 0.25
    assert FAILED.excess(BUDGET) == float("inf")


def test_the_smallest_within_the_budget_is_best_and_fewer_flips_decide_among_equals():
    trials = [FAILED, trial("too much", 10, 2.5), trial("more", 20, 1.9), trial("fewer", 20, 1.0), trial("big", 30, 0)]
    assert best_within(trials, BUDGET).name == "fewer"
    assert best_within(trials[:2], BUDGET) is None


def test_a_loss_of_accuracy_counts_as_flips_do():
    assert best_within([trial("wrong", 10, 0.6, drop=0.6), trial("big", 30, 0)], BUDGET).name == "big"


def test_the_closest_breaks_the_budget_least():
    assert closest_to([FAILED, trial("far", 10, 5.0), trial("near", 20, 2.5)], BUDGET).name == "near"
    assert closest_to([FAILED], BUDGET) is None


def test_the_frontier_buys_fewer_flips_with_more_bytes():
    trials = [trial("c", 30, 0.5), trial("a", 10, 3.0), trial("worse", 20, 3.0), trial("b", 20, 1.0), FAILED]
    assert [each.name for each in frontier([*trials, trial("as good", 40, 0.5)])] == ["a", "b", "c"]
    assert frontier([]) == []


def test_a_trial_survives_its_json():
    made = trial("a", 10, 0.5)
    assert Trial.from_dict(made.to_dict()) == made
    with pytest.raises(SchemaError, match="'runtime' is missing"):
        Trial.from_dict({"name": "a"})
    assert not replace(made, error="hung").is_measured


@pytest.mark.parametrize(("text", "percent"), [("0.5%", 0.5), ("0.5", 0.5), (" 2 % ", 2.0)])
def test_a_share_is_written_in_percent(text, percent):
    assert parse_percent(text) == percent


@pytest.mark.parametrize(
    "make",
    [
        lambda: parse_percent("few"),
        lambda: Budget(max_flips=101),
        lambda: Budget(max_accuracy_drop=-1),
        lambda: Budget(max_flips=float("nan")),
    ],
)
def test_what_is_no_limit_is_a_sentence(make):
    with pytest.raises(UsageError, match="Received"):
        make()
