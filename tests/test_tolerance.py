from pathlib import Path

import pytest

from edgekit.artifact import Precision
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.tolerance import (
    MIN_CLASS_IMAGES,
    MOST_NOISE,
    NOISE_FACTOR,
    OWN_NOISE,
    SIGNIFICANCE,
    SLACK,
    Tolerance,
    Tolerances,
)


def test_defaults_are_those_of_the_architecture() -> None:
    tolerances = Tolerances()
    assert tolerances.of(Precision.FLOAT32) == Tolerance(
        min_agreement=100.0, max_score_difference=1e-4, tie_margin=1e-5, max_tie_flips=1.0
    )
    assert tolerances.of(Precision.FLOAT16) == Tolerance(max_accuracy_drop=0.1, min_agreement=99.0)
    for precision in (Precision.DYNAMIC, Precision.INT8, Precision.INT16X8):
        assert tolerances.of(precision) == Tolerance(max_accuracy_drop=1.0, max_f1_drop=2.0, min_agreement=95.0)


def test_a_limit_for_all_and_one_for_a_precision_that_wins() -> None:
    changed = Tolerances().updated({"max_accuracy_drop": 3, "int8": {"max_accuracy_drop": 0.5, "min_agreement": 99}})
    assert changed.of(Precision.INT8) == Tolerance(max_accuracy_drop=0.5, max_f1_drop=2.0, min_agreement=99)
    assert changed.of(Precision.FLOAT16).max_accuracy_drop == 3
    assert changed.of(Precision.FLOAT32).max_accuracy_drop == 3


def test_false_lifts_a_limit() -> None:
    changed = Tolerances().updated({"int8": {"max_f1_drop": False}})
    assert changed.of(Precision.INT8).max_f1_drop is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_accuracy_dropp": 1}, "Did you mean 'max_accuracy_drop'"),
        ({"int9": {"max_f1_drop": 1}}, "Did you mean 'int8'"),
        ({"int8": {"max_f1": 1}}, "Did you mean 'max_f1_drop'"),
        ({"max_f1_drop": "2"}, "must be a number.*'2'"),
        ({"max_f1_drop": True}, "must be a number.*True"),
        ({"max_f1_drop": -1}, "at least 0.*-1"),
        ({"max_f1_drop": float("nan")}, "must be a number"),
        ({"max_accuracy_drop": 101}, "at most 100"),
        ({"max_f1_drop": float("inf")}, "must be a number"),
        ({"min_agreement": 0.95}, r"in percent.*did you mean 95\?"),
        ({"min_agreement": 1}, r"in percent.*did you mean 100\?"),
        ({"int8": 1}, "int8 must be a table"),
        ({"int8": 1, "float16": 2}, "int8 must be a table"),
        ({"max_f1_drop": {"x": 1}}, "Unknown tolerance 'max_f1_drop'.*Known: .*int8"),
    ],
)
def test_what_is_not_understood_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Tolerances().updated(changes)


def test_unknown_names_are_of_their_own_kind() -> None:
    with pytest.raises(UnknownNameError):
        Tolerances().updated({"nonsense": 1})


def test_pyproject_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    assert Tolerances.from_pyproject(path) == Tolerances()
    path.write_text("[project]\nname = 'x'\n")
    assert Tolerances.from_pyproject(path) == Tolerances()
    path.write_text("[tool.edgekit.tolerance]\nmax_f1_drop = 4\n[tool.edgekit.tolerance.int8]\nmin_agreement = 90.0\n")
    read = Tolerances.from_pyproject(path)
    assert read.of(Precision.INT8) == Tolerance(max_accuracy_drop=1.0, max_f1_drop=4, min_agreement=90.0)
    assert read.of(Precision.DYNAMIC) == Tolerance(max_accuracy_drop=1.0, max_f1_drop=4, min_agreement=95.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[tool.edgekit.tolerance", "TOML"),
        ("[tool.edgekit]\ntolerance = 3", "table"),
        ("[tool]\nedgekit = 3", "table"),
        ("[tool.edgekit.tolerance]\nmax_f1 = 3", "pyproject.toml.*Did you mean 'max_f1_drop'"),
    ],
)
def test_a_broken_pyproject_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        Tolerances.from_pyproject(path)


def test_every_precision_needs_a_tolerance() -> None:
    with pytest.raises(UsageError, match="int8"):
        Tolerances(by_precision={one: Tolerance() for one in Precision if one is not Precision.INT8})


def test_float32_scores_may_differ_by_three_times_what_the_network_differs_from_itself() -> None:
    """EfficientNetB0 in Keras: 0.0023 between batches of 32 and of 1."""
    raised = Tolerances().beyond_noise(0.0023)
    limits = raised.of(Precision.FLOAT32)
    assert limits.max_score_difference == limits.tie_margin == pytest.approx(0.0069)
    assert raised.origins[Precision.FLOAT32] == dict.fromkeys(("max_score_difference", "tie_margin"), OWN_NOISE)
    for precision in set(Precision) - {Precision.FLOAT32}:
        assert raised.of(precision) == Tolerances().of(precision)


def test_a_shallow_network_changes_no_limit() -> None:
    tolerances = Tolerances()
    assert tolerances.beyond_noise(0.0) is tolerances
    assert tolerances.beyond_noise(1e-5).of(Precision.FLOAT32).max_score_difference == 1e-4


def test_noise_raises_no_limit_that_somebody_has_set_and_none_without_end() -> None:
    said = Tolerances().updated({"max_score_difference": 1e-4}, origin="command line").beyond_noise(0.0023)
    assert said.of(Precision.FLOAT32).max_score_difference == 1e-4
    assert Tolerances().beyond_noise(5.0).of(Precision.FLOAT32).max_score_difference == MOST_NOISE


def test_the_numbers_that_the_documents_promise() -> None:
    assert (SIGNIFICANCE, SLACK, MIN_CLASS_IMAGES, NOISE_FACTOR, MOST_NOISE) == (0.05, 1e-9, 100, 3.0, 0.02)


def test_limits_at_their_ends_are_limits() -> None:
    strict = Tolerance(max_accuracy_drop=0, max_f1_drop=0, min_agreement=100, max_score_difference=0, max_tie_flips=0)
    assert strict.to_dict()["max_f1_drop"] == 0
    loose = Tolerance(max_accuracy_drop=100, max_f1_drop=100, min_agreement=0, max_score_difference=101.0)
    assert loose.min_agreement == 0
    assert Tolerance(min_agreement=2).min_agreement == 2
