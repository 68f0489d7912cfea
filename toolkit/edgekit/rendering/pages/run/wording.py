"""Numbers and settings of a run as words, "-" for what is not known."""

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.runs.summary import RunSummary

Pairs = list[tuple[str, str]]


def summary_facts(summary: RunSummary) -> Pairs:
    """The figures that matter most."""
    seconds = "-" if summary.seconds is None else f"{summary.seconds:,.0f} s"
    return [
        ("Test accuracy", percent(summary.test_accuracy)),
        ("Validation accuracy, best epoch", percent(summary.validation_accuracy)),
        ("Best epoch", f"{count(summary.best_epoch)} of {count(summary.epochs)}"),
        ("Saved epoch", count(summary.saved_epoch)),
        ("Parameters", count(summary.num_parameters)),
        ("model.keras", "-" if summary.size_bytes is None else f"{summary.size_bytes / 1000:,.0f} kB"),
        ("Training", seconds),
    ]


def settings_in_words(manifest: Mapping[str, Any]) -> Iterator[Pairs]:
    """Settings, versions and machine, each as names and values."""
    yield _pairs(manifest.get("settings"))
    yield _pairs(manifest.get("versions"))
    yield [_memory_in_words(pair) for pair in _pairs(manifest.get("machine"))]


def _memory_in_words(pair: tuple[str, str]) -> tuple[str, str]:
    """Bytes of memory as GiB; every other pair as it is."""
    name, value = pair
    return ("memory", f"{int(value) / 2**30:.1f} GiB") if name == "memory bytes" and value.isdecimal() else pair


def count(number: int | None) -> str:
    """1234 -> "1,234"."""
    return "-" if number is None else f"{number:,}"


def percent(share: float | None) -> str:
    """0.8687 -> "86.87 %"."""
    return "-" if share is None else f"{100 * share:.2f} %"


def _pairs(values: Any) -> Pairs:
    if not isinstance(values, Mapping):
        return []
    return [(str(name).replace("_", " "), _value(value)) for name, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return str(value)
