"""The matrix of files and clients, with real clients and with planted ones."""

import importlib.util
import json
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from support.helpers import ROOT

import edgekit
from edgekit.clients.adapters.browser import BROWSERS
from edgekit.clients.advice import advice_for
from edgekit.clients.catalog import CLIENTS, NUMPY, Client
from edgekit.clients.environments import folder_of, make_environment, python_of
from edgekit.clients.job import ClientsRequest, run_clients
from edgekit.clients.npm_packages import pinned_versions
from edgekit.clients.report import ClientOutcome, ClientsReport
from edgekit.clients.stored import load_clients, stored_runs_in
from edgekit.foundation.errors import ClientError
from edgekit.foundation.progress import SilentProgress
from edgekit.inspection.model_file import inspect_file
from edgekit.runs.folder import RunFolder

RESNET8 = ROOT / "exported" / "resnet8"
NeedClient = Callable[[str], None]
INT8 = RESNET8 / "tflite" / "model-int8.tflite"
DYNAMIC = RESNET8 / "tflite" / "model-dynamic.tflite"


def matrix(*files: Path, clients: tuple[str, ...], images: int = 8, seconds: float = 60) -> ClientsReport:
    request = ClientsRequest(targets=files, clients=clients, num_images=images, time_limit=seconds)
    return run_clients(request, SilentProgress())[0]


def test_clients_that_come_with_edgekit_run_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))  # where no data of the run are remembered
    report = matrix(INT8, clients=("litert-compiled", "litert-builtin"))
    compiled, builtin = report.files[0].cells
    assert (compiled.status, compiled.agreement, compiled.max_difference) == (ClientOutcome.RUNS, 1.0, 0.0)
    assert builtin.max_difference is not None
    assert 0 < builtin.max_difference < 0.2
    assert builtin.milliseconds is not None
    assert report.files[0].runs_in[0] == "litert-compiled"
    assert "made images" in report.images


@pytest.mark.usefixtures("planted_clients")
def test_a_client_that_crashes_hangs_or_takes_all_memory_costs_its_own_cell(tmp_path: Path) -> None:
    report = matrix(Path(shutil.copy(INT8, tmp_path)), clients=(), images=2, seconds=8)
    cells = {cell.client: cell for cell in report.files[0].cells}
    assert cells["Crashes"].status is ClientOutcome.FAILED
    assert "SIGSEGV" in cells["Crashes"].reason
    assert "time limit of 8 s" in cells["Hangs"].reason
    assert "memory" in cells["OutOfMemory"].reason
    assert cells["litert-builtin"].status is ClientOutcome.RUNS
    assert report.files[0].runs_in == ("litert-xnnpack", "litert-builtin")


def test_a_client_that_is_not_installed_names_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    [cell] = matrix(INT8, clients=("mnn",)).files[0].cells
    assert cell.status is ClientOutcome.NOT_INSTALLED
    assert cell.advice == "edgekit clients --install mnn"


def test_another_environment_sees_edgekit_and_no_package_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    tract = CLIENTS["tract"]
    folder = folder_of(tract)
    venv.create(folder, with_pip=False)
    (folder / "complete").write_text("")
    assert python_of(tract) == folder / "bin" / "python"
    [cell] = matrix(RESNET8 / "onnx" / "model-float32.onnx", clients=("tract",)).files[0].cells
    assert cell.status is ClientOutcome.FAILED
    assert "No module named 'numpy'" in cell.reason


def test_pip_that_fails_is_a_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    client = Client(name="absent", summary="", formats=(), target="", package="absent", pins=("absent==1.0", NUMPY))
    with pytest.raises(ClientError, match=r"could not be made: .*absent==1\.0.*edgekit clients --install absent"):
        make_environment(client, SilentProgress())
    assert list((tmp_path / "clients").iterdir()) == []


