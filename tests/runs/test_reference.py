"""The reference: what is read is checked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.claims import write_claims

from edgekit.foundation.errors import RunFolderError
from edgekit.runs.reference import Reference


def arrays(**changes: Any) -> dict[str, Any]:
    whole = {
        "scores": np.full((4, 2), 0.5, np.float32),
        "labels": np.array([0, 1, 0, 1]),
        "dataset_sha256": np.array("abc"),
        "class_names": np.array(["cat", "dog"]),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def test_a_reference_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", **arrays())
    Reference.load(tmp_path / "one.npz").save(tmp_path / "two.npz")
    two = Reference.load(tmp_path / "two.npz")
    assert two.scores.dtype == np.float32
    assert two.labels.tolist() == [0, 1, 0, 1]
    assert (two.dataset_sha256, two.class_names) == ("abc", ("cat", "dog"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"labels": None}, "not a reference that edgekit wrote"),
        ({"labels": np.zeros((4, 1), int)}, r"labels int64 of shape \(4, 1\)"),
        ({"labels": np.array(1)}, r"labels int64 of shape \(\)"),
        ({"labels": np.array([0.0, np.nan, 1, 1])}, "labels float64"),
        ({"labels": np.array([0, 1, 0])}, "contradicts itself.* for 3 labels and 2 classes"),
        ({"scores": np.full((4, 3), 0.3)}, r"contradicts itself: scores of shape \(4, 3\)"),
        ({"scores": np.full((4, 2), "x")}, "scores are <U1"),
        ({"scores": np.array(1.0)}, r"contradicts itself: scores of shape \(\)"),
        ({"class_names": np.array("cat")}, r"class names <U3 of shape \(\)"),
        ({"class_names": np.array([1, 2])}, "class names int64"),
        ({"class_names": np.array([["cat"], "dog"], object)}, "not a reference that edgekit wrote .*pickle"),
    ],
)
def test_a_reference_that_makes_no_sense(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    np.savez(tmp_path / "reference.npz", **arrays(**changes))
    with pytest.raises(RunFolderError, match=expected):
        Reference.load(tmp_path / "reference.npz")


@pytest.mark.parametrize("kind", ["empty", "random", "half", "hurt", "one array", "a folder", "missing"])
def test_a_reference_that_is_no_reference(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "reference.npz"
    np.savez_compressed(path, **arrays(scores=np.random.default_rng(0).random((4, 2))))
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "random": b"\x03\x05" * 500,
        "half": whole[: len(whole) // 2],
        "hurt": whole[:60] + b"\xff" * 40 + whole[100:],
    }
    path.unlink()
    if kind == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(contents[kind])
    expected = "There is no reference" if kind == "missing" else "is not a reference that edgekit wrote"
    with pytest.raises(RunFolderError, match=expected):
        Reference.load(path)


def test_large_scores_lie_in_a_file_and_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgekit.foundation.mapped_arrays import place_of

    scores = np.random.default_rng(0).dirichlet(np.ones(4), 500).astype(np.float32)
    reference = Reference(
        scores=scores, labels=np.arange(500) % 4, dataset_sha256="0" * 64, class_names=("a", "b", "c", "d")
    )
    reference.save(tmp_path / "reference.npz")
    in_memory = Reference.load(tmp_path / "reference.npz")
    monkeypatch.setattr("edgekit.runs.reference.LARGE", 1000)
    mapped = Reference.load(tmp_path / "reference.npz")
    assert isinstance(mapped.scores, np.memmap)
    assert place_of(in_memory.scores) is None
    assert np.array_equal(mapped.scores, scores)
    content = bytearray((tmp_path / "reference.npz").read_bytes())
    content[200] ^= 1
    (tmp_path / "reference.npz").write_bytes(content)
    with pytest.raises(RunFolderError):
        Reference.load(tmp_path / "reference.npz")


def test_labels_that_no_reference_can_have_are_rejected_unread(tmp_path: Path) -> None:
    path = write_claims(tmp_path / "r.npz", claims={"labels": ("<i8", (3 * 10**9,))}, **arrays(labels=None))
    with pytest.raises(RunFolderError, match=r"scores of shape \(4, 2\) for 3,000,000,000 labels"):
        Reference.load(path)
    path = write_claims(tmp_path / "n.npz", claims={"class_names": ("<U9", (10**8,))}, **arrays(class_names=None))
    with pytest.raises(RunFolderError, match="and 100,000,000 classes"):
        Reference.load(path)
