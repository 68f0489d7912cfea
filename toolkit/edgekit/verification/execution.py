"""How candidates are run: the protocol, and the one that gives each its own worker process."""

from pathlib import Path
from typing import Protocol

from edgekit.input_range import InputEncoding
from edgekit.progress import Advance
from edgekit.runtimes import RUNTIMES, Availability, Execution, ExecutionFailure

SLOW_RUNTIMES = frozenset({"litert-reference"})
"""Runtimes hundreds of times slower than the others: run on a part of the test split."""


class Executor(Protocol):
    """Runs artifacts. A candidate that fails is a result, not an exception."""

    def availability(self, runtime: str) -> Availability:
        """Whether the runtime of that name works here."""

    def execute(
        self,
        runtime: str,
        artifact: Path,
        images_npy: Path,
        *,
        num_images: int,
        time_limit: float,
        advance: Advance,
        encoding: InputEncoding | None = None,
    ) -> Execution | ExecutionFailure:
        """Run `artifact` on the first `num_images` of `images_npy`.

        Args:
            runtime: A name in RUNTIMES.
            artifact: The model file.
            images_npy: uint8 (N, H, W, 3), RGB, 0 to 255.
            num_images: 1 to N.
            time_limit: Seconds after which the candidate is given up.
            advance: Called with the images finished since the last call.
            encoding: How pixels go into a model made elsewhere; None: as they are.
        """


class IsolatedExecutor:
    """Each candidate in its own process: one that crashes, hangs or runs out of memory harms nobody else."""

    def availability(self, runtime: str) -> Availability:
        """Whether the runtime of that name works here."""
        return RUNTIMES.load(runtime).availability()

    def execute(
        self,
        runtime: str,
        artifact: Path,
        images_npy: Path,
        *,
        num_images: int,
        time_limit: float,
        advance: Advance,
        encoding: InputEncoding | None = None,
    ) -> Execution | ExecutionFailure:
        """Run in a worker process; see `edgekit.runtimes.isolation`."""
        from edgekit.runtimes.isolation import execute

        return execute(
            runtime,
            artifact,
            images_npy,
            num_images=num_images,
            time_limit=time_limit,
            encoding=encoding,
            advance=advance,
        )
