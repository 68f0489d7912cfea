import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.helpers import EdgekitCommand

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, Split
from edgekit.exporting.job import SchemesRequest
from edgekit.exporting.schemes import SchemeComparison, compare_schemes, schemes
from edgekit.exporting.source import load_source
from edgekit.foundation.errors import UsageError
from edgekit.quantization.scheme import CalibrationMethod
from edgekit.rendering.terminal.schemes_table import print_schemes
from edgekit.rendering.terminal.tables import make_console
from edgekit.runs.folder import RunFolder

NewRun = Callable[[], RunFolder]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    from support import keras_models

    return keras_models.digits()


def test_every_scheme_that_a_quantizer_has_is_compared_once() -> None:
    titles = [job.title for job in schemes([Precision.DYNAMIC, Precision.INT8, Precision.INT16X8])]
    assert len(set(titles)) == len(titles)
    assert {"tflite dynamic", "tflite ai-edge-per-tensor dynamic", "tflite mse int8"} < set(titles)
    assert {"tflite ai-edge-float-head int16x8", "tflite percentile int8"} < set(titles)
    assert not {"tflite float-head int16x8", "tflite mse int16x8", "tflite float-head dynamic"} & set(titles)


def test_a_run_is_compared_on_its_validation_images_and_stays_as_it_was(
    new_run: NewRun, digits: Dataset, edgekit_command: EdgekitCommand
) -> None:
    run = new_run()
    before = sorted(path.name for path in run.path.rglob("*"))
    result = edgekit_command(
        "compare-schemes", run.path, "--int8", "--calibration-images", "60", "--check-calibration", "--json"
    )
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["split"], document["num_images"]) == ("validation", len(digits.validation))
    rows = {(row["quantizer"], row["scheme"]): row for row in document["results"]}
    assert len(rows) == 2 * (len(CalibrationMethod) + 2), "each method, one scale a tensor, a head in float"
    for row in rows.values():
        assert row["problem"] is None
        assert row["agreement"] > 0.9
        assert 0 <= row["calibration_flips"] < 0.2 * document["num_images"]
    by_tensorflow, by_ai_edge = (rows[quantizer, ""] for quantizer in ("tensorflow", "ai-edge"))
    assert abs(by_tensorflow["accuracy"] - by_ai_edge["accuracy"]) < 0.02
    assert rows["tensorflow", "float-head"]["ties"] == 0
    assert "FULLY_CONNECTED" in rows["ai-edge", "float-head"]["float_operators"]
    assert sorted(path.name for path in run.path.rglob("*")) == before


def test_what_cannot_be_made_is_a_row_with_its_reason(digits: Dataset, new_run: NewRun) -> None:
    from support.keras_models import import_keras, plain_network

    source = load_source(new_run())
    network = plain_network(middle=import_keras().layers.ELU(name="soft"))
    precisions = [Precision.INT8, Precision.INT16X8]
    comparison = compare_schemes(replace(source, model=network), digits, precisions=precisions, calibration_images=20)
    problems = {(one.quantizer, one.precision): one.problem or "" for one in comparison.results}
    assert "no int16x8 form of ELU" in problems["tensorflow", "int16x8"]
    assert problems["tensorflow", "int8"] == problems["ai-edge", "int8"] == problems["ai-edge", "int16x8"] == ""
    assert any(one.float_operators == "ELU (soft)" for one in comparison.results)
    assert "ELU (soft)" in shown(comparison)


def test_the_test_split_is_said_to_be_no_choice(digits: Dataset, new_run: NewRun) -> None:
    few = replace(digits, test=digits.test)
    comparison = compare_schemes(
        load_source(new_run()), few, precisions=[Precision.DYNAMIC], calibration_images=20, split="test"
    )
    assert comparison.num_images == len(digits.test)
    assert "not to choose by" in shown(comparison)
    assert all(one.calibration_flips is None for one in comparison.results)


def test_wrong_usage_is_a_sentence(digits: Dataset, new_run: NewRun) -> None:
    with pytest.raises(UsageError, match=r"validation or test\. Received 'train'"):
        SchemesRequest(split="train")
    empty = Split(images=np.empty((0, 32, 32, 3), np.uint8), labels=np.empty(0, np.int64))
    with pytest.raises(UsageError, match="holds no validation images"):
        compare_schemes(load_source(new_run()), replace(digits, validation=empty))


def shown(comparison: SchemeComparison) -> str:
    import io

    text = io.StringIO()
    print_schemes(comparison, make_console(file=text))
    return " ".join(text.getvalue().split())
