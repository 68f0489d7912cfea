import json

import numpy as np
import pytest

from edgekit.cli import run_command as run


def test_the_sources_are_listed(capsys):
    assert run(["datasets"]) == 0

    output = capsys.readouterr().out
    assert all(name in output for name in ("digits", "cifar10:PATH", "folder:PATH", "npz:PATH", "not downloaded"))


def test_the_list_as_json_is_one_document(capsys):
    assert run(["datasets", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert [source["name"] for source in document["datasets"]] == ["digits", "cifar10", "folder", "csv", "hub", "npz"]
    assert all(source["summary"] and source["usage"] and source["status"] for source in document["datasets"])


def test_one_data_set_is_described(capsys):
    assert run(["datasets", "digits"]) == 0

    output = capsys.readouterr().out
    assert "1,295" in output
    assert "10 classes, RGB images of 32 x 32 pixels" in output
    assert "SHA-256" in output


def test_one_data_set_as_json(capsys):
    assert run(["datasets", "digits", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "digits"
    assert document["splits"]["test"]["num_images"] == 359


def test_broken_images_are_skipped_on_request(tmp_path, capsys):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(20):
            Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / name / f"{number}.png")
    (tmp_path / "a" / "x.png").write_bytes(b"broken")

    assert run(["datasets", f"folder:{tmp_path}"]) == 1
    assert "x.png cannot be read" in capsys.readouterr().err
    assert run(["datasets", f"folder:{tmp_path}", "--skip-broken"]) == 0
    assert "Left out: 1 broken image\n" in capsys.readouterr().out


@pytest.mark.parametrize(("data", "status"), [("digit", 2), ("npz", 2), ("npz:nowhere.npz", 1), ("folder:nowhere", 1)])
def test_a_wrong_name_or_path_is_a_sentence(capsys, data, status):
    assert run(["datasets", data]) == status

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: ")
