"""Shares as people write them: "95%", "95 %", "95". Knows nothing else."""

from edgekit.foundation.errors import UsageError


def parse_percent(value: str | float) -> float:
    """A share in percent: "0.5%", "0.5" and 0.5 are all 0.5; raises UsageError."""
    if not isinstance(value, str):
        return float(value)
    try:
        return _number(value.strip().removesuffix("%"))
    except ValueError:
        raise UsageError(f"A share is written like 0.5% (or 0.5, in percent). Received '{value}'.") from None


def percent_or_none(value: str | float | None) -> float | None:
    """`parse_percent`; None stays None."""
    return None if value is None else parse_percent(value)


def parse_share(value: str | float) -> float:
    """A share of one: "50%", "0.5" and 0.5 are all 0.5; raises UsageError."""
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    try:
        return _number(text.removesuffix("%")) / 100 if text.endswith("%") else _number(text)
    except ValueError:
        raise UsageError(f"A share is written like 0.5 or 50%. Received '{value}'.") from None


def _number(text: str) -> float:
    return float(text.strip())
