"""The steps of a compression, in order. Checked when created; trains nothing."""

from dataclasses import dataclass
from typing import Any

from edgekit.foundation.errors import UsageError

MAX_CLUSTERS = 256
"""More distinct values than an int8 weight has would save nothing."""

LEARNING_RATES = {"prune": 1e-3, "cluster": 1e-4, "qat": 1e-4}
"""Adam's, at the start of each step; it falls in a straight line to zero."""

EPOCHS = 5


@dataclass(frozen=True, kw_only=True)
class CompressionSettings:
    """What the user chose.

    Attributes:
        qat: Train for int8: the ranges of activations are learned, the weights get used to 255 steps.
        sparsity: Share of the weights of convolutions and dense layers that become zero, in (0, 1); None: no pruning.
        num_clusters: How many distinct weights per layer keeps, at least 2, with `sparsity` at least 3 (one of them
            is zero); None: no clustering.
        epochs: Passes over the training images of each step, at least 1.
        learning_rate: Adam's at the start of each step; None: LEARNING_RATES.
        batch_size: Images per step of the optimizer, at least 1.
        seed: Of the order of the images, the crops, the dropout.
    """

    qat: bool = False
    sparsity: float | None = None
    num_clusters: int | None = None
    epochs: int = EPOCHS
    learning_rate: float | None = None
    batch_size: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.methods:
            raise UsageError("Choose a method: --prune SPARSITY, --cluster N, --qat, or several of them.")
        if self.sparsity is not None and not 0 < self.sparsity < 1:
            raise UsageError(
                f"--prune is the share of weights that become zero, between 0 and 1, both excluded. "
                f"Received {self.sparsity:g}; for half of them: --prune 0.5."
            )
        self._check_clusters()
        if self.epochs < 1 or self.batch_size < 1:
            raise UsageError(f"Epochs and batch size must be at least 1. Received {self.epochs} and {self.batch_size}.")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1:
            raise UsageError(f"The learning rate must lie between 0 and 1. Received {self.learning_rate:g}.")
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"The seed must lie between 0 and {2**32 - 1}. Received {self.seed}.")

    def _check_clusters(self) -> None:
        if self.num_clusters is None:
            return
        least = 2 if self.sparsity is None else 3
        if not least <= self.num_clusters <= MAX_CLUSTERS:
            why = " with --prune, where one of them is zero" if least == 3 else ""
            raise UsageError(
                f"--cluster is the number of distinct weights per layer, {least} to {MAX_CLUSTERS}{why}. "
                f"Received {self.num_clusters}."
            )

    @property
    def methods(self) -> tuple[str, ...]:
        """The steps, in their order: "prune", "cluster", "qat"; each keeps what the ones before it have made."""
        chosen = {"prune": self.sparsity is not None, "cluster": self.num_clusters is not None, "qat": self.qat}
        return tuple(name for name, is_chosen in chosen.items() if is_chosen)

    @property
    def label(self) -> str:
        """For the name of the run: "prune50-cluster16-qat"."""
        words = {
            "prune": f"prune{(self.sparsity or 0) * 100:g}",
            "cluster": f"cluster{self.num_clusters}",
            "qat": "qat",
        }
        return "-".join(words[name] for name in self.methods)

    def learning_rate_of(self, method: str) -> float:
        """Where the learning rate of a step starts."""
        return self.learning_rate or LEARNING_RATES[method]

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {
            "methods": list(self.methods),
            "sparsity": self.sparsity,
            "num_clusters": self.num_clusters,
            "epochs_a_step": self.epochs,
            "learning_rates": {name: self.learning_rate_of(name) for name in self.methods},
            "batch_size": self.batch_size,
            "seed": self.seed,
        }
