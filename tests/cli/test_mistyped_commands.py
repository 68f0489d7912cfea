"""What a person may mistype, each with the message that they get and the exit status."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import ROOT
from support.linear_run import make_run

from edgekit.cli import run_command

MISTYPED = [
    ("verfy", 2, "Unknown command 'verfy'. Did you mean 'verify'?"),
    ("exprot --int8", 2, "Did you mean 'export'?"),
    ("trian", 2, "Did you mean 'train'?"),
    ("Export", 2, "Did you mean 'export'?"),
    ("help verfy", 2, "Did you mean 'verify'?"),
    (
        "convert mine.keras",
        2,
        "To write .tflite and .onnx files: edgekit export mine.keras  (its options: ",
    ),
    ("quantize made", 2, "To write quantized files: edgekit export made --int8  (its options: edgekit help export)"),
    ("benchmark made", 2, "To measure how fast files are: edgekit bench made"),
    ("test", 2, "To run every file on the test images: edgekit verify"),
    ("prune made", 2, "To make weights zero: edgekit compress made --prune 0.5"),
    ("info", 2, "To see what is in a model file: edgekit inspect FILE"),
    ("version", 2, "To see the version: edgekit --version"),
    ("--int8", 2, "No such option '--int8'."),
    ("export --int9", 2, "(Did you mean one of: '--int16x8', '--int8', '--io'?)"),
    ("export made --presicion int8", 2, "Did you mean one of: '--precision'"),
    (
        "export made --precision int9",
        2,
        "Unknown precision 'int9'. Did you mean 'int8'? Known: dynamic, float16",
    ),
    ("export made --precision int8,flaot16", 2, "Did you mean 'float16'?"),
    ("export made -p int8 -p int4", 2, "Unknown precision 'int4'."),
    ("export made --format tflit", 2, "Unknown format 'tflit'. Did you mean 'tflite'?"),
    ("export made --format tflite --format onx", 2, "Unknown format 'onx'. Did you mean 'onnx'?"),
    ("export made --calibration kll", 2, "Unknown calibration method 'kll'. Known: entropy, minmax, mse, percentile."),
    ("export made --quantizer tf-lite", 2, "Unknown quantizer 'tf-lite'. Known: ai-edge, both, tensorflow."),
    ("export made --io uint16", 2, "Did you mean 'uint8'?"),
    ("export made --batch many", 2, "--batch must be a whole number or 'dynamic'. Received 'many'."),
    ("export made --layout nhcw", 2, "Unknown layout 'nhcw'. Did you mean 'nhwc'?"),
    (
        "export made --percentile lots",
        2,
        "--percentile is written like 0.5% (or 0.5, in percent)",
    ),
    ("export made --calibration-images many", 2, "'many' is not a valid whole number."),
    ("export made --calibration-images 0", 2, "0 is not in the range x>=1."),
    ("export made --ort-target new", 2, "--ort-target must be a version of ONNX Runtime, such as 1.16."),
    ("export made --input-range 0-1", 2, "Input range '0-1' is not understood. Expected 0..255, 0..1, -1..1"),
    ("export made other", 2, "Expected one target. Received 2: made, other. Give one at a time."),
    (
        "export made --resize squeeze",
        2,
        "Unknown resize rule 'squeeze'. Known: crop, keras, keras-crop",
    ),
    ("export nothing", 1, "There is no run folder nothing. Train one: edgekit train --out nothing"),
    ("export nothing.keras --data digits", 1, "There is no file nothing.keras. Expected a Keras model, .keras or .h5."),
    ("export mine.keras", 1, "by its first bytes it is neither .keras nor .h5"),
    ("verify nothing", 1, "There is no run folder nothing."),
    ("verify nothing.tflite", 1, "There is no file nothing.tflite. Expected a .tflite or .onnx model."),
    ("verify made --runtime xnpack", 2, "Unknown runtime 'xnpack'. Did you mean 'litert-xnnpack'?"),
    ("verify made -r ort,litrt", 2, "Unknown runtime 'litrt'. Did you mean 'litert-"),
    (
        "verify made --precision int8",
        1,
        "no int8 artifact here, but: float32. Export it first: edgekit export exported/made --precision int8",
    ),
    (
        "verify made -r xnnpack",
        1,
        "litert-xnnpack reads. Export one first: edgekit export exported/made --format tflite",
    ),
    ("verify mine.keras", 1, "Expected a .tflite or .onnx file; export it first: edgekit export mine.keras"),
    ("predict mine.keras notes.txt", 1, "export it first: edgekit export mine.keras"),
    ("verify made --min-agreement 0.95", 2, "min_agreement is in percent. Received 0.95: did you mean 95?"),
    ("verify made --min-agreement high", 2, "--min-agreement is written like 0.5%"),
    ("verify made --max-accuracy-drop -1", 2, "max_accuracy_drop must be a number of at least 0. Received -1.0."),
    ("verify made --confidence 0.99", 2, "Add --sequential."),
    ("verify made --sample none", 2, "'none' is not a valid integer."),
    ("verify made --for androd", 2, "Unknown target 'androd'. Did you mean 'android'?"),
    ("verify made --jobs 0", 2, "The number of jobs must be at least 1. Received 0."),
    ("verify made --input-range 0..1", 2, "--input-range has no effect here: only external models need it."),
    ("verify made notes.txt", 2, "Name one run folder, or any number of model files"),
    ("tune made --max-flips few", 2, "--max-flips is written like 0.5%"),
    ("tune made --format tensorrt", 2, "Unknown format 'tensorrt'. Known: onnx, tflite."),
    (
        "diagnose made --precision fp32",
        2,
        "float32 is what the others are compared with. Name another precision",
    ),
    ("compare-schemes made --precision float16", 2, "Unknown precision 'float16'. Known: dynamic, int16x8, int8."),
    ("compare-schemes made --split tset", 2, "The split must be validation or test. Received 'tset'."),
    ("compare made --markdown --json", 2, "Give either --markdown or --json, not both"),
    ("compare-reports made", 2, "Missing argument 'NEW'."),
    ("compress made", 2, "Choose a method: --prune SPARSITY, --cluster N, --qat, or several of them."),
    ("compress made --prune 50", 2, "between 0 and 1, both excluded. Received 50; for half of them: --prune 0.5."),
    ("inspect notes.txt", 1, "Expected a .tflite or .onnx model; this is plain text."),
    ("compare-reports made made", 1, "holds no verification.json. Make it: edgekit verify exported/made"),
    ("bundle made --for android --for ios", 2, "--target takes one value. Received 2 of them. Give it once."),
    ("verify made --data a -d b", 2, "--data takes one value. Received 2 of them. Give it once."),
    (
        "bundle made -p int8,float32",
        1,
        "no int8 file to bundle. Export one first: edgekit export exported/made --int8",
    ),
    ("predict made notes.txt -p int8", 1, "Export it first: edgekit export exported/made --precision int8"),
    ("diagnose made -p fp16,int8 -f onnx", 1, "edgekit export exported/made --precision float16,int8"),
    ("report nothing", 1, "There is no run folder nothing."),
    ("predict made", 2, "Missing argument 'PICTURE...'."),
    ("predict made nothing.jpg", 1, "There is no picture nothing.jpg."),
    ("predict made notes.txt", 1, "notes.txt cannot be decoded"),
    ("datasets digts", 2, "Unknown data set 'digts'. Did you mean 'digits'?"),
    ("datasets ./nowhere", 2, "There is no file or folder nowhere. Expected a data set"),
    ("datasets notes.txt", 2, "notes.txt is not a data set: expected a folder of images, a .csv or an .npz file."),
    ("datasets foldr:photos", 2, "Unknown data set 'foldr'. Did you mean 'folder'?"),
    ("datasets folder", 2, "The data set 'folder' needs a path, as in folder:photos."),
]
"""Command line, exit status, what the message says."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, a text file, and a file that is no model."""
    made = tmp_path_factory.mktemp("mistyped")
    make_run(made / "exported" / "made")
    (made / "notes.txt").write_text("no image, no model\n")
    (made / "mine.keras").write_bytes(b"no model")
    return made