def test_without_npm_the_message_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    monkeypatch.delenv("EDGEKIT_NODE_MODULES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClientError, match=r"there is no npm here.*edgekit clients --install litert-js"):
        make_environment(CLIENTS["litert-js"], SilentProgress())


def test_without_a_browser_the_cell_names_the_command(
    need_client: NeedClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need_client("litert-js")
    monkeypatch.setenv("PATH", str(tmp_path))
    [cell] = matrix(INT8, clients=("litert-js",), images=1).files[0].cells
    assert cell.status is ClientOutcome.FAILED
    assert "There is no browser here" in cell.reason
    assert "apt-get install chromium" in cell.reason


def test_the_matrix_of_a_run_is_stored_and_forgotten_when_a_file_changes(tmp_path: Path) -> None:
    shutil.copytree(RESNET8, tmp_path / "run", ignore=shutil.ignore_patterns("figures"))
    report = edgekit.clients(tmp_path / "run", clients="litert-compiled", images=2)
    assert len(report.files) == 9
    document = json.loads((tmp_path / "run" / "clients.json").read_text())
    assert document == report.to_dict()
    run = RunFolder(tmp_path / "run")
    row = next(file for file in report.files if file.file == "tflite/model-int8.tflite")
    version = row.cells[0].version
    assert stored_runs_in(run, row.file, row.sha256) == (f"litert-compiled {version}",)
    assert stored_runs_in(run, row.file, "0" * 64) == ()
    assert load_clients(run) == report
    page = edgekit.report(tmp_path / "run").path.read_text()
    assert "Where the files run" in page
    assert "litert-compiled" in page
    for damaged in ("{", "{}", json.dumps(document | {"files": [{"file": 1}]})):
        (tmp_path / "run" / "clients.json").write_text(damaged)
        with pytest.raises(edgekit.RunFolderError, match=r"clients\.json"):
            load_clients(run)


def test_what_is_mistyped_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(edgekit.UsageError, match="Did you mean 'mediapipe'"):
        edgekit.clients(INT8, clients="mediapip")
    with pytest.raises(edgekit.ArtifactError, match="There is no file"):
        edgekit.clients(tmp_path / "no.tflite")
    shutil.copytree(ROOT / "exported" / "cnn6", tmp_path / "run", ignore=shutil.ignore_patterns("tflite", "onnx"))
    with pytest.raises(edgekit.UsageError, match=r"holds no model file\. Export one first: edgekit export"):
        edgekit.clients(tmp_path / "run")
    assert not (tmp_path / "run" / "clients.json").exists()
    with pytest.raises(edgekit.UsageError, match="at least one image"):
        edgekit.clients(INT8, images=0)


@pytest.mark.parametrize(
    ("client", "said", "advice"),
    [
        ("tflite-micro", "Hybrid models are not supported on TFLite Micro", "edgekit export --int8"),
        ("mediapipe", "it requires specifying NormalizationOptions metadata", "without --no-metadata"),
        ("openvino-f32", "Chosen Builtin Option is not accessible for this node", "--quantizer tensorflow"),
        ("tract", "expected 1,10,F16 got 1,10,F32", "ship float32, or int8"),
        ("mnn", "crashed with SIGSEGV", "MNN takes no integer file"),
        ("onnxruntime", "no reason that is known", ""),
    ],
)
def test_what_stands_in_the_way_names_the_option(client: str, said: str, advice: str) -> None:
    found = advice_for(client, ClientOutcome.FAILED, said, inspect_file(INT8))
    assert advice in found
    assert bool(found) is bool(advice)


@pytest.mark.parametrize("client", ["tflite-micro", "openvino", "mediapipe"])
def test_the_default_int8_file_runs_in(client: str, need_client: NeedClient) -> None:
    need_client(client)
    [cell] = matrix(INT8, clients=(client,), images=64).files[0].cells
    assert cell.status is ClientOutcome.RUNS, cell.reason
    assert cell.version == CLIENTS[client].pins[0].partition("==")[2]


@pytest.mark.parametrize("client", ["vela"])
def test_the_default_int8_file_runs_on_the_npu_alone(client: str, need_client: NeedClient) -> None:
    need_client(client)
    [cell] = matrix(INT8, clients=(client,)).files[0].cells
    assert {share.percent for share in cell.shares} == {100.0}


@pytest.mark.parametrize(("client", "word"), [("tflite-micro", "Hybrid")])
def test_a_refusal_is_told_in_the_client_s_own_words(client: str, word: str, need_client: NeedClient) -> None:
    need_client(client)
    [cell] = matrix(DYNAMIC, clients=(client,), images=1).files[0].cells
    assert cell.status is ClientOutcome.REFUSED
    assert word in cell.reason
    assert str(sys.prefix) not in cell.reason


@pytest.mark.parametrize(
    ("client", "file"), [("litert-js", INT8), ("onnxruntime-web", RESNET8 / "onnx" / "model-float32.onnx")]
)
def test_a_browser_gives_what_the_usual_runtime_gives(client: str, file: Path, need_client: NeedClient) -> None:
    need_client(client)
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is on the PATH")
    [cell] = matrix(file, clients=(client,)).files[0].cells
    assert cell.status is ClientOutcome.RUNS, cell.reason
    assert cell.max_difference is not None
    assert cell.max_difference < 1e-5
    assert cell.version == pinned_versions()[CLIENTS[client].npm[0]]


def test_the_documented_matrix_is_the_stored_one() -> None:
    spec = importlib.util.spec_from_file_location("clients_table", ROOT / "benchmarks" / "clients_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "how-to" / "where-it-runs.md").read_text().splitlines()
    lines = [line for line in module.tables(json.loads((RESNET8 / "clients.json").read_text())) if line]
    assert len(lines) > 15
    assert [line for line in lines if line not in page] == []
