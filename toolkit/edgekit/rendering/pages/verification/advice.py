"""What to do with a verification, in whole sentences. Follows from verdicts, sizes and speeds alone."""

from collections.abc import Iterator, Sequence

from edgekit.rendering.pages.numbers import size
from edgekit.rendering.pages.verification.naming import title
from edgekit.rendering.terminal.candidate_table import is_ambiguous
from edgekit.rendering.terminal.pairwise_table import most_different
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport

MAX_NAMED = 4
"""Rows that one sentence names."""


def advice(report: VerificationReport) -> Iterator[str]:
    """Sentences, the most urgent first."""
    by_file = is_ambiguous(report)
    rows = {verdict: [row for row in report.worst_first if row.verdict is verdict] for verdict in Verdict}
    if failed := rows[Verdict.ERROR]:
        yield f"Do not ship what failed: {_named(failed, by_file)}. Why stands at each."
    if drifted := rows[Verdict.DRIFT]:
        yield f"Do not ship what drifted, unless you accept what it lost: {_named(drifted, by_file)}."
    yield from _by_runtime(report.candidates)
    yield from _best(rows[Verdict.PASS], by_file)
    if report.pairwise is not None:
        yield most_different(report.pairwise)
    if missing := rows[Verdict.NOT_COMPARED]:
        yield f"Not run here, so nothing is known of {_named(missing, by_file)}."


def _by_runtime(rows: Sequence[CandidateReport]) -> Iterator[str]:
    """Files that pass in one runtime and drift in another."""
    for artifact in dict.fromkeys(row.artifact for row in rows):
        passing, drifting = (
            [row.runtime for row in rows if row.artifact == artifact and row.verdict is verdict]
            for verdict in (Verdict.PASS, Verdict.DRIFT)
        )
        if passing and drifting:
            yield (
                f"{artifact} passes in {', '.join(passing)} and drifts in {', '.join(drifting)}: what counts is the "
                f"runtime of your app."
            )


def _best(passing: Sequence[CandidateReport], by_file: bool) -> Iterator[str]:
    """The smallest and the fastest of those that pass."""
    if not passing:
        yield "Nothing passes, so there is nothing to ship yet."
        return
    smallest = min(passing, key=lambda row: row.size_bytes)
    yield f"The smallest file that passes: {smallest.artifact}, {size(smallest.size_bytes)}."
    timed = [(row.performance.images_per_second, row) for row in passing if row.performance]
    if timed:
        speed, fastest = max(timed, key=lambda each: each[0])
        named = title(fastest, by_file=by_file)
        yield f"The fastest here that passes: {named}, {speed:,.0f} images/s; on a phone it may be another."


def _named(rows: Sequence[CandidateReport], by_file: bool) -> str:
    named = ", ".join(title(row, by_file=by_file) for row in rows[:MAX_NAMED])
    return f"{named} and {len(rows) - MAX_NAMED} more" if len(rows) > MAX_NAMED else named
