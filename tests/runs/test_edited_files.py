"""Files of a run that a hand, a crash or a stranger has changed: data or a sentence, never a traceback.

Every file is edited in one place after another by values that nobody expects, cut off, and replaced by noise. Its
checksum in the manifest is made to fit, as whoever wants to do harm would.
"""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.reports.hard_report import hard_report
from support.run_folders import make_full_run

from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import EdgekitError
from edgekit.quantization.learned_ranges import LearnedRange, LearnedRanges, fingerprint_of
from edgekit.rendering.pages.run.page import run_page
from edgekit.rendering.pages.verification import verification_page
from edgekit.rendering.terminal.changes_table import print_changes
from edgekit.rendering.terminal.compression import print_compression
from edgekit.rendering.terminal.runs_table import print_runs
from edgekit.rendering.terminal.verification_table import print_verification
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.runs.summary import compare_runs
from edgekit.search.budget import Budget
from edgekit.search.journal import Journal
from edgekit.search.trial import Trial, best_within, closest_to, frontier
from edgekit.training.checkpoint import Checkpoint
from edgekit.training.folders import describe, status_of
from edgekit.verification.verdict.report_changes import compare_reports, load_report

IDENTITY = {"model": "abc", "versions": {"edgekit": "1"}}

VALUES = st.sampled_from(
    [None, True, -1, 0, 3, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "x", "\udcff", "\x1b[31m", "<b>",
     "../../x", [], {}, [[]], {"a": None}, [1, "x"], "x" * 10_000],
)  # fmt: skip

