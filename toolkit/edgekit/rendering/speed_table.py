"""What `edgekit bench` measured and compared, on the terminal."""

from typing import TYPE_CHECKING

from edgekit.foundation.grammar import counted
from edgekit.rendering.terminal.tables import Column, make_console, print_table
from edgekit.speed.comparison import SpeedChange, SpeedComparison
from edgekit.speed.report import SpeedReport, SpeedRow

if TYPE_CHECKING:
    from rich.console import Console

LEAST_IMPORTANT = ("first\nms", "p90\nms", "MB", "kB", "load\nms")
"""Columns that go first where a terminal is narrow."""


def print_speed(report: SpeedReport, console: "Console | None" = None) -> None:
    """Print `report` to stdout, or to `console`: a row per file, runtime and number of threads."""
    console = console or make_console()
    ran = [row for row in report.rows if not row.failure]
    if ran:
        columns = [Column(name="file", is_file=True), Column(name="runtime", wrap=False)]
        names = ("thr.", "p50\nms", "p90\nms", "p99\nms", "load\nms", "first\nms", "img/s", "MB", "kB")
        columns += [Column(name=name, align="right") for name in names]
        cells = [line for row in ran for line in _lines(row)]
        print_table(_title(report), columns, cells, console=console, least_important=LEAST_IMPORTANT)
        console.print(
            "p50, p90, p99: time of one call with one batch; batch 1 unless the file fixes another. img/s: with the "
            "fastest threads and batch. MB: memory of the process.",
            markup=False,
        )
    if report.was_busy:
        console.print(
            f"Other programs were running: the load average was {report.load_before:.1f} before the first measurement. "
            f"p90, p99 and img/s include their effect.",
            markup=False,
        )
    for row in report.rows:
        if row.failure:
            console.print(f"Not measured: {row.artifact} in {row.runtime}. {row.failure}", markup=False)


def print_speed_comparison(comparison: SpeedComparison, console: "Console | None" = None) -> None:
    """Print `comparison` to stdout, or to `console`: a row per pair of files, and a sentence for the whole."""
    console = console or make_console()
    columns = [Column(name="file", is_file=True), Column(name="runtime", wrap=False)]
    columns += [Column(name=name, align="right") for name in ("old ms", "new ms", "new/old", "95 % interval")]
    columns.append(Column(name="", wrap=False))
    cells = [_change(change) for change in comparison.changes]
    print_table("Latency of one call", columns, cells, console=console, least_important=("old ms", "new ms"))
    slow = [change for change in comparison.changes if change.is_too_slow]
    limit = f"{100 * comparison.max_slowdown:g} %"
    console.print(
        f"{counted(len(slow), 'file')} of {len(comparison.changes)} slower than the limit of {limit} allows."
        if slow
        else f"No file is slower than the limit of {limit} allows.",
        markup=False,
    )
    if not comparison.in_turn:
        console.print(
            "These reports were measured at different times. For a fair ratio, let both be measured in turn: "
            "edgekit bench --compare OLD NEW, with two runs or model files.",
            markup=False,
        )
    for side, names in (("old", comparison.only_old), ("new", comparison.only_new)):
        if names:
            console.print(f"Only in the {side} one, not compared: {', '.join(names)}.", markup=False)


def _title(report: SpeedReport) -> str:
    machine = report.environment.get("machine", {})
    return (
        f"{machine.get('cpu', 'unknown processor')}, {counted(int(machine.get('num_cpus', 0)), 'processor')}; "
        f"{counted(report.rounds, 'round')} of {report.seconds:g} s"
    )


def _lines(row: SpeedRow) -> list[list[str]]:
    lines = []
    for place, one in enumerate(row.latency):
        is_first = place == 0
        rate = "-" if row.images_per_second is None else f"{row.images_per_second:,.0f}"
        times = [str(one.num_threads), _ms(one.p50_ms), _ms(one.p90_ms), _ms(one.p99_ms)]
        of_file = [_ms(row.load_ms), _ms(row.first_ms), rate, f"{row.peak_rss_bytes / 1e6:,.0f}"]
        size = f"{row.size_bytes / 1000:,.0f}"
        lines.append(
            [row.artifact, row.runtime, *times, *of_file, size] if is_first else ["", "", *times, "", "", "", "", ""]
        )
    return lines


def _change(change: SpeedChange) -> list[str]:
    name = [change.new.artifact, change.new.runtime]
    if change.latency is None:
        stopped = change.new.failure or change.old.failure or "measured with other numbers of threads"
        return [*name, "-", "-", "-", "-", stopped]
    ratio, old, new = change.latency, change.old.single_thread, change.new.single_thread
    verdict = "too slow" if change.is_too_slow else ("slower" if ratio.value > 1 else "faster")
    return [
        *name,
        _ms(old.p50_ms) if old else "-",
        _ms(new.p50_ms) if new else "-",
        f"{ratio.value:.3f}",
        f"{ratio.low:.3f} to {ratio.high:.3f}",
        verdict if change.is_too_slow or ratio.is_beyond_noise else "within noise",
    ]


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
