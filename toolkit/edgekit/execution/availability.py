"""Which runtimes there are and which of them work here."""

from dataclasses import asdict, dataclass
from typing import Any

from edgekit.runtimes import RUNTIMES


@dataclass(frozen=True, kw_only=True)
class RuntimeStatus:
    """One row of `edgekit runtimes`.

    Attributes:
        name: Its name on the command line.
        format: What it reads: "tflite", "onnx".
        version: Version of its library; None where it is not installed.
        reason: Why it cannot be used here, with what to do; None where it can.
        summary: One line about it.
    """

    name: str
    format: str
    version: str | None
    reason: str | None
    summary: str

    @property
    def is_available(self) -> bool:
        """Whether it can be used here."""
        return self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "available": self.is_available}


def list_runtimes() -> list[RuntimeStatus]:
    """Every runtime in the order of the registry; imports the library of each."""
    return [_status(name) for name in RUNTIMES]


def _status(name: str) -> RuntimeStatus:
    runtime = RUNTIMES.load(name)
    availability = runtime.availability()
    return RuntimeStatus(
        name=name,
        format=runtime.format.value,
        version=availability.version,
        reason=availability.reason,
        summary=RUNTIMES[name].summary,
    )
