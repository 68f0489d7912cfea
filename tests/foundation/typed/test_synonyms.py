"""What people call precisions, runtimes and methods leads to the names themselves."""

import pytest

from edgekit.artifact import Precision
from edgekit.exporting.formats import EXPORTERS
from edgekit.exporting.quantizers import QUANTIZERS
from edgekit.foundation.typed.synonyms import SYNONYMS, meant
from edgekit.quantization.scheme import CalibrationMethod
from edgekit.runtimes import RUNTIMES

NAMES = {
    "precision": set(Precision),
    "runtime": set(RUNTIMES),
    "format": set(EXPORTERS),
    "calibration method": set(CalibrationMethod),
    "quantizer": {*QUANTIZERS, "both"},
    "split": {"validation", "test"},
    "backend": {"tensorflow", "jax", "torch"},
}


@pytest.mark.parametrize("kind", SYNONYMS)
def test_every_synonym_leads_to_a_name_and_is_none_itself(kind: str) -> None:
    assert set(SYNONYMS[kind].values()) <= NAMES[kind]
    assert not SYNONYMS[kind].keys() & NAMES[kind]


@pytest.mark.parametrize(
    ("kind", "typed", "name"),
    [
        ("precision", "FP16", "float16"),
        ("precision", " fp32", "float32"),
        ("calibration method", "KL", "entropy"),
        ("runtime", "xnnpack", "litert-xnnpack"),
        ("runtime", "ort", "onnxruntime"),
        ("runtime", "litert_builtin", "litert-builtin"),
        ("precision", "int9", "int9"),
    ],
)
def test_case_and_underscores_do_not_matter(kind: str, typed: str, name: str) -> None:
    assert meant(kind, typed) == name