NOISE = [b"", b"\0" * 100, b"\xff\xfe{}", b"{}", b"[]", b"3", b"[" * 100_000, b'{"a": 1}\n' * 3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that holds every kind of file."""
    folder = tmp_path_factory.mktemp("edited")
    layer = {"layer": "conv", "kind": "Conv2D", "num_weights": 10, "num_zeros": 5, "num_distinct": 3}
    original = {"run": "first", "accuracy": 0.9, "agreement": 0.8}
    run = make_full_run(
        folder / "run",
        compression={"methods": ["prune"], "layers": [layer], "zipped_float32_bytes": 5, "original": original},
        exports={"tflite/model-int8.tflite": {"output": "logits", "quantizer": "tensorflow"}},
        machine={"memory_bytes": 1024, "features": ["avx2"]},
        saved_epoch=2,
    )
    report, _ = hard_report(folder, num_images=200)
    write_json(run.verification_path, report.to_dict())
    scores = np.full((4, 2), 0.5, np.float32)
    Reference(scores=scores, labels=np.arange(4) % 2, dataset_sha256="0" * 64, class_names=("a", "b")).save(
        run.reference_path
    )
    values = [np.arange(4.0), np.arange(4.0)]
    learned = LearnedRange(layer="conv", low=-1.0, high=2.0, size=4, fingerprint=fingerprint_of(values))
    LearnedRanges(image_shape=(2, 2, 3), ranges=(learned,)).save(run.learned_ranges_path)
    journal = Journal(run.path / "tuning" / "trials.jsonl", IDENTITY)
    for number in range(2):
        journal.add(
            Trial(name=f"t{number}", runtime="r", options={"io": "x"}, size_bytes=3, accuracy_drop=0.1, flips=0.2)
        )
    Checkpoint(
        identity={"recipe": "x"}, history=({"loss": 1.0},), is_over=False, scalars=({"best": 1.0},),
        arrays={"variables.0": np.zeros(3, np.float32)},
    ).save(run.path / "checkpoint.npz")  # fmt: skip
    run.record(run.reference_path, run.learned_ranges_path)
    return run.path


def read_run(run: Path) -> None:
    """Everything that reads and shows the manifest, the history, the report and the table of classes."""
    folder = RunFolder(run)
    run_page(folder)
    print_runs(compare_runs([run]))
    status_of(run)
    describe(folder.manifest)
    print_compression(folder.manifest.get("compression", {}), _NO_REPORT)
    folder.artifacts()


class _NoReport:
    accuracy = 0.5
    num_images = 3


_NO_REPORT: Any = _NoReport()


def read_verification(run: Path) -> None:
    report = load_report(run)
    run_page(RunFolder(run))
    print_verification(report, verbose=True)
    verification_page(report, "run", command="edgekit verify")
    print_changes(compare_reports(report, report))
    assert report.exit_status in (0, 1, 3)


def read_trials(run: Path) -> None:
    trials = Journal(run / "tuning" / "trials.jsonl", IDENTITY).trials
    budget = Budget(max_accuracy_drop=0.5, max_flips=2.0)
    best_within(trials, budget)
    closest_to(trials, budget)
    frontier(trials)


def read_ranges(run: Path) -> None:
    ranges = LearnedRanges.load(run / "learned-ranges.json")
    if np.prod(ranges.image_shape) < 10_000:
        assert len(ranges.probe_images)
    ranges.find({"x": [np.arange(4.0), np.arange(4.0)]})


def read_reference(run: Path) -> None:
    folder = RunFolder(run)
    assert folder.reference().scores.ndim == 2


def read_checkpoint(run: Path) -> None:
    assert Checkpoint.load(run / "checkpoint.npz").epochs >= 0


READERS: dict[str, Callable[[Path], None]] = {
    "manifest.json": read_run,
    "report.json": read_run,
    "history.csv": read_run,
    "classes.csv": read_run,
    "verification.json": read_verification,
    "tuning/trials.jsonl": read_trials,
    "learned-ranges.json": read_ranges,
    "reference.npz": read_reference,
    "checkpoint.npz": read_checkpoint,
}


def data_or_a_sentence(run: Path, name: str, content: bytes) -> str:
    """Put `content` into the file `name` of `run`, read it by all that reads it; "read", or what was said."""
    path = run / name
    before, manifest = path.read_bytes(), (run / "manifest.json").read_bytes()
    try:
        path.write_bytes(content)
        if name != "manifest.json":
            RunFolder(run).record(*([path] if name in json.loads(manifest)["files"] else []))
        READERS[name](run)
    except EdgekitError as error:
        return str(error)
    finally:
        path.write_bytes(before)
        (run / "manifest.json").write_bytes(manifest)
    return "read"


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


@pytest.mark.parametrize("name", READERS)
def test_the_whole_file_is_read(run: Path, name: str) -> None:
    assert data_or_a_sentence(run, name, (run / name).read_bytes()) == "read"


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", NOISE)
def test_something_else_in_its_place_is_data_or_a_sentence(run: Path, name: str, content: bytes) -> None:
    said = data_or_a_sentence(run, name, content)
    assert len(said) < 2000


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_cut_off_is_data_or_a_sentence(run: Path, name: str) -> None:
    content = (run / name).read_bytes()
    for length in range(0, len(content), max(1, len(content) // 25)):
        data_or_a_sentence(run, name, content[:length])


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON document; of a list, its first two items."""
    if path:
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node[:2]) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def edited(document: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A copy with another value at `place`; `...` removes what is there."""
    if not place:
        return value
    copy = list(document) if isinstance(document, list) else dict(document)
    if value is ... and len(place) == 1:
        del copy[place[0]]  # type: ignore[arg-type]
    else:
        copy[place[0]] = edited(document[place[0]], place[1:], value)  # type: ignore[index,call-overload]
    return copy


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", [name for name in READERS if name.endswith((".json", ".jsonl"))])
def test_an_edited_value_is_data_or_a_sentence(run: Path, name: str, data: st.DataObject) -> None:
    lines = (run / name).read_text().splitlines() if name.endswith(".jsonl") else [(run / name).read_text()]
    number = data.draw(st.integers(0, len(lines) - 1))
    document = json.loads(lines[number])
    for _ in range(data.draw(st.integers(1, 2))):
        found = list(places(document))
        place = data.draw(st.sampled_from(found)) if found else ()
        document = edited(document, place, data.draw(VALUES | st.just(...)) if place else {})
    lines[number] = json.dumps(document)
    data_or_a_sentence(run, name, "\n".join(lines).encode())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", ["history.csv", "classes.csv"])
def test_an_edited_cell_is_data_or_a_sentence(run: Path, name: str, data: st.DataObject) -> None:
    rows = [line.split(",") for line in (run / name).read_text().splitlines()]
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[row]) - 1))
    cells = ["", "x", "-1", "1e308", "nan", "9" * 400, '"', "a,b", "\0", "\x1b[31m", "x" * 200_000, "é"]
    rows[row][column] = data.draw(st.sampled_from(cells))
    data_or_a_sentence(run, name, "\n".join(map(",".join, rows)).encode())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", READERS)
def test_flipped_bytes_are_data_or_a_sentence(run: Path, name: str, data: st.DataObject) -> None:
    content = bytearray((run / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    data_or_a_sentence(run, name, bytes(content))


ARRAYS = {
    "scores": [
        np.zeros((4, 2), "O"),
        np.zeros((4, 2), "U3"),
        np.zeros((4, 2, 1)),
        np.full((4, 2), np.nan),
        np.zeros(0),
    ],
    "labels": [
        np.array([0, 1, 0, 9]),
        np.array([-1, 0, 0, 0]),
        np.zeros((4, 1), int),
        np.zeros(4),
        np.zeros(10**6, int),
    ],
    "class_names": [np.array(["a"]), np.array(3), np.array([["a"], ["b"]]), np.array(["a", "\x1b[31m"])],
    "dataset_sha256": [np.zeros(3), np.array([{}], object)],
}


@pytest.mark.parametrize(("key", "number"), [(key, number) for key in ARRAYS for number in range(len(ARRAYS[key]))])
def test_an_edited_array_is_data_or_a_sentence(run: Path, key: str, number: int) -> None:
    with np.load(run / "reference.npz") as arrays:
        content = {name: arrays[name] for name in arrays.files} | {key: ARRAYS[key][number]}
    file = io.BytesIO()
    np.savez(file, **content)
    data_or_a_sentence(run, "reference.npz", file.getvalue())
