"""A call as the command that does the same."""

from pathlib import Path

import pytest
from support.linear_run import digits

import edgekit
from edgekit.rendering.pages.command_line import command_line


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "edgekit verify"),
        ({"targets": None, "seed": None, "progress": True}, "edgekit verify"),
        ({"targets": "exported/first"}, "edgekit verify exported/first"),
        ({"targets": [Path("a.tflite"), "b c.onnx"]}, "edgekit verify a.tflite 'b c.onnx'"),
        ({"runtimes": ("x", "y")}, "edgekit verify --runtime x --runtime y"),
        ({"precisions": "int8"}, "edgekit verify --precision int8"),
        ({"precisions": [edgekit.Precision.INT8]}, "edgekit verify --precision int8"),
        ({"sequential": True, "input_check": False}, "edgekit verify --no-input-check --sequential"),
        ({"max_f1_drop": 2.5, "sample": 100}, "edgekit verify --sample 100 --max-f1-drop 2.5"),
        ({"data": digits}, "edgekit verify --data digits"),
    ],
)
def test_a_call_is_a_line_for_a_shell(arguments: dict, expected: str) -> None:
    given = {name: value() if callable(value) else value for name, value in arguments.items()}
    assert command_line(edgekit.verify, given) == expected
