"""What to do with a verification, in whole sentences. Follows from verdicts, sizes and speeds alone."""

from collections.abc import Iterator, Sequence

from edgekit.rendering.pages.numbers import size
from edgekit.rendering.pages.verification.grouping import VerifiedFile
from edgekit.rendering.recommendations import recommendations
from edgekit.rendering.terminal.pairwise_table import most_different
from edgekit.verification.verdict.report import Verdict, VerificationReport

MAX_NAMED = 4
"""Files that one sentence names."""


def advice(report: VerificationReport, files: Sequence[VerifiedFile]) -> Iterator[str]:
    """Sentences on a report, whose files are `files`; the most urgent first."""
    if failed := _named(files, Verdict.ERROR):
        yield f"Do not ship files with errors: {failed}. The details below say why."
    if drifted := _named(files, Verdict.DRIFT):
        yield f"Do not ship files that drift, unless you accept the loss: {drifted}."
    if open_questions := _named(files, Verdict.INCONCLUSIVE):
        yield f"Too few test images to tell drift from chance: {open_questions}. The details say how many would do."
    yield from _by_runtime(files)
    yield from _best(files)
    yield from (f"{line}." for line in recommendations(report))
    if report.pairwise is not None:
        yield most_different(report.pairwise)
    if missing := _named(files, Verdict.NOT_COMPARED):
        yield f"Not run here, so the result is unknown for {missing}."


def _by_runtime(files: Sequence[VerifiedFile]) -> Iterator[str]:
    """Files that pass in one runtime and drift in another."""
    for one in files:
        passing, drifting = (
            [row.runtime for row in one.rows if row.verdict is verdict] for verdict in (Verdict.PASS, Verdict.DRIFT)
        )
        if passing and drifting:
            yield (
                f"{one.worst.artifact} passes in {', '.join(passing)} and drifts in {', '.join(drifting)}: the "
                f"runtime of your app counts."
            )


def _best(files: Sequence[VerifiedFile]) -> Iterator[str]:
    """The smallest and the fastest of those that pass."""
    passing = [(one, row) for one in files for row in one.rows if row.verdict is Verdict.PASS]
    if not passing:
        if not any(row.verdict is Verdict.INCONCLUSIVE for one in files for row in one.rows):
            yield "Nothing passes, so there is nothing to ship yet."
        return
    smallest = min((row for _, row in passing), key=lambda row: row.size_bytes)
    yield f"The smallest file that passes: {smallest.artifact}, {size(smallest.size_bytes)}."
    timed = [(row.performance.images_per_second, one, row) for one, row in passing if row.performance]
    if timed:
        speed, one, row = max(timed, key=lambda each: each[0])
        yield (
            f"The fastest file that passes: {one.name} in {row.runtime}, {speed:,.0f} images/s on this machine; "
            f"measure it on your device."
        )


def _named(files: Sequence[VerifiedFile], verdict: Verdict) -> str:
    """The rows with that verdict, by file: "int8 tflite in litert-xnnpack and 3 more"; "" if there is none."""
    named = [f"{one.name} in {row.runtime}" for one in files for row in one.rows if row.verdict is verdict]
    more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
    return ", ".join(named[:MAX_NAMED]) + more
