"""The protocol of a client that compiles a file and runs nothing: how much of it an accelerator takes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class NpuShare:
    """How much of a file one accelerator runs.

    Attributes:
        target: "ethos-u55-128".
        num_accelerated: Operators that run on it.
        num_operators: All operators, at least 1.
    """

    target: str
    num_accelerated: int
    num_operators: int

    @property
    def percent(self) -> float:
        """Of the operators, those that run on it; 0 to 100."""
        return 100 * self.num_accelerated / self.num_operators


class Compiler(ABC):
    """One compiler."""

    @classmethod
    @abstractmethod
    def shares(cls, path: Path, folder: Path) -> list[NpuShare]:
        """Compile the file at `path` into `folder` for each accelerator; raises ArtifactError."""
