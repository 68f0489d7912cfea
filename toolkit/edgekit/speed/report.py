"""What `edgekit bench` measured, as plain values that are stored and compared. Measures nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import Count, Limits, Positive
from edgekit.foundation.grammar import counted
from edgekit.foundation.results import Displayed, plain

VERSION = 1
"""Of the JSON document. A document of another version is not read."""

REMEDY = "Measure again: edgekit bench"

BUSY = 0.25
"""Share of the processors."""

Percentile = Annotated[float, Limits(low=0, high=1e9)]
"""Milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Time of one call, over all calls of all rounds.

    Attributes:
        num_threads: Threads of the runtime.
        num_calls: Calls that were measured.
        p50_ms: The median, in milliseconds.
        p90_ms: Nine of ten calls take at most that long.
        p99_ms: 99 of 100 calls take at most that long.
        round_medians_ms: The median of each round, in their order. Each round is a process of its own.
    """

    num_threads: Annotated[int, Limits(low=1, high=10**6)]
    num_calls: Count
    p50_ms: Percentile
    p90_ms: Percentile
    p99_ms: Percentile
    round_medians_ms: tuple[Percentile, ...]


@dataclass(frozen=True, kw_only=True)
class SpeedRow:
    """One file in one runtime.

    Attributes:
        artifact: The file, as it is listed.
        sha256: Of its bytes.
        size_bytes: Of the file.
        format: "tflite" or "onnx".
        precision: Its precision; "unknown" if neither name nor run says one.
        runtime: What ran it.
        runtime_version: Version of that library; "" if it did not run.
        batch_size: Images per call.
        load_ms: Milliseconds to open the file, the median of the rounds.
        first_ms: Milliseconds of the first call, the median of the rounds.
        latency: One entry per number of threads; none if it did not run.
        images_per_second: At the fastest threads, sessions and batch; None if that was not measured.
        fastest_settings: These, as "2 sessions, batch 16"; "" if that was not measured.
        peak_rss_bytes: Largest resident memory of the process with one thread.
        failure: Why it did not run, as a whole sentence; "" if it ran.
    """

    artifact: str
    sha256: str
    size_bytes: Count
    format: str
    precision: str
    runtime: str
    runtime_version: str = ""
    batch_size: Count = 0
    load_ms: Positive = 0.0
    first_ms: Positive = 0.0
    latency: tuple[Latency, ...] = ()
    images_per_second: Positive | None = None
    fastest_settings: str = ""
    peak_rss_bytes: Count = 0
    failure: str = ""

    @property
    def single_thread(self) -> Latency | None:
        """The latency with one thread, or with the fewest that were measured; None if it did not run."""
        return min(self.latency, key=lambda one: one.num_threads, default=None)


@dataclass(frozen=True, kw_only=True)
class SpeedReport(Displayed):
    """What `edgekit bench` measured.

    Attributes:
        rows: One per file and runtime.
        rounds: Processes that each row was measured in.
        seconds: Of one measurement in one of them.
        measured_on: When, as in "2026-11-30T12:00:00+00:00".
        environment: Machine and versions, as in verification.json.
        load_before: Processes of this machine that were running or waiting before the first measurement, averaged
            over a minute; None where the system does not say.
        version: Of the document.
    """

    rows: tuple[SpeedRow, ...]
    rounds: Annotated[int, Limits(low=1, high=10**6)]
    seconds: Annotated[float, Limits(low=0, high=10**6)]
    measured_on: str
    environment: dict[str, Any]
    load_before: Positive | None = None
    version: Annotated[int, Limits(low=VERSION, high=VERSION)] = VERSION

    def __repr__(self) -> str:
        return f"<SpeedReport of {counted(len(self.rows), 'row')}>"

    @property
    def was_busy(self) -> bool:
        """Whether other programs used more than `BUSY` of the processors before the first measurement."""
        num_cpus = self.environment.get("machine", {}).get("num_cpus", 0)
        return self.load_before is not None and self.load_before > BUSY * max(num_cpus, 1)

    @property
    def exit_status(self) -> int:
        """0: every file ran. 1: one did not."""
        return 1 if any(row.failure for row in self.rows) else 0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return dict(plain(asdict(self)))


def now() -> str:
    """The time, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load_speed_report(path: Path) -> SpeedReport:
    """What `edgekit bench --out FILE` or `--json` wrote.

    Raises:
        RunFolderError: It is missing, or something else.
    """
    report: SpeedReport = read_json(path, SpeedReport, remedy=REMEDY)
    return report


def matching(old: Sequence[SpeedRow], new: Sequence[SpeedRow]) -> list[tuple[SpeedRow, SpeedRow]]:
    """Rows of the same format, precision and runtime, in the order of `old`; of several, that of the same name."""
    pairs: list[tuple[SpeedRow, SpeedRow]] = []
    left = list(new)
    for row in old:
        same = [each for each in left if _kind(each) == _kind(row)]
        found = next((each for each in same if each.artifact == row.artifact), next(iter(same), None))
        if found is not None:
            left.remove(found)
            pairs.append((row, found))
    return pairs


def _kind(row: SpeedRow) -> tuple[str, str, str]:
    return row.format, row.precision, row.runtime
