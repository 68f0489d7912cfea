"""What a report says of its layers."""

from dataclasses import replace
from math import log10

from support.reports.layer_reports import report_of

from edgekit.layer_drift.report import LayerDrift


def test_two_layers_never_have_one_short_name() -> None:
    names = ("net/re_lu_1/Relu/Concat", "net/re_lu_2/Relu/Concat", "net/conv/Relu", "net/bn/batchnorm/add", "scores")
    assert list(report_of(*names).short_names.values()) == [
        "re_lu_1/Relu/Concat",
        "re_lu_2/Relu/Concat",
        "conv/Relu",
        "bn/batchnorm",
        "scores",
    ]


def test_a_name_that_is_the_end_of_another_stays_apart() -> None:
    assert list(report_of("conv/Relu", "block/conv/Relu").short_names.values()) == ["conv/Relu", "block/conv/Relu"]


def test_the_advice_names_the_layer_as_the_table_does() -> None:
    assert report_of("net/a/Relu/Concat", "net/b/Relu/Concat").advice.startswith("'a/Relu/Concat' (CONV_2D) adds most")


def test_a_few_layers_of_another_model_are_not_blamed() -> None:
    advice = report_of("net/conv/Relu", unmatched=("net/a", "net/b")).advice
    assert advice.startswith("Of 3 layers only 1 can be found in a-float32.tflite")
    assert "--reference" in advice
    assert "adds most" in report_of("net/conv/Relu", unmatched=("net/a",)).advice


def with_noise(own: float, total: float, name: str, depth: int) -> LayerDrift:
    [layer] = report_of(f"net/{name}/Relu").layers
    return replace(
        layer, depth=depth, own_noise=own, sqnr_db=None if total == 0 else -10 * log10(total), keras_layers=(name,)
    )


def test_a_deep_network_says_how_noise_adds_up() -> None:
    """12 layers; noise doubles with each quarter: after 3, 6, 9 and 12 of them."""
    totals = [0.001, 0.005, 0.01, 0.012, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08]
    layers = tuple(with_noise(0.002 + 0.0001 * n, total, f"conv{n}", n) for n, total in enumerate(totals))
    report = replace(report_of(), layers=layers)
    assert report.accumulation == (
        "Noise adds up: 1 % of the signal after a quarter of the 12 layers, 2 % after half, 4 % after three quarters, "
        "8 % at the end; no single layer adds more than 0.31 %."
    )
    assert report.layers_to_keep == (), "where none stands out, leaving a few in float helps little"
    assert replace(report, layers=layers[:11]).accumulation is None


def test_the_layers_that_stand_out_are_to_stay_in_float_the_worst_first() -> None:
    owns = {"stem": 0.001, "block": 0.3, "head": 0.08, "pool": 0.02}
    layers = tuple(with_noise(own, own, name, n) for n, (name, own) in enumerate(owns.items()))
    report = replace(report_of(), layers=layers)
    assert report.layers_to_keep == ("block", "head"), "a fifth of the worst counts"
    assert list(report.short_names.values()) == ["stem", "block", "head", "pool"]
    command = "edgekit export net --int8 --format tflite --float-layers block,head"
    assert replace(report, float_command=command).advice.endswith(f"To keep it in float: {command}")


def test_two_tensors_of_one_keras_layer_are_told_apart() -> None:
    report = report_of("net_1/rescaling_1/mul", "net_1/rescaling_1/add")
    named = tuple(replace(layer, keras_layers=("rescaling",)) for layer in report.layers)
    assert list(replace(report, layers=named).short_names.values()) == ["rescaling_1/mul", "rescaling_1/add"]
    other = (replace(named[0], operator="MUL"), replace(named[1], operator="ADD"))
    assert list(replace(report, layers=other).short_names.values()) == ["rescaling MUL", "rescaling ADD"]


def test_a_tensor_that_becomes_infinite_is_the_finding() -> None:
    report = report_of("net/a/Relu", "net/b/Relu")
    infinite = replace(report.layers[1], infinite=0.25, own_noise=1.0, scale=None)
    advice = replace(report, layers=(report.layers[0], infinite)).advice
    assert advice.startswith("'b/Relu' (CONV_2D) becomes infinite or NaN in 25 % of its values, where the float layer")
    assert "--int8" in advice
    broken = replace(report.layers[0], is_reference_infinite=True)
    assert replace(report, layers=(broken, infinite)).advice.startswith(
        "The float model itself gives infinite values or NaN in 'a/Relu'"
    )


def test_an_input_that_cannot_hold_what_it_is_fed_goes_before_every_layer() -> None:
    advice = replace(report_of("net/a/Relu"), input_fault="Its input holds 0 to 1.").advice
    assert advice == "Its input holds 0 to 1. What the layers lose follows from that."
