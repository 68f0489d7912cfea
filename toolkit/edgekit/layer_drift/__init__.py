"""Which layer of a quantized file causes drift: every intermediate tensor beside the float model's."""

from edgekit.layer_drift.job import DriftRequest, diagnose_request
from edgekit.layer_drift.measure import measure_layers
from edgekit.layer_drift.report import LayerDrift, LayerDriftReport

__all__ = ["DriftRequest", "LayerDrift", "LayerDriftReport", "diagnose_request", "measure_layers"]
