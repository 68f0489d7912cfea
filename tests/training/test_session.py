"""Whole trainings, small ones: what is written, and that stopping and going on changes nothing."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.helpers import StopAfter

from edgekit.datasets import Dataset, Split
from edgekit.foundation.errors import RecipeError, TrainingError
from edgekit.foundation.progress import SilentProgress
from edgekit.recipe import Recipe
from edgekit.runs.folder import RunFolder
from edgekit.training.session import train


def history_of(run: RunFolder) -> list[dict[str, str]]:
    """The rows of history.csv without the seconds."""
    with run.history_path.open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def weights_of(run: RunFolder) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(run.model_path, compile=False).get_weights()


def assert_same_result(candidate: RunFolder, reference: RunFolder) -> None:
    assert history_of(candidate) == history_of(reference)
    np.testing.assert_array_equal(candidate.reference().scores, reference.reference().scores)
    for one, other in zip(weights_of(candidate), weights_of(reference), strict=True):
        np.testing.assert_array_equal(one, other)


def export_something(run: RunFolder) -> None:
    """List a file in the manifest that belongs to the unfinished model."""
    path = run.path / "tflite" / "model-int8.tflite"
    path.parent.mkdir()
    path.write_bytes(b"of the unfinished model")
    run.record(path)


@pytest.fixture(scope="module")
def unbroken(tiny_recipe: Recipe, small_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(tiny_recipe, small_digits, out=tmp_path_factory.mktemp("runs") / "unbroken")


def test_two_trainings_that_start_together_do_not_share_a_folder(tiny_recipe, small_digits, tmp_path):
    out = tmp_path / "run"

    def build_while_another_begins(*arguments):
        RunFolder.create(out, {"status": "training", "recipe": "other"})
        return tiny_recipe.build(*arguments)

    with pytest.raises(TrainingError, match="already holds an unfinished training"):
        train(replace(tiny_recipe, build=build_while_another_begins), small_digits, out=out)
    assert RunFolder(out).manifest["recipe"] == "other"
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_a_finished_run_holds_everything_and_its_manifest_lists_it(unbroken, small_digits):
    manifest = RunFolder(unbroken.path).manifest
    written = {path.relative_to(unbroken.path).as_posix() for path in unbroken.path.rglob("*") if path.is_file()}
    assert written == {"manifest.json", *manifest["files"]}
    assert {name for name in manifest["files"] if not name.startswith("figures/")} == {
        "model.keras",
        "history.csv",
        "reference.npz",
        "report.json",
        "report.txt",
        "classes.csv",
        "summary.txt",
    }
    assert {Path(name).stem for name in manifest["files"] if name.startswith("figures/")} == {
        "augmented",
        "classes",
        "confusion-by-prediction",
        "confusion-by-truth",
        "learning-curves",
        "learning-rate",
        "misclassified",
        "sample-images",
    }
    assert (manifest["status"], manifest["epochs"], manifest["seed"]) == ("finished", 5, 0)
    assert manifest["dataset"]["num_train"] == 150
    assert manifest["dataset"]["sha256"] == small_digits.sha256
    assert manifest["num_parameters"] == 262
    assert {"keras", "tensorflow", "numpy", "python", "edgekit"} <= set(manifest["versions"])
    assert {"cpu", "num_cpus", "gpus"} <= set(manifest["machine"])
    assert str(unbroken.path.parent) not in unbroken.manifest_path.read_text()
    for name in manifest["files"]:
        unbroken.check_file(Path(name))


def test_the_reference_is_what_the_saved_model_answers(unbroken, small_digits):
    import keras

    model = keras.saving.load_model(unbroken.model_path)
    reference = unbroken.reference()
    answers = keras.ops.convert_to_numpy(model(small_digits.test.images.astype("float32")))
    np.testing.assert_allclose(answers, reference.scores, atol=1e-6)
    np.testing.assert_array_equal(reference.labels, small_digits.test.labels)
    assert not getattr(model, "compiled", False)
    assert model.input_shape == (None, 32, 32, 3)
    assert not any("random" in layer.name for layer in model.layers)
    report = json.loads(unbroken.report_path.read_text())
    assert report["accuracy"] == pytest.approx((reference.scores.argmax(1) == reference.labels).mean())
    assert np.sum(report["confusion_matrix"]) == report["num_images"] == 60
    first = report["misclassified"][0]
    assert first["predicted"] == str(reference.scores[first["index"]].argmax())


def test_texts_for_people_say_the_same(unbroken, small_digits):
    report = json.loads(unbroken.report_path.read_text())
    lines = (unbroken.path / "report.txt").read_text().splitlines()
    assert any(line.split() == ["accuracy", f"{report['accuracy']:.4f}", "60"] for line in lines)
    assert f"{report['per_class'][3]['f1']:.4f}" in next(line for line in lines if line.startswith("3 "))
    with (unbroken.path / "classes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == list(small_digits.class_names)
    totals = [sum(int(row[name]) for row in rows) for name in ("train", "validation", "test")]
    assert totals == [150, 40, 60]
    summary = (unbroken.path / "summary.txt").read_text()
    assert "Total params: 262" in summary
    assert "Param #" in summary
    assert "(None, 15, 15, 6)" in summary


def test_history_has_a_row_an_epoch_and_the_plateau_lowers_the_rate(unbroken):
    rows = history_of(unbroken)
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert float(rows[-1]["learning_rate"]) < float(rows[0]["learning_rate"])


def test_the_same_seed_gives_the_same_run_and_another_does_not(unbroken, tiny_recipe, small_digits, tmp_path):
    assert_same_result(train(tiny_recipe, small_digits, out=tmp_path / "again"), unbroken)
    other = train(tiny_recipe, small_digits, settings=replace(tiny_recipe.settings, seed=1), out=tmp_path / "other")
    assert history_of(other) != history_of(unbroken)


@pytest.mark.parametrize("epochs", [1, 3, 5])  # 3 is the end of a phase, 5 the end of the training
def test_interrupted_and_resumed_is_the_same_as_unbroken(epochs, unbroken, tiny_recipe, small_digits, tmp_path):
    out, progress = tmp_path / "run", StopAfter(epochs)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_recipe, small_digits, out=out, progress=progress)
    run = RunFolder(out)
    assert (run.manifest["status"], run.manifest["epochs"]) == ("interrupted", epochs)
    losses = [float(row["val_loss"]) for row in history_of(run)]
    assert run.manifest["saved_epoch"] == 1 + losses.index(min(losses))  # to which EarlyStopping goes back
    assert run.reference().scores.shape == (60, 10)
    assert history_of(run) == history_of(unbroken)[:epochs]
    assert (out / "checkpoint.npz").is_file()
    assert any("Continue with --resume" in note for note in progress.notes)

    with pytest.raises(TrainingError, match="Continue it with --resume"):
        train(tiny_recipe, small_digits, out=out)
    export_something(run)
    progress = StopAfter(99)
    resumed = train(tiny_recipe, small_digits, out=out, resume=True, progress=progress)
    assert_same_result(resumed, unbroken)
    assert resumed.artifacts() == []
    assert any("export again: tflite/model-int8.tflite" in note for note in progress.notes)
    assert RunFolder(out).manifest["status"] == "finished"
    assert not (out / "checkpoint.npz").exists()


def test_interrupted_before_the_first_epoch_leaves_nothing(tiny_recipe, small_digits, tmp_path):
    class Impatient(SilentProgress):
        def task(self, description, total):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tiny_recipe, small_digits, out=tmp_path / "run", progress=Impatient())
    assert not (tmp_path / "run").exists()


def test_a_training_that_never_finished_an_epoch_resumes_from_the_start(unbroken, tiny_recipe, small_digits, tmp_path):
    manifest = {key: unbroken.manifest[key] for key in ("identity", "settings", "recipe")}
    RunFolder.create(tmp_path / "run", manifest | {"status": "training"})
    assert_same_result(train(tiny_recipe, small_digits, out=tmp_path / "run", resume=True), unbroken)


def test_another_training_is_not_resumed(unbroken, tiny_recipe, small_digits, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(tiny_recipe, small_digits, out=out, progress=StopAfter(1))
    before = (out / "checkpoint.npz").read_bytes()
    with pytest.raises(TrainingError, match="setting epochs '5' there, '6' now"):
        train(tiny_recipe, small_digits, settings=tiny_recipe.settings.with_epochs(6), out=out, resume=True)
    assert (out / "checkpoint.npz").read_bytes() == before


def test_a_finished_run_is_left_alone(unbroken, tiny_recipe, small_digits):
    before = {path: path.read_bytes() for path in unbroken.path.rglob("*") if path.is_file()}
    with pytest.raises(TrainingError, match="already holds a finished run"):
        train(tiny_recipe, small_digits, out=unbroken.path)
    progress = StopAfter(99)
    train(tiny_recipe, small_digits, out=unbroken.path, resume=True, progress=progress)
    assert "is finished: 5 of 5 epochs" in progress.notes[0]
    assert {path: path.read_bytes() for path in unbroken.path.rglob("*") if path.is_file()} == before


def test_early_stopping_ends_the_training_with_the_best_weights(tiny_recipe, small_digits, tmp_path):
    import keras

    settings = replace(tiny_recipe.settings.with_epochs(8), image_sizes=(), padding=0)
    stopping = replace(
        tiny_recipe,
        settings=settings,
        optimizer=lambda _: keras.optimizers.SGD(0.0),
        callbacks=lambda: [
            keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=2, restore_best_weights=True)
        ],
    )
    run = train(stopping, small_digits, out=tmp_path / "run")
    assert (run.manifest["status"], run.manifest["epochs"]) == ("finished", 3)
    out = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):  # after the callback has stopped the training
        train(stopping, small_digits, out=out, progress=StopAfter(3))
    assert_same_result(train(stopping, small_digits, out=out, resume=True), run)


@pytest.mark.parametrize("epochs", [1, 2, 3])  # the best one, one that is worse, and the one that ends the training
def test_early_stopping_goes_back_to_the_best_epoch_also_when_interrupted_and_resumed(
    epochs, tiny_recipe, small_digits, tmp_path
):
    import keras

    def stopping():  # the loss falls, so by this measure the first epoch is the best one
        return [keras.callbacks.EarlyStopping(monitor="loss", mode="max", patience=2, restore_best_weights=True)]

    settings = replace(tiny_recipe.settings.with_epochs(8), image_sizes=(), padding=0)
    recipe = replace(tiny_recipe, settings=settings, callbacks=stopping)
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, small_digits, out=out, progress=StopAfter(epochs))
    assert (RunFolder(out).manifest["epochs"], RunFolder(out).manifest["saved_epoch"]) == (epochs, 1)
    stopped = weights_of(RunFolder(out)), RunFolder(out).reference().scores
    run = train(recipe, small_digits, out=out, resume=True)
    assert (run.manifest["status"], run.manifest["epochs"], run.manifest["saved_epoch"]) == ("finished", 3, 1)
    losses = [float(row["loss"]) for row in history_of(run)]
    assert max(losses) == losses[0]
    first = train(replace(recipe, callbacks=list), small_digits, settings=settings.with_epochs(1), out=tmp_path / "one")
    for scores, weights in (stopped[::-1], (run.reference().scores, weights_of(run))):
        for one, other in zip(weights, weights_of(first), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(scores, first.reference().scores)


def test_a_loss_that_breaks_down_names_the_epoch_and_leaves_no_run(tiny_recipe, small_digits, tmp_path):
    import keras

    wild = replace(tiny_recipe, optimizer=lambda _: keras.optimizers.SGD(1e38), callbacks=list)
    with pytest.raises(TrainingError, match=r"diverged in epoch 1.*learning rate"):
        train(wild, small_digits, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_error_in_a_recipes_layer_is_a_sentence(tiny_recipe, small_digits, tmp_path):
    import keras

    class Broken(keras.layers.Layer):
        def call(self, images):
            raise ValueError("no such colour")

    broken = replace(tiny_recipe, augmentation=Broken)
    with pytest.raises(TrainingError, match="stopped in epoch 1 by an error in its layers, loss or callbacks"):
        train(broken, small_digits, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_memory_that_runs_out_names_a_smaller_batch(tiny_recipe, small_digits, tmp_path):
    import keras

    class Wasteful(keras.layers.Layer):
        def call(self, images, training=False):
            return images + keras.ops.sum(keras.random.uniform((2**21, 2**21)))  # 16 TiB

    wasteful = replace(tiny_recipe, augmentation=Wasteful)
    with pytest.raises(TrainingError, match=r"memory of cpu ran out in epoch 1 .* 32 images\. Try --batch-size 16"):
        train(wasteful, small_digits, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_wrong_recipe_leaves_no_folder(tiny_recipe, small_digits, tmp_path):
    wrong = replace(tiny_recipe, build=lambda shape, _: tiny_recipe.build(shape, 3))
    with pytest.raises(RecipeError, match="one score per class"):
        train(wrong, small_digits, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_data_without_training_images_is_a_sentence(tiny_recipe, small_digits, tmp_path):
    empty = Split(images=small_digits.train.images[:0], labels=small_digits.train.labels[:0])
    with pytest.raises(TrainingError, match="'small' has no train images"):
        train(tiny_recipe, replace(small_digits, train=empty), out=tmp_path / "run")


def test_resuming_what_is_not_there_is_a_sentence(tiny_recipe, small_digits, tmp_path):
    with pytest.raises(TrainingError, match="no training to resume"):
        train(tiny_recipe, small_digits, out=tmp_path / "nothing", resume=True)


def test_crops_scale_with_the_images(tiny_recipe, small_digits, tmp_path):
    """A recipe for 32 x 32 with crops of 16 trains on crops of 8 where the images are 16 x 16."""

    def halved(split: Split) -> Split:
        return Split(images=np.ascontiguousarray(split.images[:, ::2, ::2]), labels=split.labels)

    dataset = replace(
        small_digits,
        train=halved(small_digits.train),
        validation=halved(small_digits.validation),
        test=halved(small_digits.test),
    )
    seen = set()

    def augmentation():
        import keras

        class Spy(keras.layers.Layer):
            def call(self, images, training=False):
                seen.add(tuple(images.shape[1:3]))
                return images

        return Spy()

    train(replace(tiny_recipe, augmentation=augmentation), dataset, out=tmp_path / "run")
    assert seen == {(8, 8), (16, 16)}
