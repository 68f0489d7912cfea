import re
from typing import Any

import pytest

from edgekit.exporting.onnx.graph import as_model
from edgekit.exporting.onnx.targets import (
    IR_VERSION,
    OPSET,
    RELEASES,
    OrtTarget,
    check_readable,
    missing_in_mobile,
)
from edgekit.foundation.errors import ExportError, UsageError


@pytest.mark.parametrize(
    ("text", "opset", "ir_version"),
    [("1.3", 12, 6), ("1.5.2", 12, 6), ("1.6", 13, 7), ("1.8.1", 14, 7), ("1.14", 15, 7), ("1.16.3", 15, 8)],
)
def test_a_file_is_never_newer_than_its_target(text: str, opset: int, ir_version: int) -> None:
    target = OrtTarget.parse(text)
    assert (target.opset, target.ir_version) == (opset, ir_version)


def test_the_default_is_what_its_name_says() -> None:
    assert OrtTarget() == OrtTarget.parse(OrtTarget().name)


@pytest.mark.parametrize("text", ["0.5", "1.2", "1.2.9"])
def test_a_target_older_than_the_table_is_told_the_range(text: str) -> None:
    with pytest.raises(UsageError, match=rf"{re.escape(text)} is older .* Supported: 1.3 to {RELEASES[-1].name}"):
        OrtTarget.parse(text)


@pytest.mark.parametrize("text", ["", "new", "1", "1.x", "-1.2", "1.16.3.4", "1.16 ", "\u0663.\u0661"])
def test_what_is_no_version_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"must be a version of ONNX Runtime, such as 1.16"):
        OrtTarget.parse(text)


def test_the_table_is_in_order_and_every_row_has_a_source() -> None:
    assert [each.version for each in RELEASES] == sorted(each.version for each in RELEASES)
    assert [each.opset for each in RELEASES] == sorted(each.opset for each in RELEASES)
    assert [each.ir_version for each in RELEASES] == sorted(each.ir_version for each in RELEASES)
    assert all(each.source for each in RELEASES)


def test_scales_a_channel_need_what_old_runtimes_lack() -> None:
    OrtTarget.parse("1.6").check_per_channel()
    with pytest.raises(UsageError, match=r"operator set 13, which ONNX Runtime reads since 1.6.*--per-tensor"):
        OrtTarget.parse("1.3").check_per_channel()


def one_node(kind: str = "Relu", *, opset: int = OPSET, ir_version: int = IR_VERSION) -> Any:
    from onnx import TensorProto, helper

    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"])], "test", values[:1], values[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def test_a_file_that_came_out_too_new_is_refused() -> None:
    target = OrtTarget.parse("1.8")
    check_readable(as_model(one_node(opset=14, ir_version=7)), target)
    for model in (one_node(opset=15, ir_version=7), one_node(opset=14, ir_version=8)):
        with pytest.raises(ExportError, match=r"ONNX Runtime 1.8 reads ai.onnx 14 and IR version 7"):
            check_readable(as_model(model), target)


def test_the_installed_runtime_reads_what_its_row_says_and_no_more() -> None:
    import onnxruntime

    installed = tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])
    row = [each for each in RELEASES if each.version <= installed][-1]

    def loads(opset: int, ir_version: int) -> bool:
        content = one_node(opset=opset, ir_version=ir_version).SerializeToString()
        try:
            onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - onnxruntime's own errors share no base class
            return False
        return True

    assert loads(row.opset, row.ir_version)
    if row.version == installed:
        assert not loads(row.opset + 1, row.ir_version)
        assert not loads(row.opset, row.ir_version + 1)


def test_operators_that_mobile_builds_lack_are_named() -> None:
    assert missing_in_mobile(one_node().SerializeToString()) == ()
    assert missing_in_mobile(one_node("HardSwish").SerializeToString()) == ("HardSwish",)
