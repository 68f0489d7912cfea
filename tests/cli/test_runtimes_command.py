import json

from support.helpers import EdgekitCommand

from edgekit.runtimes import RUNTIMES


def test_runtimes_lists_every_runtime(edgekit_command: EdgekitCommand) -> None:
    done = edgekit_command("runtimes")
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in RUNTIMES)
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_runtimes_as_json(edgekit_command: EdgekitCommand) -> None:
    runtimes = json.loads(edgekit_command("runtimes", "--json").stdout)["runtimes"]
    assert [runtime["name"] for runtime in runtimes] == list(RUNTIMES)
    usual = [one for one in runtimes if RUNTIMES.load(one["name"]).is_usual]
    assert all(one["available"] and one["version"] and one["reason"] is None for one in usual)
    needs_package = [one for one in runtimes if RUNTIMES.load(one["name"]).extra]
    assert all(one["available"] or "pip install" in one["reason"] for one in needs_package)
    assert {one["name"]: one["formats"] for one in runtimes}["openvino"] == ["tflite", "onnx"]
