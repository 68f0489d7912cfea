import json
import os

import pytest

from edgekit.foundation.errors import TrainingError, UsageError
from edgekit.runs.folder import RunFolder
from edgekit.training.folders import check_free, choose_folder, discard, forget_artifacts, status_of


def make_run(path, status, seconds=0):
    RunFolder.create(path, {"status": status} if status else {})
    os.utime(path / "manifest.json", (1000 + seconds, 1000 + seconds))


def test_the_first_free_name_is_chosen(tmp_path):
    assert choose_folder("net", root=tmp_path) == tmp_path / "net"
    make_run(tmp_path / "net", "finished")
    make_run(tmp_path / "net-2", "training")
    assert choose_folder("net", root=tmp_path) == tmp_path / "net-3"


def test_resume_takes_the_newest_unfinished_run_of_that_recipe(tmp_path):
    make_run(tmp_path / "net", "interrupted", seconds=1)
    make_run(tmp_path / "net-2", "training", seconds=2)
    make_run(tmp_path / "net-3", "finished", seconds=3)
    make_run(tmp_path / "other", "training", seconds=4)
    assert choose_folder("net", resume=True, root=tmp_path) == tmp_path / "net-2"


def test_nothing_to_resume_is_a_sentence(tmp_path):
    make_run(tmp_path / "net", "finished")
    with pytest.raises(TrainingError, match="no unfinished training of 'net'"):
        choose_folder("net", resume=True, root=tmp_path)


def test_a_manifest_without_status_counts_as_finished(tmp_path):
    make_run(tmp_path / "net", None)
    assert status_of(tmp_path / "net") == "finished"


def test_new_and_empty_folders_are_free(tmp_path):
    check_free(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    check_free(tmp_path / "empty")


@pytest.mark.parametrize(
    ("status", "words"), [("finished", "finished run"), ("training", "--resume"), ("interrupted", "--resume")]
)
def test_a_folder_with_a_run_is_not_free(tmp_path, status, words):
    make_run(tmp_path / "net", status)
    with pytest.raises(TrainingError, match=words):
        check_free(tmp_path / "net")


def test_a_foreign_folder_and_a_file_are_not_free(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(b"x")
    with pytest.raises(TrainingError, match="not empty and is not a run folder"):
        check_free(tmp_path / "photos")
    with pytest.raises(TrainingError, match="is a file"):
        check_free(tmp_path / "photos" / "cat.png")


def test_no_run_lies_inside_another(tmp_path):
    make_run(tmp_path / "net", "finished")
    (tmp_path / "net" / "model.keras").touch()
    with pytest.raises(UsageError, match="inside/x lies inside the run net"):
        check_free(tmp_path / "net" / "inside" / "x")
    check_free(tmp_path / "net-2")


def test_discard_removes_only_what_holds_nothing_but_a_manifest(tmp_path):
    make_run(tmp_path / "empty", "training")
    make_run(tmp_path / "full", "training")
    (tmp_path / "full" / "checkpoint.npz").write_bytes(b"x")
    discard(tmp_path / "empty")
    discard(tmp_path / "full")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_exported_files_leave_the_manifest_and_the_rest_stays(tmp_path):
    run = RunFolder.create(tmp_path / "run", {})
    for name in ("model.keras", "figures/a.png", "tflite/model-int8.tflite"):
        path = run.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        run.record(path)
    assert forget_artifacts(run) == ["tflite/model-int8.tflite"]
    run.record(status="finished")
    assert set(json.loads(run.manifest_path.read_text())["files"]) == {"model.keras", "figures/a.png"}
