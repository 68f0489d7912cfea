"""`edgekit verify` on real files in real worker processes, without TensorFlow."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.cli import run_command as edgekit
from edgekit.runs.folder import RunFolder

SWAPPED = [1, 0, *range(2, 10)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a faithful float32 file, and an int8 one whose first two classes are swapped."""
    run = make_run(tmp_path_factory.mktemp("verify") / "made")
    weights, biases = nearest_mean(digits())
    run.record(write_onnx(run.path / "onnx" / "model-int8.onnx", weights[:, SWAPPED], biases[SWAPPED]))
    return run.path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "exported" / "made"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def add(run: Path, name: str, weights: np.ndarray, biases: np.ndarray, **options: int) -> None:
    RunFolder(run).record(write_onnx(run / "onnx" / name, weights, biases, **options))


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["verify", "exported/made"], "--html"),
        (["report", "exported/made"], "--out"),
        (["diagnose", "exported/made"], "--figure"),
    ],
)
@pytest.mark.parametrize("name", ["manifest.json", "onnx/model-int8.onnx", "onnx"])
def test_no_output_takes_the_place_of_something_else(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str], option: str, name: str
) -> None:
    before = contents(run)
    assert edgekit([*command, option, str(run / name)]) == 2
    assert ("is a folder" if name == "onnx" else "so it is not overwritten") in capsys.readouterr().err
    assert contents(run) == before


