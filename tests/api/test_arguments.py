"""Paths as text or Path, names of runs, enums by name; what is wrong is the command line's own sentence."""

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit.api.arguments import AnyPath, Names, checked, names_of, public, run_or_file
from edgekit.cli import COMMANDS
from edgekit.cli import run_command as run_edgekit

REQUIRED = {
    "inspect": {"file": "x.tflite"},
    "compare_reports": {"old": "a", "new": "b"},
    "predict": {"target": "x.tflite", "images": "x.png"},
    "check_golden": {"bundle": "x.zip"},
    "verify_bundle": {"bundle": "x.zip"},
}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("function", [name.replace("-", "_") for name in COMMANDS])
def test_a_value_of_a_wrong_type_is_a_sentence_that_names_the_parameter(function: str) -> None:
    called = getattr(edgekit, function)
    for parameter in inspect.signature(called).parameters:
        for wrong in (object(), b"bytes", {"a": 1}, 1j):
            with pytest.raises(edgekit.UsageError) as error:
                called(**REQUIRED.get(function, {}) | {parameter: wrong})
            assert str(error.value).startswith(f"{parameter} must be ")
            assert f"({type(wrong).__name__})" in str(error.value)


@pytest.mark.parametrize(
    ("typed", "call", "message"),
    [
        (["verify", "42"], lambda: edgekit.verify(42), "There is no run folder 42."),
        (["export", "42"], lambda: edgekit.export(42), "There is no run folder 42."),
        (["tune", "1.5"], lambda: edgekit.tune(1.5), "There is no run folder 1.5."),
        (["diagnose", "7"], lambda: edgekit.diagnose(7), "There is no run folder 7."),
        (["compress", "7", "--qat"], lambda: edgekit.compress(7, qat=True), "There is no run folder 7."),
        (["report", "7"], lambda: edgekit.report(7), "There is no run folder 7."),
        (["compare", "7"], lambda: edgekit.compare(7), "There is no run folder 7."),
        (["inspect", "no.onnx"], lambda: edgekit.inspect("no.onnx"), "There is no file no.onnx."),
        (["inspect", "."], lambda: edgekit.inspect(Path()), ". is a folder."),
        (["verify", "no.tflite"], lambda: edgekit.verify(["no.tflite"]), "There is no file no.tflite."),
        (["compare-reports", "a.json", "b.json"], lambda: edgekit.compare_reports("a.json", "b.json"), "a.json"),
        (["export", "no.keras", "--data", "digits"], lambda: edgekit.export("no.keras", data="digits"), "no.keras"),
        (["train", "mine.py"], lambda: edgekit.train("mine.py"), "There is no recipe file mine.py."),
        (["train", "resnet9"], lambda: edgekit.train("resnet9"), "Did you mean 'resnet8'?"),
        (["verify", "--precision", "int9"], lambda: edgekit.verify(precisions=["int9"]), "Did you mean 'int8'?"),
        (["diagnose", "--precision", "int9"], lambda: edgekit.diagnose(precision="int9"), "Did you mean 'int8'?"),
        (["verify", "--runtime", "onx"], lambda: edgekit.verify(runtimes="onx"), "Unknown runtime 'onx'."),
        (["tune", "--runtime", "onx"], lambda: edgekit.tune(runtimes=["onx"]), "Unknown runtime 'onx'."),
        (["export", "--format", "tflit"], lambda: edgekit.export(formats=["tflit"]), "Did you mean 'tflite'?"),
        (["export", "--io", "int4"], lambda: edgekit.export(io="int4"), "Unknown input/output type 'int4'."),
        (["tune", "--max-flips", "many"], lambda: edgekit.tune(max_flips="many"), "Received 'many'"),
        (["train", "--backend", "caffe"], lambda: edgekit.train(backend="caffe"), "Unknown Keras backend 'caffe'."),
        (["datasets", "digit"], lambda: edgekit.datasets("digit"), "Did you mean 'digits'?"),
        (["export", "a", "b"], lambda: edgekit.export(["a", "b"]), "Expected one target. Received 2: a, b."),
        (["tune", "a", "b"], lambda: edgekit.tune(("a", "b")), "Expected one run. Received 2: a, b."),
        (["train", "a", "b"], lambda: edgekit.train(["a", "b"]), "Expected one recipe. Received 2: a, b."),
        (["inspect", "a", "b"], lambda: edgekit.inspect(["a", "b"]), "Expected one file. Received 2: a, b."),
        (["verify", ""], lambda: edgekit.verify(""), "targets is empty text."),
        (["export", ""], lambda: edgekit.export(""), "target is empty text."),
        (["train", "--out", ""], lambda: edgekit.train(out=""), "out is empty text. Expected a path or a name."),
        (["verify", "--html", ""], lambda: edgekit.verify(html=""), "html is empty text."),
        (["report", "--out", "."], lambda: edgekit.report(out="."), ". is a folder."),
    ],
)
def test_a_mistake_is_the_same_sentence_in_python_and_on_the_command_line(
    typed: list[str], call: Callable[[], Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(edgekit.EdgekitError) as error:
        call()
    assert message in str(error.value)
    assert run_edgekit(typed) == error.value.exit_status
    assert capsys.readouterr().err == f"Error: {error.value}\n"


def test_one_item_where_a_list_is_given_says_how_to_give_it() -> None:
    with pytest.raises(edgekit.UsageError, match=r"Received a list with int8\. Give int8 itself"):
        edgekit.export(io=["int8"])  # type: ignore[arg-type]
    with pytest.raises(edgekit.UsageError, match="Received an empty list"):
        edgekit.diagnose([])  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [edgekit.verify, edgekit.compare])
def test_an_empty_list_of_files_is_not_the_newest_run(function: Callable[..., Any], tmp_path: Path) -> None:
    for nothing in ([], (), set(), tmp_path.glob("*.tflite")):
        with pytest.raises(edgekit.UsageError, match=r"^(targets|runs) is an empty list\."):
            function(nothing)


def test_an_option_that_nobody_knows_suggests_the_closest() -> None:
    with pytest.raises(
        edgekit.UnknownNameError, match=r"option of edgekit\.verify 'runtime'\. Did you mean 'runtimes'"
    ):
        edgekit.verify(runtime="onnxruntime")  # type: ignore[call-arg]
    with pytest.raises(edgekit.UsageError, match=r"missing a required argument: 'file'.*help\(edgekit\.inspect\)"):
        edgekit.inspect()  # type: ignore[call-arg]


def test_what_the_system_refuses_is_a_sentence() -> None:
    with pytest.raises(edgekit.EdgekitError, match="File name too long"):
        edgekit.inspect(f"{'a' * 300}.onnx")


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (np.int64(3), int | None, 3),
        (np.float32(0.5), float | None, 0.5),
        (2, float, 2.0),
        (None, int | None, None),
        (edgekit.Precision.INT8, Names, "int8"),
        (("a", "b"), Names, ("a", "b")),
        ({"a": 1}.keys(), Names, ("a",)),
        (Path("run"), AnyPath, Path("run")),
        (42, AnyPath, "42"),
        (True, int, "wrong"),
        (1, bool, "wrong"),
        (np.zeros(3), int, "wrong"),
        ("3", int, "wrong"),
        ([1], Names, "wrong"),
    ],
)
def test_values_become_pythons_own(value: object, hint: Any, expected: object) -> None:
    if expected == "wrong":
        with pytest.raises(edgekit.UsageError):
            checked("name", value, hint)
    else:
        found = checked("name", value, hint)
        assert found == expected
        assert not isinstance(found, np.generic)


