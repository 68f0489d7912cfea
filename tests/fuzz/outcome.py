"""What a part of the campaign found: one row of its table."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Trials:
    """How much of one part is tried.

    Attributes:
        count: How often, at most.
        seed: Of what is drawn.
        until: When no further trial is begun, of the monotonic clock.
    """

    count: int
    seed: int
    until: float


@dataclass
class Outcome:
    """A row of the table.

    Attributes:
        name: What was done.
        tried: How often.
        fine: How often it ended as it should.
        lost: Files or listings that were lost or changed, all together.
        executed: Files of a stranger that were executed.
        faults: One line for each that was not fine.
        until: When no further trial is begun, of the monotonic clock.
    """

    name: str
    tried: int = 0
    fine: int = 0
    lost: int = 0
    executed: int = 0
    faults: list[str] = field(default_factory=list)

    until: float = float("inf")

    def trials(self, count: int, step: int = 1) -> Iterator[int]:
        """0, `step`, … below `count`, as long as the part has time."""
        for number in range(0, count, step):
            if time.monotonic() > self.until:
                return
            yield number

    def count(self, fault: str, *, lost: int = 0) -> None:
        """One more that was tried; `fault` is "" where it was fine."""
        self.tried += 1
        self.lost += lost
        if fault:
            self.faults.append(f"{self.name}: {fault}")
        else:
            self.fine += 1


def table(rows: list[Outcome]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| what | tried | fine | lost | executed |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {row.name} | {row.tried:,} | {row.fine:,} | {row.lost} | {row.executed} |" for row in rows]
    return "\n".join(lines)
