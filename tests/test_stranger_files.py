"""Nothing that a run folder or a model file says leads to an import or to running code.

A Python file lies where a stranger would put it, in the run itself, and leaves a note where it is run. Its path and
its module name are planted in every text of every JSON file of a run, and every command is run on it.

Every text in every place meets every command up to the point where all that the run says has been read (`stops`); what
follows is the same work on the same network, minutes of it. It is done to its end once, with every text in some places.
"""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from edgekit.cli import run_command as edgekit
from edgekit.execution.worker.inspection import InspectedFile, InspectionJob
from edgekit.foundation.errors import CompressionError, ExportError
from edgekit.inspection.model_file import inspect_file
from edgekit.runtimes import ExecutionFailure

CODE = """
import pathlib
pathlib.Path({note!r}).write_text("ran")
from edgekit.recipe import Recipe, TrainingSettings
RECIPE = Recipe(name="extra", summary="", settings=TrainingSettings(epochs=1), build=print, optimizer=print)
def load(request):
    raise SystemExit
"""

PLANTED = ("run/extra.py", "extra", "extra:load", "folder:run", "hub:stranger/data")

VITAL = {
    "status",
    "sha256",
    "train_sha256",
    "model_sha256",
    "schema_version",
    "name",
    "class",
    "class_names",
    "artifact",
}
"""Keys without which a command stops at once: they are planted one at a time."""

COMMANDS = (
    "report run",
    "compare run",
    "compare-reports run run",
    "inspect run/onnx/model-float32.onnx",
    "verify run --precision float32 --runtime onnxruntime --sample 20",
    "verify run/onnx/model-float32.onnx --reference run/model.keras --data digits --sample 20",
    "diagnose run --precision int8 --format onnx --images 8",
    "export run --float32 --format onnx",
    "compress run --prune 0.5 --epochs 1 --out compressed",
    "train --data digits --epochs 1 --out run --resume",
)
SLOW_COMMANDS = (
    "compare-schemes run --int8 --calibration-images 20",
    "tune run --max-flips 100 --max-accuracy-drop 100 --calibration-images 20",
)


@pytest.fixture(scope="module")
def verified_run(tmp_path_factory: pytest.TempPathFactory, finished_run: Path) -> Path:
    """A finished run with a verification.json."""
    run = tmp_path_factory.mktemp("stranger") / "run"
    shutil.copytree(finished_run, run)
    command = ["verify", str(run), "--precision", "float32", "--runtime", "onnxruntime", "--sample", "20"]
    assert edgekit(command) in (0, 3)
    return run