def test_names_come_as_text_or_as_a_list() -> None:
    assert names_of("tflite, onnx") == names_of(["tflite", "onnx"]) == ("tflite", "onnx")
    assert names_of([edgekit.Format.ONNX]) == ("onnx",)
    assert names_of(None) == names_of([]) == ()
    assert names_of("") == ("",)


def test_a_run_is_found_by_its_name_and_a_path_that_exists_comes_first(tmp_path: Path) -> None:
    (tmp_path / "exported" / "mine").mkdir(parents=True)
    assert run_or_file("mine") == Path("exported/mine")
    assert run_or_file("elsewhere") == Path("elsewhere")
    (tmp_path / "mine").mkdir()
    assert run_or_file("mine") == Path("mine")
    assert run_or_file(None) is None


def test_a_public_function_keeps_its_name_its_help_and_its_signature() -> None:
    @public
    def shout(word: str, *, times: int = 1) -> str:
        """Say it."""
        return word * times

    assert shout("a", times=2) == "aa"
    assert (shout.__name__, shout.__doc__) == ("shout", "Say it.")
    assert str(inspect.signature(shout)) == "(word: str, *, times: int = 1) -> str"


def test_a_run_folder_can_be_given_wherever_a_path_can(tmp_path: Path) -> None:
    run = edgekit.RunFolder.create(tmp_path / "made", {})
    assert os.fspath(run) == str(tmp_path / "made")
    assert run_or_file(run) == tmp_path / "made"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("tflite,onnx", ("tflite", "onnx")),
        (["tflite,onnx", "onnx"], ("tflite", "onnx")),
        (["tflite", "onnx"], ("tflite", "onnx")),
        ("int8, float16,", ("int8", "float16")),
        ("", ("",)),
        (None, ()),
    ],
)
def test_names_take_commas_and_repetition_as_a_union(given: Names | None, names: tuple[str, ...]) -> None:
    assert names_of(given) == names


@pytest.mark.parametrize(
    "typed",
    [
        ["--precision", "int9,int8"],
        ["--precision", "int8", "--precision", "int9"],
        ["--int8", "-p", "int9"],
    ],
)
def test_every_precision_that_is_named_counts(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_edgekit(["export", *typed]) == 2
    assert "Unknown precision 'int9'" in capsys.readouterr().err
