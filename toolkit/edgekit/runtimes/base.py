"""The protocol of a runtime: what executes an artifact, with its kernels.

The same `.tflite` gives different answers with XNNPACK and with the builtin kernels, so these are two
runtimes. A runtime is one short file: the base class owns conversion of pixels, batching and
dequantization; a subclass fills the hooks. Runtimes know no exporter, no label and no reference.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from edgekit.artifact import Format, TensorSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a runtime works on this machine.

    Attributes:
        version: Its version, where it is installed.
        reason: Why it cannot be used, with what to do; None where it can.
    """

    version: str | None
    reason: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether it can be used."""
        return self.reason is None


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """How a session is to run.

    Attributes:
        num_threads: Threads of the runtime, at least 1.
        batch_size: Images an invocation; a file of fixed batch that cannot be resized keeps its own.
    """

    num_threads: int = 1
    batch_size: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Execution:
    """What a candidate did, measured in its worker process.

    Attributes:
        scores: float32 (N, C), dequantized, in the order of the images; as the model gives them.
        seconds: Time of all invocations together, loading and tuning left out.
        images_per_second: N over `seconds`.
        peak_rss_bytes: Largest resident memory of the worker process.
        runtime_version: Version of the library that ran it.
        settings: Threads and batch that were used.
    """

    scores: "NDArray[np.float32]"
    seconds: float
    images_per_second: float
    peak_rss_bytes: int
    runtime_version: str
    settings: SessionSettings


@dataclass(frozen=True, kw_only=True)
class ExecutionFailure:
    """A candidate that could not be run to its end.

    Attributes:
        reason: One sentence: crashed, hung, out of memory, or what the runtime said.
    """

    reason: str


class Session(ABC):
    """One loaded artifact. Made by `Runtime.open`."""

    @property
    @abstractmethod
    def input_spec(self) -> TensorSpec:
        """The model's single input."""

    @property
    @abstractmethod
    def output_spec(self) -> TensorSpec:
        """The model's single output."""

    @abstractmethod
    def invoke(self, batch: "NDArray[Any]") -> "NDArray[Any]":
        """Run one batch of the input's own dtype; returns a copy of the output, of the output's own dtype."""


class Runtime(ABC):
    """One way to execute artifacts of one format.

    Attributes:
        name: Its name in the registry and on every row.
        format: What it reads.
    """

    name: ClassVar[str]
    format: ClassVar[Format]

    @classmethod
    @abstractmethod
    def availability(cls) -> Availability:
        """Whether it works here; imports the library at most."""

    @classmethod
    @abstractmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load the artifact; raises ArtifactError with the library's reason."""
