"""What a part of the campaign found: one row of its table."""

from dataclasses import dataclass, field


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
    """

    name: str
    tried: int = 0
    fine: int = 0
    lost: int = 0
    executed: int = 0
    faults: list[str] = field(default_factory=list)

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