@pytest.fixture
def stranger(tmp_path: Path, verified_run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `run`, of which the code is importable, which is more than any user would allow."""
    run = tmp_path / "run"
    shutil.copytree(verified_run, run)
    monkeypatch.chdir(tmp_path)
    for folder in (run, tmp_path):
        (folder / "extra.py").write_text(CODE.format(note=str(tmp_path / "CODE_RAN")))
    monkeypatch.syspath_prepend(run)
    monkeypatch.setenv("PYTHONPATH", str(run))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each command end where the work begins; the places where commands have ended so."""
    from edgekit.exporting.conversion import FileMaker

    reached: list[str] = []
    prepare = FileMaker.__init__

    def no_process(job: Any, *_: Any, **__: Any) -> ExecutionFailure:
        reached.append(type(job).__name__)
        return ExecutionFailure(reason="The test ends here.")

    def no_files(maker: FileMaker, *arguments: Any, **options: Any) -> None:
        prepare(maker, *arguments, **options)
        reached.append("FileMaker")
        raise ExportError("The test ends here.")

    def no_training(*_: Any) -> None:
        reached.append("training")
        raise CompressionError("The test ends here.")

    monkeypatch.setattr("edgekit.execution.isolation.run_in_worker", no_process)
    monkeypatch.setattr("edgekit.layer_drift.isolation.run_in_worker", no_process)
    monkeypatch.setattr("edgekit.execution.file_inspection.run_in_worker", no_inspection)
    monkeypatch.setattr(FileMaker, "__init__", no_files)
    monkeypatch.setattr("edgekit.compression.session._learner", no_training)
    return reached


def no_inspection(job: InspectionJob, *_: Any) -> list[InspectedFile]:
    """What a worker answers, found in this process: the files are the run's own."""
    return [InspectedFile(info=inspect_file(path)) for path in job.files]


def texts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where texts stand in a JSON document; of a list, its first item only."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, (*path, key))
    elif isinstance(node, list) and node:
        yield from texts(node[0], (*path, 0))
    elif isinstance(node, str):
        yield path


def plant(document: Any, place: tuple[str | int, ...], text: str) -> None:
    for key in place[:-1]:
        document = document[key]
    document[place[-1]] = text


def is_vital(place: tuple[str | int, ...]) -> bool:
    return any(key in VITAL for key in place)


def documents(run: Path) -> dict[Path, Any]:
    return {path: json.loads(path.read_text()) for path in sorted(run.rglob("*.json"))}


def nothing_ran(folder: Path, commands: tuple[str, ...]) -> None:
    for command in commands:
        edgekit(command.split())  # an exception would be a traceback
        assert not (folder / "CODE_RAN").exists(), command
        shutil.rmtree(folder / "compressed", ignore_errors=True)


def plant_everywhere(run: Path, chosen: Sequence[str]) -> None:
    """Put the texts in turn into all places but the vital ones."""
    turn = cycle(chosen)
    for path, document in documents(run).items():
        for place in texts(document):
            if not is_vital(place):
                plant(document, place, next(turn))
        path.write_text(json.dumps(document))


def run_all(folder: Path, commands: tuple[str, ...]) -> None:
    """Run each command on the run as it is now: what one writes is taken back before the next."""
    before = {path: path.read_bytes() for path in (folder / "run").rglob("*.json")}
    for command in commands:
        nothing_ran(folder, (command,))
        for path, content in before.items():
            path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("text", PLANTED)
def test_no_command_runs_what_a_run_names_in_all_its_texts(stranger: Path, stops: list[str], text: str) -> None:
    plant_everywhere(stranger / "run", [text])
    run_all(stranger, (*COMMANDS, *SLOW_COMMANDS))
    assert {"ScoringJob", "LayerDriftJob", "FileMaker", "training"} <= set(stops)


@pytest.mark.slow
def test_commands_that_do_all_their_work_run_nothing_either(stranger: Path) -> None:
    plant_everywhere(stranger / "run", PLANTED)
    run_all(stranger, COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("command", SLOW_COMMANDS)
def test_no_long_command_runs_the_recipe_that_a_manifest_names(stranger: Path, stops: list[str], command: str) -> None:
    path = stranger / "run" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recipe": PLANTED[0]}))
    nothing_ran(stranger, (command,))
    assert "FileMaker" in stops


@pytest.mark.slow
@pytest.mark.usefixtures("stops")
@pytest.mark.parametrize("text", PLANTED)
def test_no_command_runs_what_a_run_names_in_one_text(stranger: Path, text: str) -> None:
    for path, document in documents(stranger / "run").items():
        for place in filter(is_vital, texts(document)):
            content = path.read_bytes()
            planted = json.loads(content)
            plant(planted, place, text)
            path.write_text(json.dumps(planted))
            nothing_ran(stranger, (*COMMANDS[:3], *(COMMANDS[4:] if place[-1] == "name" else ())))
            path.write_bytes(content)


@pytest.mark.parametrize("name", ["folder:photos", "hub:stranger/data", "npz:/etc/passwd"])
def test_a_run_does_not_say_where_data_lies(stranger: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = stranger / "run" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["dataset"]["name"] = name
    path.write_text(json.dumps(manifest))
    for command in ("verify run", "export run --int8", "diagnose run"):
        assert edgekit(command.split()) in (1, 2)
        assert f"The run names its data set as '{name}'. Expected a name alone" in capsys.readouterr().err


def with_planted_modules(configuration: Any, key: str, text: str) -> Any:
    """A copy in which every object that names its module, class or function names another one."""
    if isinstance(configuration, list):
        return [with_planted_modules(each, key, text) for each in configuration]
    if not isinstance(configuration, dict):
        return configuration
    made = {name: with_planted_modules(value, key, text) for name, value in configuration.items()}
    return made | ({key: text} if "class_name" in made else {})


@pytest.mark.parametrize("key", ["module", "class_name", "registered_name", "config"])
@pytest.mark.parametrize("text", ["extra", "extra:load", "run.extra"])
def test_a_keras_3_file_names_no_module(stranger: Path, key: str, text: str) -> None:
    _replace_configuration(stranger / "run" / "model.keras", lambda old: with_planted_modules(old, key, text))
    path = stranger / "planted.keras"
    shutil.copy(stranger / "run" / "model.keras", path)
    nothing_ran(stranger, (f"export {path} --data digits --float32 --format onnx --out made",))


def _replace_configuration(path: Path, change: Callable[[Any], Any]) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["config.json"] = json.dumps(change(json.loads(entries["config.json"]))).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
