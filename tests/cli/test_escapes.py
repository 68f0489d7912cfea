"""No text from a file reaches the terminal as a control sequence: planted in every text field of every format.

Every command that shows such a file is run with its output in a pipe and on a terminal.
"""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.helpers import ROOT
from support.linear_run import make_run
from support.tiny_models import write_tflite_models

EVIL = "\x1b]0;title\x07\x1b[31mPLANTED\x9b2J\u202egnp.exe\r\b\x7f"
"""Sets the title, colours, clears the screen, turns the writing round, overwrites the line."""

RAW = re.compile("\x1b\\]|\x1b\\[31m?PLANTED|\x07|\x9b|\u202e|gnp\\.exe[\r\x08\x7f]")
SHOWN = "\\x1b[31mPLANTED"


def on_a_terminal(command: list[str], cwd: Path) -> str:
    """What a command writes to a terminal of 200 columns, stdout and stderr together."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), "TERM": "xterm-256color", "COLUMNS": "200"}
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    content = b""
    while select.select([leader], [], [], 300)[0]:
        try:
            block = os.read(leader, 2**16)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        content += block
    process.wait(timeout=60)
    os.close(leader)
    return content.decode(errors="replace")


def in_a_pipe(command: list[str], cwd: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "toolkit")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, timeout=300, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def said(arguments: list[str], cwd: Path) -> str:
    """What `edgekit ARGUMENTS` says, in both ways; fails where a planted sequence is in it as it is."""
    command = [sys.executable, "-m", "edgekit", *arguments]
    text = ""
    for ask in (in_a_pipe, on_a_terminal):
        answer = ask(command, cwd)
        bare = answer.replace("\x1b[?25l", "").replace("\x1b[?25h", "")  # rich hides its cursor while a bar moves
        assert not RAW.search(bare.replace("\r\n", "\n")), (ask.__name__, RAW.findall(bare), answer[-2000:])
        assert "Traceback" not in answer
        text += answer
    return text


def plant(node: Any) -> Any:
    """A copy of a JSON document with the sequence in every text but those that have a form of their own."""
    if isinstance(node, dict):
        kept = ("sha256", "train_sha256", "model_sha256", "verdict", "format", "precision", "status", "class_names")
        return {key: value if key in kept else plant(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plant(each) for each in node]
    return f"{EVIL}{node}" if isinstance(node, str) else node


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run").path


def planted_onnx(path: Path) -> Path:
    import onnx

    model = onnx.load(path)
    for field in ("producer_name", "producer_version", "domain", "doc_string"):
        setattr(model, field, EVIL)
    model.metadata_props.add(key=EVIL, value=EVIL)
    graph = model.graph
    graph.name = graph.doc_string = EVIL
    names = {each.name for each in [*graph.input, *graph.output, *graph.initializer]}
    names |= {name for node in graph.node for name in [*node.input, *node.output]}
    new = {name: f"{EVIL}{name}" for name in names}
    for value in [*graph.input, *graph.output, *graph.initializer]:
        value.name = new[value.name]
        value.doc_string = EVIL
    for node in graph.node:
        node.name, node.doc_string = f"{EVIL}{node.op_type}", EVIL
        node.input[:], node.output[:] = [new[name] for name in node.input], [new[name] for name in node.output]
    path.write_bytes(model.SerializeToString())
    return path


def with_strange_operator(path: Path) -> Path:
    import onnx

    model = onnx.load(path)
    model.graph.node[0].op_type, model.graph.node[0].domain = f"{EVIL}op", EVIL
    model.opset_import.add(domain=EVIL, version=1)
    strange = path.with_name("strange.onnx")
    strange.write_bytes(model.SerializeToString())
    return strange


def test_texts_of_onnx_files(run: Path, tmp_path: Path) -> None:
    path = planted_onnx(shutil.copy(run / "onnx" / "model-float32.onnx", tmp_path / "planted.onnx"))
    strange = with_strange_operator(path)
    assert said(["inspect", "planted.onnx"], tmp_path).count(SHOWN) > 6
    assert SHOWN in said(["inspect", "strange.onnx"], tmp_path)
    arguments = ["verify", "planted.onnx", strange.name, "--reference", "run", "--sample", "20", "--no-input-check"]
    assert SHOWN in said(arguments, tmp_path)
    assert SHOWN not in said([*arguments, "--json"], tmp_path)  # JSON has escapes of its own


def test_texts_of_tflite_files(tmp_path: Path) -> None:
    import flatbuffers
    from ai_edge_litert.schema_py_generated import Model, ModelT

    content = write_tflite_models(tmp_path)["float32"].read_bytes()
    model = ModelT.InitFromObj(Model.GetRootAs(content, 0))
    model.description = EVIL
    for subgraph in model.subgraphs:
        subgraph.name = EVIL
        for tensor in subgraph.tensors:
            tensor.name = f"{EVIL}{tensor.name}"
    for code in model.operatorCodes:
        code.customCode = EVIL
    for signature in model.signatureDefs or []:
        signature.signatureKey = EVIL
    for entry in model.metadata or []:
        entry.name = EVIL
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    (tmp_path / "planted.tflite").write_bytes(bytes(builder.Output()))
    assert SHOWN in said(["inspect", "planted.tflite"], tmp_path)
    model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = 32  # CUSTOM
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    (tmp_path / "strange.tflite").write_bytes(bytes(builder.Output()))
    assert SHOWN in said(["inspect", "strange.tflite"], tmp_path)


def test_texts_of_a_run(run: Path, tmp_path: Path) -> None:
    said(["verify", "run", "--runtime", "onnxruntime"], tmp_path)
    for name in ("manifest.json", "verification.json"):
        document = json.loads((run / name).read_text())
        planted = plant({key: value for key, value in document.items() if key != "files"})
        (run / name).write_text(
            json.dumps({**planted, **({"files": document["files"]} if "files" in document else {})})
        )
    assert SHOWN in said(["compare-reports", "run", "run"], tmp_path)
    for arguments in (
        ["compare", "run"],
        ["report", "run"],
        ["verify", "run"],
        ["diagnose", "run"],
        ["export", "run", "--float32"],
        ["compress", "run", "--qat"],
        ["tune", "run"],
    ):
        said(arguments, tmp_path)


def test_names_of_files_and_folders(run: Path, tmp_path: Path) -> None:
    name = EVIL.replace("/", "")
    for folder in ("a", "b"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "data" / folder / f"{name}{number}.png").write_bytes(b"broken")
    assert SHOWN in said(["datasets", "folder:data"], tmp_path)
    model = shutil.copy(run / "onnx" / "model-float32.onnx", tmp_path / f"{name}.onnx")
    for arguments in (
        ["inspect", str(model)],
        ["inspect", f"no{name}.onnx"],
        [f"{name}"],
        ["train", f"{name}.py"],
        ["verify", "--runtime", name],
        ["inspect", f"--{name}"],
    ):
        assert SHOWN in said(arguments, tmp_path)
    said(["verify", str(model), "--reference", "run", "--sample", "20", "--no-input-check"], tmp_path)  # never raw
    (tmp_path / "data" / name).mkdir()
    assert SHOWN in said(["datasets", "folder:data"], tmp_path)


def test_names_of_classes(run: Path, tmp_path: Path) -> None:
    images, labels = np.zeros((8, 4, 4, 3), np.uint8), np.arange(8) % 2
    np.savez(
        tmp_path / "x.npz", x_train=images, y_train=labels, x_test=images, y_test=labels,
        class_names=np.array(["a", EVIL]),
    )  # fmt: skip
    assert SHOWN in said(["datasets", "npz:x.npz"], tmp_path)
    (tmp_path / "labels.txt").write_text("\n".join([EVIL, *map(str, range(9))]))
    said(["verify", "run/onnx/model-float32.onnx", "--reference", "run", "--labels", "labels.txt"], tmp_path)


def test_what_is_written_for_a_terminal_is_escaped_too(run: Path, tmp_path: Path) -> None:
    """verification.md is read with cat as often as in a browser."""
    shutil.copytree(run, tmp_path / f"{EVIL}run".replace("/", ""))
    in_a_pipe([sys.executable, "-m", "edgekit", "verify", f"{EVIL}run".replace("/", ""), "--sample", "20"], tmp_path)
    text = (tmp_path / f"{EVIL}run".replace("/", "") / "verification.md").read_text()
    assert not RAW.search(text)
    assert "PLANTED" in text
