import pytest
from support.run_folders import make_run

from edgekit.foundation.errors import RunFolderError
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import HISTORY_COLUMNS, compare_runs, read_history, summarize


def test_a_run_in_numbers(tmp_path):
    summary = summarize(make_run(tmp_path / "run"))
    assert summary.to_dict() == {
        "run": str(tmp_path / "run"),
        "recipe": "cnn6",
        "status": "finished",
        "num_parameters": 1000,
        "size_bytes": 4321,
        "epochs": 3,
        "best_epoch": 2,
        "train_accuracy": 0.7,
        "validation_accuracy": 0.75,
        "saved_epoch": None,
        "test_accuracy": 0.72,
        "seconds": 12.5,
        "dataset": "digits",
        "dataset_sha256": "a" * 64,
        "train_sha256": "b" * 64,
        "num_train": 100,
    }


def test_the_first_of_equally_good_epochs_is_the_best_one(tmp_path):
    assert summarize(make_run(tmp_path / "run", val_accuracies=(0.5, 0.8, 0.8))).best_epoch == 2


def test_the_epoch_of_the_saved_model_is_told_where_the_run_says_it(tmp_path):
    run = make_run(tmp_path / "run")
    run.record(saved_epoch=3)
    assert summarize(RunFolder(run.path)).saved_epoch == 3


def test_a_model_from_elsewhere_has_no_training(tmp_path):
    summary = summarize(RunFolder.create(tmp_path / "run", {}))
    assert (summary.best_epoch, summary.validation_accuracy, summary.test_accuracy) == (None, None, None)


def test_the_best_validation_comes_first_whatever_the_test_says(tmp_path):
    make_run(tmp_path / "a", val_accuracies=(0.7,), test_accuracy=0.9)
    make_run(tmp_path / "b", val_accuracies=(0.8,), test_accuracy=0.6)
    RunFolder.create(tmp_path / "c", {"dataset": {"sha256": "a" * 64, "train_sha256": "b" * 64}})
    comparison = compare_runs([tmp_path / name for name in "cab"])
    assert [run.run[-1] for run in comparison.runs] == ["b", "a", "c"]
    assert comparison.remarks == ()


def test_runs_on_other_test_images_stand_apart_and_it_is_said(tmp_path):
    make_run(tmp_path / "a", val_accuracies=(0.7,))
    make_run(tmp_path / "b", val_accuracies=(0.99,), data="c" * 64)
    make_run(tmp_path / "c", val_accuracies=(0.8,))
    comparison = compare_runs([tmp_path / name for name in "abc"])
    assert [run.run[-1] for run in comparison.runs] == ["c", "a", "b"]
    assert list(comparison.datasets.values()) == ["A", "B"]
    assert "not measured on the same test images" in comparison.remarks[0]


def test_other_training_images_and_unfinished_runs_are_said(tmp_path):
    make_run(tmp_path / "a")
    make_run(tmp_path / "b", training_data="d" * 64, status="interrupted")
    differ, unfinished = compare_runs([tmp_path / "a", tmp_path / "b"]).remarks
    assert differ.startswith("The training images differ")
    assert unfinished.endswith("b is not finished: 3 epochs are done.")


def test_a_training_that_was_killed_counts_the_epochs_of_its_history(tmp_path):
    run = RunFolder.create(tmp_path / "run", {"status": "training", "epochs": 0})
    run.history_path.write_bytes(make_run(tmp_path / "finished").history_path.read_bytes())
    comparison = compare_runs([run.path])
    assert (comparison.runs[0].epochs, comparison.runs[0].best_epoch) == (3, 2)
    assert comparison.remarks[-1].endswith("run is not finished: 3 epochs are done.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "epoch,loss\n1,2\n",
        "epoch,loss,accuracy\n1,nonsense,3\n",
        ",".join(HISTORY_COLUMNS) + "\nnan,1,1,1,1,1,1\n",
        "\x00\n1\n",
    ],
)
def test_a_file_that_is_no_history_is_a_sentence(tmp_path, text):
    run = make_run(tmp_path / "run")
    run.history_path.write_text(text + "1,2,3,4,5,6,7\n")
    run.record(run.history_path)
    with pytest.raises(
        RunFolderError,
        match=r"history\.csv cannot be read: .*(it has no column|in line 2 .* must be a number).* train again\.",
    ):
        read_history(run)


def test_a_history_changed_by_hand_is_a_sentence(tmp_path):
    run = make_run(tmp_path / "run")
    run.history_path.write_text(run.history_path.read_text().replace("0.75", "0.99"))
    with pytest.raises(RunFolderError, match="was changed after its run's manifest was written"):
        summarize(run)


def test_no_runs_at_all_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFolderError, match="no run under"):
        compare_runs()
