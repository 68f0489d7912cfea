"""Numbers as pages write them. Each is a filter of the templates: `{{ row.accuracy|percent }}`."""

FILTERS = ("count", "decimal", "p_value", "percent", "points", "size")
"""The functions that templates may use as filters."""

MINUS = "\N{MINUS SIGN}"

NOTHING = "-"
"""What stands for a number that is not known."""


def points(change: float, digits: int = 2) -> str:
    """A change of a share, -1 to 1, in points of a hundred, with + or a minus sign: "+0.18"; "0.00" for none."""
    written = f"{100 * change:+.{digits}f}"
    return written.lstrip("+-") if float(written) == 0 else written.replace("-", MINUS)


def percent(share: float | None) -> str:
    """A share, 0 to 1: "86.87 %"."""
    return NOTHING if share is None else f"{100 * share:.2f} %"


def decimal(value: float | None, digits: int = 2, factor: float = 1.0) -> str:
    """A number with so many digits, thousands apart: "1,234.50"; `factor` 100 for the number of a percentage."""
    return NOTHING if value is None else f"{factor * value:,.{digits}f}"


def p_value(p: float) -> str:
    """A probability: "0.31", "< 0.0001"."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def size(num_bytes: float) -> str:
    """Bytes in the unit that suits: "812 B", "97 kB", "1.25 MB"."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if num_bytes >= unit:
            return f"{num_bytes / unit:,.2f} {name}"
    return f"{num_bytes / 1000:,.0f} kB" if num_bytes >= 1000 else f"{num_bytes} B"


def count(number: int | None) -> str:
    """1234 -> "1,234"."""
    return NOTHING if number is None else f"{number:,}"
