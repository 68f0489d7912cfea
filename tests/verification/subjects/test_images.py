"""Which images each candidate runs: the whole split, a sample, a few for slow runtimes, or a random order."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support.fakes import fake_artifact, fake_dataset

from edgekit.artifact import Format, Precision
from edgekit.datasets.splits import evenly_spread_order, spread_over_classes
from edgekit.verification.candidate import Candidate
from edgekit.verification.sampling import Sampling
from edgekit.verification.subjects.images import CHECKING_BUDGET, scoring_tasks


def test_the_spread_keeps_proportions_and_order() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100]).astype(np.int64)
    chosen = spread_over_classes(labels, 100)
    assert np.bincount(labels[chosen]).tolist() == [60, 30, 10]
    assert len(set(chosen.tolist())) == 100
    assert chosen.tolist() == sorted(chosen.tolist())
    assert spread_over_classes(labels, 1000).tolist() == list(range(1000))
    assert len(spread_over_classes(labels, 1)) == 1


def candidates(folder: Path) -> list[Candidate]:
    artifact = fake_artifact(folder, Format.TFLITE, Precision.INT8)
    return [Candidate(artifact=artifact, runtime=name) for name in ("litert-xnnpack", "litert-reference")]


def test_the_small_part_holds_the_images_that_its_scores_belong_to(tmp_path: Path) -> None:
    labels: NDArray[np.int64] = np.arange(300) % 3
    dataset = fake_dataset(labels, ("a", "b", "c"))
    with scoring_tasks(candidates(tmp_path), dataset.test, Sampling(), 30) as (usual, slow):
        assert usual.workload.num_images == usual.workload.num_images_of_split == 300
        assert usual.workload.places_of_first(300) is None
        assert np.array_equal(np.load(usual.workload.images), dataset.test.images)
        chosen = spread_over_classes(labels, 30)
        assert slow.workload.num_images == 30
        assert np.array_equal(slow.workload.places_of_first(30), chosen)
        assert np.array_equal(np.load(slow.workload.images), dataset.test.images[chosen])
        assert slow.title == "2/2 tflite int8 in litert-reference, some images"
        folder = slow.workload.images.parent
    assert not folder.exists()


def test_every_beginning_of_the_order_is_spread_over_the_classes() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100]).astype(np.int64)
    order = evenly_spread_order(labels)
    assert sorted(order.tolist()) == list(range(1000))
    for count in (10, 50, 170, 500):
        shares = np.bincount(labels[order[:count]], minlength=3) / count
        assert np.abs(shares - [0.6, 0.3, 0.1]).max() <= 3 / count
    assert evenly_spread_order(labels[:1]).tolist() == [0]


def test_what_no_app_uses_runs_for_a_time_and_all_images_runs_all(tmp_path: Path) -> None:
    dataset = fake_dataset(np.arange(300) % 3, ("a", "b", "c"))
    tflite, onnx = (fake_artifact(tmp_path, one, Precision.INT8) for one in (Format.TFLITE, Format.ONNX))
    names = {"litert-builtin": tflite, "litert-reference": tflite, "onnxruntime": onnx, "onnxruntime-unoptimized": onnx}
    several = [Candidate(artifact=artifact, runtime=name) for name, artifact in names.items()]
    with scoring_tasks(several, dataset.test, Sampling()) as tasks:
        budgets = [task.workload.budget for task in tasks]
        assert budgets == [None, CHECKING_BUDGET, None, CHECKING_BUDGET]
        assert [task.workload.num_images for task in tasks] == [300, 200, 300, 300]
        assert [task.title.endswith(", some images") for task in tasks] == [False, True, False, True]
        for workload in (tasks[1].workload, tasks[3].workload):
            assert (np.load(workload.order_file) == workload.indices).all()
            shares = np.bincount(dataset.test.labels[workload.places_of_first(60)])
            assert np.abs(shares - 20).max() <= 2
    with scoring_tasks(several, dataset.test, Sampling(all_images=True)) as tasks:
        assert {(task.workload.budget, task.workload.num_images) for task in tasks} == {(None, 300)}


def test_a_random_order_goes_back_to_the_order_of_the_split_whole_or_in_part(tmp_path: Path) -> None:
    dataset = fake_dataset(np.arange(300) % 3, ("a", "b", "c"))
    with scoring_tasks(candidates(tmp_path), dataset.test, Sampling(confidence=0.9), 30) as tasks:
        for task in tasks:
            workload = task.workload
            order = np.load(workload.order_file)
            assert sorted(order) == (list(range(300)) if task is tasks[0] else sorted(set(order)))
            for count in (workload.num_images, 7):
                scores = order[:count, None].astype(np.float32)
                places = workload.places_of_first(count)
                expected = np.arange(300) if places is None else places
                assert np.array_equal(workload.in_split_order(scores)[:, 0], expected)
                assert (places is None) == (count == 300)
