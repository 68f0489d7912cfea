"""Reports on layers that were not measured."""

from edgekit.layer_drift.report import LayerDrift, LayerDriftReport


def report_of(*names: str, unmatched: tuple[str, ...] = ()) -> LayerDriftReport:
    """Layers of these names, all as bad."""
    layers = tuple(
        LayerDrift(
            name=name,
            operator="CONV_2D",
            depth=depth,
            shape=(4, 4, 8),
            scale=0.1,
            own_noise=0.5,
            storing_noise=0.001,
            own_sqnr_db=3.0,
            sqnr_db=3.0,
            cosine=0.9,
            rmse_in_steps=9.0,
            saturated=0.0,
        )
        for depth, name in enumerate(names)
    )
    return LayerDriftReport(
        candidate="a-int8.tflite",
        reference="a-float32.tflite",
        num_images=8,
        split="train",
        seed=0,
        layers=layers,
        unmatched=unmatched,
    )
