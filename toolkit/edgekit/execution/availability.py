"""The runtimes, and which of them work here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgekit.foundation.errors import PluginError, first_line_of
from edgekit.runtimes import RUNTIMES, Availability


@dataclass(frozen=True, kw_only=True)
class RuntimeStatus:
    """One row of `edgekit runtimes`.

    Attributes:
        name: Its name on the command line.
        formats: What it reads: "tflite", "onnx".
        version: Version of its library; None if it is not installed.
        reason: Why it cannot be used here, with what to do; None if it can.
        summary: One line about it.
        origin: The package that brings it, with its version; None for edgekit's own.
    """

    name: str
    formats: tuple[str, ...]
    version: str | None
    reason: str | None
    summary: str
    origin: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether it can be used here."""
        return self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "available": self.is_available}


def list_runtimes() -> list[RuntimeStatus]:
    """Every runtime in the order of the registry; imports the library of each.

    One that another package brings and that cannot be used is a PluginWarning.
    """
    return [_status(name, [each.value for each in runtime.formats]) for name, runtime in RUNTIMES.load_all()]


def availability_of(name: str) -> Availability:
    """Whether the runtime of that name works here; raises UnknownNameError, and nothing for another package's."""
    try:
        availability: Any = RUNTIMES.load(name).availability()
    except PluginError as error:
        return Availability(version=None, reason=str(error))
    except (Exception, SystemExit) as error:
        if RUNTIMES[name].origin is None:
            raise
        return Availability(version=None, reason=f"{type(error).__name__}: {first_line_of(error)}")
    if not isinstance(availability, Availability):
        return Availability(version=None, reason=f"its availability() gave a {type(availability).__name__}")
    if not all(isinstance(each, str | None) for each in (availability.version, availability.reason)):
        return Availability(version=None, reason="its availability() gave a version or a reason that is not text")
    return availability


def _status(name: str, formats: Sequence[str]) -> RuntimeStatus:
    availability, entry = availability_of(name), RUNTIMES[name]
    return RuntimeStatus(
        name=name,
        formats=tuple(formats),
        version=availability.version,
        reason=availability.reason,
        summary=entry.summary,
        origin=entry.origin,
    )
