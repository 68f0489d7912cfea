"""What a report says of its layers."""

from support.reports.layer_reports import report_of


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
