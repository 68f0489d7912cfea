"""Buttons above a table: the rows whose button is pressed are shown. The script of the page brings them to life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FilterGroup:
    """One group of buttons.

    Attributes:
        key: What the rows call it: the attribute `data-KEY`.
        name: The text before the buttons.
        values: Each value that occurs, and the number of its rows.
    """

    key: str
    name: str
    values: Sequence[tuple[str, int]]


def filter_groups(names: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> tuple[FilterGroup, ...]:
    """A group for each of `names` (key -> name) whose values tell the rows apart.

    Args:
        names: Key of a filter -> the text before its buttons.
        rows: For each row: key of a filter -> its value; a row may lack a key.
    """
    groups = []
    for key, name in names.items():
        values = [row[key] for row in rows if key in row]
        counts = {value: values.count(value) for value in dict.fromkeys(values)}
        if len(counts) > 1:
            groups.append(FilterGroup(key=key, name=name, values=tuple(counts.items())))
    return tuple(groups)
