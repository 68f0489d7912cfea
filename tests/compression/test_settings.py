import pytest

from edgekit.compression import CompressionSettings
from edgekit.foundation.errors import UsageError


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "Choose a method: --prune"),
        ({"sparsity": 0.0}, "between 0 and 1, both excluded. Received 0"),
        ({"sparsity": 1.0}, "Received 1"),
        ({"sparsity": 50.0}, "Received 50; for half of them: --prune 0.5"),
        ({"sparsity": float("nan")}, "Received nan"),
        ({"num_clusters": 1}, "2 to 256. Received 1"),
        ({"num_clusters": 257}, "2 to 256. Received 257"),
        ({"num_clusters": 2, "sparsity": 0.5}, "3 to 256 with --prune, where one of them is zero. Received 2"),
        ({"qat": True, "epochs": 0}, "at least 1. Received 0"),
        ({"qat": True, "learning_rate": 0.0}, "between 0 and 1. Received 0"),
        ({"qat": True, "seed": -1}, "Received -1"),
    ],
)
def test_a_wrong_choice_is_a_sentence(choices, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        CompressionSettings(**choices)


def test_the_steps_have_one_order_and_the_label_tells_them():
    settings = CompressionSettings(qat=True, num_clusters=16, sparsity=0.625)
    assert settings.methods == ("prune", "cluster", "qat")
    assert settings.label == "prune62.5-cluster16-qat"
    assert settings.to_dict()["learning_rates"] == {"prune": 1e-3, "cluster": 1e-4, "qat": 1e-4}
    assert CompressionSettings(qat=True, learning_rate=0.01).learning_rate_of("qat") == 0.01
