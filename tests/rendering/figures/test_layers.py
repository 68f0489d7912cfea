from edgekit.layer_drift.report import LayerDrift, LayerDriftReport
from edgekit.rendering.figures import layer_drift


def drift(depth: int, noise: float) -> LayerDrift:
    return LayerDrift(
        name=f"net/conv_{depth}/out",
        operator="Conv",
        depth=depth,
        shape=(2, 2, 4),
        scale=0.1,
        own_noise=noise,
        storing_noise=0.001,
        own_sqnr_db=20.0,
        sqnr_db=20.0,
        cosine=0.99,
        rmse_in_steps=0.3,
        saturated=0.0,
    )


def test_the_scale_of_the_noise_is_in_percent_and_no_formula(texts_of):
    report = LayerDriftReport(
        candidate="model-int8.onnx",
        reference="model-float32.onnx",
        num_images=64,
        split="train",
        seed=0,
        layers=(drift(0, 1e-4), drift(1, 0.02)),
        unmatched=(),
    )
    texts = texts_of(layer_drift(report))
    assert {"0.01 %", "1 %", "10 %"} <= texts
    assert not [text for text in texts if "$" in text]
