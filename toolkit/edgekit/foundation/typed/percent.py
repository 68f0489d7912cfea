"""Shares as people write them: "95%", "95 %", "95". Imports nothing else of edgekit but its errors."""

from edgekit.foundation.errors import UsageError


def parse_percent(value: str | float, option: str = "") -> float:
    """A share in percent: "0.5%", "0.5" and 0.5 are all 0.5; raises UsageError, which names `option`."""
    if not isinstance(value, str):
        return float(value)
    try:
        return float(value.strip().removesuffix("%").strip())
    except ValueError:
        raise _unreadable(value, option, "0.5% (or 0.5, in percent)") from None


def percent_or_none(value: str | float | None, option: str = "") -> float | None:
    """`parse_percent`; None stays None."""
    return None if value is None else parse_percent(value, option)


def parse_share(value: str | float, option: str = "") -> float:
    """A share of one: "50%", "0.5" and 0.5 are all 0.5; raises UsageError, which names `option`."""
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    try:
        return float(text.removesuffix("%").strip()) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise _unreadable(value, option, "0.5 or 50%") from None


def share_or_none(value: str | float | None, option: str = "") -> float | None:
    """`parse_share`; None stays None."""
    return None if value is None else parse_share(value, option)


def _unreadable(value: str, option: str, expected: str) -> UsageError:
    return UsageError(f"{option or 'A share'} is written like {expected}. Received '{value}'.")
