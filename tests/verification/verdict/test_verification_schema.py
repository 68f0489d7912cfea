"""The published schema of verification.json: it describes what edgekit writes, and refuses what its loader refuses."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT, EdgekitCommand

from edgekit.foundation.errors import RunFolderError
from edgekit.runtimes.base import Performance
from edgekit.tolerance import Tolerance
from edgekit.verification.verdict.report import CandidateReport, ClassResult, Measurement, VerificationReport

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed here; `make test` installs it")

SCHEMA = json.loads((ROOT / "docs" / "reference" / "verification.schema.json").read_text())
SHIPPED = sorted((ROOT / "exported").glob("*/verification.json"))


def violations(document: Any, schema: Any = SCHEMA) -> list[str]:
    return [error.json_path for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def closed(schema: Any) -> Any:
    """The same schema, which refuses fields that it does not describe."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: closed(each) for key, each in schema.items()}
    is_object = own.get("type") == "object" and "properties" in own
    return own | ({"additionalProperties": False} if is_object else {})


@pytest.fixture(scope="module")
def fresh(finished_run: Path, tmp_path_factory: pytest.TempPathFactory, edgekit_command: EdgekitCommand) -> Any:
    """What `verify` writes now, of two files, with every part that a run on digits can have."""
    run = Path(shutil.copytree(finished_run, tmp_path_factory.mktemp("fresh") / "run"))
    result = edgekit_command(
        "verify", run, "--precision", "int8", "--runtime", "litert-xnnpack,onnxruntime", "--pairwise"
    )
    assert result.returncode in (0, 3), result.stderr
    return json.loads((run / "verification.json").read_text())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_there_are_shipped_documents() -> None:
    assert SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_a_shipped_document_is_described_in_full(path: Path) -> None:
    assert violations(json.loads(path.read_text()), closed(SCHEMA)) == []


@pytest.mark.slow
def test_a_new_document_is_described_in_full(fresh: Any) -> None:
    assert fresh["candidates"]
    assert "pairwise" in fresh
    assert violations(fresh, closed(SCHEMA)) == []


def test_every_field_of_the_code_is_described() -> None:
    candidate = set(SCHEMA["$defs"]["candidate"]["properties"])
    own = {field.name for field in fields(CandidateReport)} - {"measurement", "performance"}
    assert candidate == own | {field.name for kind in (Measurement, Performance) for field in fields(kind)}
    assert set(SCHEMA["$defs"]["tolerance"]["properties"]) == {field.name for field in fields(Tolerance)}
    named = {field.metadata.get("json", field.name) for field in fields(ClassResult)}
    assert set(SCHEMA["$defs"]["class_result"]["properties"]) == named


def test_every_field_has_a_description() -> None:
    def undescribed(schema: Any, place: str) -> Iterator[str]:
        for name, each in schema.get("properties", {}).items():
            if "$ref" not in each and not each.get("description"):
                yield f"{place}.{name}"

    places = [SCHEMA, *SCHEMA["$defs"].values()]
    assert [name for place in places for name in undescribed(place, place["description"])] == []


def changed(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def without(*path: str | int) -> Callable[[Any], None]:
    def remove(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return remove


WRONG: dict[str, Callable[[Any], None]] = {
    "another version": changed("schema_version", to=2),
    "no version": without("schema_version"),
    "no data set": without("dataset"),
    "no candidates": without("candidates"),
    "candidates as an object": changed("candidates", to={}),
    "a row that is a text": changed("candidates", 0, to="pass"),
    "an unknown verdict": changed("candidates", 0, "verdict", to="fine"),
    "an unknown format": changed("candidates", 0, "format", to="pb"),
    "an unknown precision": changed("candidates", 0, "precision", to="int4"),
    "accuracy in percent": changed("candidates", 0, "accuracy", to=86.8),
    "accuracy as text": changed("candidates", 0, "accuracy", to="0.868"),
    "a negative number of images": changed("candidates", 0, "num_images", to=-1),
    "half an image": changed("candidates", 0, "ties", to=0.5),
    "an agreement that was not measured": changed("candidates", 0, "agreement", to=None),
    "no flips": without("candidates", 0, "flips"),
    "a direction of flips that is missing": without("candidates", 0, "flips", "wrong_to_wrong"),
    "an interval of three numbers": changed("candidates", 0, "accuracy_delta_interval", to=[0.0, 0.0, 0.0]),
    "a class without F1": without("candidates", 0, "per_class", 0, "f1"),
    "a speed without threads": changed("candidates", 0, "num_threads", to=None),
    "a limit as text": changed("tolerance", "int8", "min_agreement", to="95%"),
    "class names as text": changed("dataset", "class_names", to="cat,dog"),
    "a reference without accuracy": without("reference", "accuracy"),
    "a machine without processors": without("environment", "machine", "num_cpus"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_document_is_refused_by_the_loader_and_by_the_schema(change: Callable[[Any], None]) -> None:
    document = json.loads(SHIPPED[-1].read_text())
    VerificationReport.from_dict(copy.deepcopy(document))
    change(document)
    with pytest.raises(RunFolderError):
        VerificationReport.from_dict(copy.deepcopy(document))
    assert violations(document) != []


def test_a_violation_names_the_field() -> None:
    document = json.loads(SHIPPED[-1].read_text())
    changed("candidates", 0, "accuracy", to=86.8)(document)
    changed("dataset", "num_images", to="all")(document)
    assert sorted(violations(document)) == ["$.candidates[0].accuracy", "$.dataset.num_images"]


def test_a_row_that_gave_no_scores_cannot_pass() -> None:
    document = json.loads(SHIPPED[-1].read_text())
    row = document["candidates"][0]
    row |= dict.fromkeys([field.name for kind in (Measurement, Performance) for field in fields(kind)])
    row["verdict"] = "error"
    assert violations(document, closed(SCHEMA)) == []
    row["verdict"] = "pass"
    assert violations(document) == ["$.candidates[0].verdict"]