def test_there_are_sixty() -> None:
    assert len({line for line, _, _ in MISTYPED}) >= 60


@pytest.mark.parametrize(("line", "status", "message"), MISTYPED)
def test_a_mistake_gets_a_sentence(
    line: str,
    status: int,
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert run_command(line.split()) == status
    out, err = capsys.readouterr()
    assert message in err
    assert (out == "") is ("--json" not in line), "with --json the sentence is a document too"
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "data",
    ["./typo", "digts", "folder:typo", "csv:typo.csv", "npz:typo.npz"],
    ids=["path", "name", "folder", "csv", "npz"],
)
@pytest.mark.parametrize(
    "command", ["train resnet8", "export RUN --int8", "tune RUN", "diagnose RUN", "compress RUN --qat", "verify RUN"]
)
def test_data_that_lead_nowhere_are_named_before_a_model_is_loaded(command: str, data: str) -> None:
    words = command.replace("RUN", str(ROOT / "exported" / "resnet8")).split()
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edgekit", *words, "--data", data],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    message = [line for line in found.stderr.splitlines() if not line.startswith("import time:")]
    assert found.returncode in (1, 2), message
    assert "typo" in message[-1] or "'digts'" in message[-1], message
    assert not re.search(r"\| +(keras|tensorflow)$", found.stderr, re.MULTILINE), message