@pytest.mark.parametrize("command", [["verify", "--html"], ["report", "--out"], ["diagnose", "--figure"]])
def test_no_output_takes_the_place_of_a_device(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    os.mkfifo(run.parent / "pipe")
    assert edgekit([command[0], str(run), command[1], str(run.parent / "pipe")]) == 2
    assert "is a pipe or a device, not a file" in capsys.readouterr().err
    assert (run.parent / "pipe").is_fifo()


def test_a_file_that_is_named_twice_is_run_once(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = [str(run / "onnx" / "model-float32.onnx"), "exported/made/onnx/../onnx/model-float32.onnx"]
    assert edgekit(["verify", *twice, "--runtime", "onnxruntime"]) == 0
    assert "1 candidate: 1 within tolerance." in capsys.readouterr().out


def test_a_faithful_file_passes_and_the_report_is_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(run)
    assert edgekit(["verify", "--precision", "float32", "--runtime", "onnxruntime"]) == 0
    out, err = capsys.readouterr()
    assert "1 candidate: 1 within tolerance." in out
    assert max(map(len, out.splitlines())) <= 100
    assert "359 of 359" in err
    after = contents(run)
    assert set(after) - set(before) == {"verification.json", "verification.md", "verification.html"}
    assert all(after[name] == content for name, content in before.items())
    row = json.loads(after["verification.json"])["candidates"][0]
    assert row["artifact"] == "onnx/model-float32.onnx"
    assert row["verdict"] == "pass"
    assert row["agreement"] == 1.0
    assert row["num_images"] == 359
    assert row["peak_rss_bytes"] > 10_000_000
    assert row["images_per_second"] == pytest.approx(359 / row["seconds"])
    assert str(run) not in after["verification.json"].decode()
    page = after["verification.html"].decode()
    assert "edgekit verify --runtime onnxruntime --precision float32 exported/made" in page
    assert str(run) not in page


def test_a_run_of_an_external_model_warns_of_its_test_images(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", str(run), "--runtime", "onnxruntime", "--precision", "float32", "--json"]
    assert edgekit(arguments) == 0
    assert json.loads(capsys.readouterr().out)["reference"]["remarks"] == []
    RunFolder(run).record(source={"file": "mine.keras", "sha256": "a" * 64})
    assert edgekit(arguments) == 0
    (remark,) = json.loads(capsys.readouterr().out)["reference"]["remarks"]
    assert "may have been among its training images" in remark
    assert remark in (run / "verification.html").read_text()
    assert remark in (run / "verification.md").read_text()


def test_drift_ends_with_3_and_json_is_alone_on_stdout(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["verify", str(run), "--runtime", "onnxruntime", "--json"]) == 3
    out, _ = capsys.readouterr()
    document = json.loads(out)
    assert document == json.loads((run / "verification.json").read_text())
    verdicts = {row["artifact"]: row["verdict"] for row in document["candidates"]}
    assert verdicts == {"onnx/model-float32.onnx": "pass", "onnx/model-int8.onnx": "drift"}
    assert "'0' as '1'" in document["candidates"][1]["reasons"][-1]
    assert document["tolerance"]["int8"]["min_agreement"] == 95.0


def test_limits_from_the_command_line_and_from_pyproject(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", str(run), "--runtime", "onnxruntime", "--precision", "int8", "--json"]
    loose = ["--max-accuracy-drop", "100", "--max-f1-drop", "100", "--min-agreement", "10"]
    assert edgekit([*arguments, *loose]) == 0
    assert json.loads(capsys.readouterr().out)["tolerance"]["int8"]["max_f1_drop"] == 100
    Path("pyproject.toml").write_text("[tool.edgekit.tolerance.int8]\nmax_f1 = 3\n")
    assert edgekit(arguments) == 2
    assert "max_f1_drop" in capsys.readouterr().err
    Path("pyproject.toml").write_text(
        "[tool.edgekit.tolerance.int8]\nmax_f1_drop = 100\nmax_accuracy_drop = 100\nmin_agreement = 0\n"
    )
    assert edgekit(arguments) == 0


def test_broken_files_are_rows_and_the_others_go_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, biases = nearest_mean(digits())
    add(run, "small-float32.onnx", weights[: 16 * 16 * 3], biases, side=16)
    add(run, "nine-float32.onnx", weights[:, :9], biases[:9])
    add(run, "nan-float32.onnx", np.where(weights == weights.max(), np.nan, weights).astype(np.float32), biases)
    good = (run / "onnx" / "model-float32.onnx").read_bytes()
    (run / "onnx" / "truncated-float32.onnx").write_bytes(good[: len(good) // 2])
    (run / "onnx" / "random-float32.onnx").write_bytes(np.random.default_rng(0).bytes(5000))
    RunFolder(run).record(run / "onnx" / "truncated-float32.onnx", run / "onnx" / "random-float32.onnx")
    assert edgekit(["verify", str(run), "--runtime", "onnxruntime", "--precision", "float32"]) == 1
    out, err = capsys.readouterr()
    rows = {
        Path(row["artifact"]).name.partition("-")[0]: row
        for row in json.loads((run / "verification.json").read_text())["candidates"]
    }
    assert {name for name, row in rows.items() if row["verdict"] == "error"} == {
        "small",
        "nine",
        "nan",
        "truncated",
        "random",
    }
    assert rows["model"]["verdict"] == "pass"
    assert "16 x 16 x 3" in rows["small"]["reasons"][0]
    assert "32 x 32 x 3" in rows["small"]["reasons"][0]
    assert "gives 9 scores" in rows["nine"]["reasons"][0]
    assert "Expected 10" in rows["nine"]["reasons"][0]
    assert "NaN" in rows["nan"]["reasons"][0]
    assert "5 failed" in out
    assert "Traceback" not in out + err


def test_a_candidate_that_takes_too_long_is_a_row(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["verify", str(run), "--runtime", "onnxruntime", "--precision", "float32", "--timeout", "0.01"]) == 1
    assert "time limit of 0.01 s" in capsys.readouterr().out


def test_files_from_elsewhere_write_nothing(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(run)
    elsewhere = shutil.copy(run / "onnx" / "model-float32.onnx", tmp_path / "elsewhere.onnx")
    arguments = [
        str(elsewhere),
        "--reference",
        str(run / "reference.npz"),
        "--data",
        "digits",
        "--runtime",
        "onnxruntime",
    ]
    assert edgekit(["verify", *arguments]) == 0
    assert "float32" in capsys.readouterr().out
    assert edgekit(["verify", str(run / "onnx" / "model-float32.onnx"), "--runtime", "onnxruntime"]) == 0
    assert contents(run) == before


def test_the_page_of_single_files_is_written_where_asked(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "new folder" / "page.html"
    before = contents(run)
    arguments = ["verify", "exported/made/onnx/model-int8.onnx", "--runtime", "onnxruntime", "--html"]
    assert edgekit([*arguments, str(page)]) == 3
    assert f"Wrote {page}" in capsys.readouterr().err
    text = page.read_text()
    assert f"edgekit verify exported/made/onnx/model-int8.onnx --runtime onnxruntime --html &#39;{page}&#39;" in text
    assert text.count('<img src="data:image/png;base64,') == 24
    assert contents(run) == before
    assert edgekit([*arguments, str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["exported/made", "--runtime", "onnxruntim"], 2, "Did you mean 'onnxruntime'"),
        (["exported/made", "--precision", "int9"], 2, "Did you mean 'int8'"),
        (["exported/made", "--precision", "float16"], 1, "no float16 artifact"),
        (["exported/made", "--runtime", "litert-xnnpack"], 1, "nothing to verify"),
        (["exported/made", "--data", "digit"], 2, "Did you mean 'digits'"),
        (["exported/nowhere"], 1, "There is no run folder"),
        (["exported/made", "nothing.onnx"], 2, "one run folder"),
        (["exported/made", "--min-agreement", "0.95"], 2, "in percent"),
        (["exported/made", "--timeout", "-1"], 2, "above 0"),
        (["exported/made", "--reference-kernel-images", "0"], 2, "not in the range"),
        (["exported/made", "--reference", "exported/made/manifest.json"], 1, "not a reference"),
    ],
)
def test_what_is_wrong_costs_a_sentence_and_changes_nothing(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    before = contents(run)
    assert edgekit(["verify", *arguments]) == status
    out, err = capsys.readouterr()
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert contents(run) == before


def test_a_changed_artifact_costs_a_sentence_and_changes_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifact = run / "onnx" / "model-int8.onnx"
    artifact.write_bytes(artifact.read_bytes()[:-1] + b"\x07")
    before = contents(run)
    assert edgekit(["verify", str(run)]) == 1
    assert "model-int8.onnx was changed" in capsys.readouterr().err
    assert contents(run) == before


def test_other_data_is_refused_with_both_hashes(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = digits().test
    np.savez(tmp_path / "fewer.npz", x_test=test.images[1:], y_test=test.labels[1:])
    assert edgekit(["verify", str(run), "--data", f"npz:{tmp_path / 'fewer.npz'}"]) == 1
    err = capsys.readouterr().err
    assert digits().sha256[:16] in err
    assert "SHA-256" in err


def test_a_run_on_a_folder_asks_where_it_lies(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RunFolder(run).record(dataset={"name": "npz"})
    assert edgekit(["verify", str(run)]) == 2
    assert "--data npz:PATH" in capsys.readouterr().err


HEAVY = {
    "tensorflow",
    "keras",
    "tf_keras",
    "sklearn",
    "scipy",
    "onnx",
    "onnx_ir",
    "tf2onnx",
    "matplotlib",
    "torch",
    "jax",
    "pandas",
}

SCRIPT = """
import sys
from edgekit.cli import run_command as run
status = run(sys.argv[1:])
print(status, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def test_verify_loads_no_tensorflow_and_nothing_slow(run: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, "verify", run, "--runtime", "onnxruntime", "--precision", "float32"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    status, *loaded = result.stderr.splitlines()[-1].split()
    assert status == "0", result.stderr
    assert "numpy" in loaded
    assert not HEAVY & set(loaded)
