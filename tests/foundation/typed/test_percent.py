"""Shares with and without a percent sign."""

import pytest

from edgekit.foundation.errors import UsageError
from edgekit.foundation.typed.percent import parse_percent, parse_share


@pytest.mark.parametrize(
    ("typed", "percent"), [("95%", 95.0), ("95 %", 95.0), ("95", 95.0), (" 0.5% ", 0.5), (95, 95.0), (0.5, 0.5)]
)
def test_a_percentage(typed: str | float, percent: float) -> None:
    assert parse_percent(typed) == percent


@pytest.mark.parametrize(("typed", "share"), [("50%", 0.5), ("0.5", 0.5), ("99 %", 0.99), (0.25, 0.25)])
def test_a_share_of_one(typed: str | float, share: float) -> None:
    assert parse_share(typed) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("parse", [parse_percent, parse_share])
@pytest.mark.parametrize("typed", ["", "%", "few", "5%%", "1,5"])
def test_anything_else_is_a_sentence(parse, typed: str) -> None:
    with pytest.raises(UsageError, match="is written like"):
        parse(typed)
