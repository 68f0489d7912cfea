"""One kind of network: trained on digits, saved, exported in every precision, verified in every runtime."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit import export
from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.report import ExportReport
from edgekit.verification.job import verify_request
from edgekit.verification.request import VerifyRequest
from edgekit.verification.verdict.report import CandidateReport, VerificationReport
from support.matrix.blocks import keras
from support.matrix.executor import InThisProcess
from support.matrix.kinds import Kind
from support.matrix.networks import OWN_LAYER

CALIBRATION_IMAGES = 100
REFERENCE_KERNEL_IMAGES = 20
"""LiteRT's reference kernels take hundreds of times longer than the others."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one kind.

    Attributes:
        kind: Which.
        export: What was exported.
        verification: What its files do in every runtime.
    """

    kind: Kind
    export: ExportReport
    verification: VerificationReport

    @property
    def made(self) -> dict[str, str]:
        """The files: "tflite int8" -> "int8 except LayerNormalization x 3"."""
        return {
            f"{each.artifact.format} {each.artifact.precision}": each.precision_in_words for each in self.export.files
        }

    @property
    def missing(self) -> dict[str, str]:
        """What could not be made, "tflite int16x8" -> why."""
        left_out = {each.partition(":")[0]: each for each in self.export.skipped if ":" in each}
        return {each.title: each.reason for each in self.export.failed} | left_out

    def least_agreement(self, file: str) -> float | None:
        """Of "tflite int8" the smallest agreement in a runtime that ran all images, 0 to 1; None for no file."""
        format_name, precision = file.split()
        rows = [row for row in self.verification.candidates if (row.format, row.precision) == (format_name, precision)]
        return min((row.measurement.agreement for row in rows if row.measurement and is_whole(row)), default=None)


def is_whole(row: CandidateReport) -> bool:
    """Whether a row is of all test images: LiteRT's reference kernels run a few."""
    return row.measurement is not None and row.measurement.num_images > REFERENCE_KERNEL_IMAGES


def measured(kind: Kind, folder: Path) -> Outcome:
    """Train, save, export and verify a kind in `folder`."""
    own = folder / "own_layers.py"
    own.write_text(OWN_LAYER)
    path = folder / kind.file
    with custom_objects_of(own) if kind.own else nullcontext() as custom:
        _save(trained(kind, custom.objects if custom else None), path)
    exported = export(
        path,
        data=kind.data(),
        out=folder / "run",
        input_range="0..255",
        calibration_images=CALIBRATION_IMAGES,
        custom_objects=own if kind.own else None,
        **kind.options,
    )
    request = VerifyRequest(targets=[folder / "run"], data=kind.data(), reference_kernel_images=REFERENCE_KERNEL_IMAGES)
    return Outcome(kind=kind, export=exported, verification=verify_request(request, executor=InThisProcess()).report)


def trained(kind: Kind, objects: Any = None) -> Any:
    """The model of a kind, trained; `objects` are those of `networks.OWN_LAYER`, where the kind needs them."""
    keras().utils.set_random_seed(0)
    model = kind.build(objects) if kind.own else kind.build()
    network = kind.trained_as() if kind.trained_as else model
    dataset = kind.data()
    train = dataset.train
    pixels = train.images if dataset.image_shape[2] == 3 else train.images[..., 0]
    is_one_score = len(dataset.class_names) == 2
    labels = train.labels.astype(np.float32)[:, None] if is_one_score else train.labels
    network.compile("adam", _loss(network, is_one_score))
    network.optimizer.learning_rate = 3e-3
    network.fit(pixels.astype(np.float32), labels, batch_size=40, epochs=kind.epochs, verbose=0)
    if network is not model:
        model.set_weights(network.get_weights())
    return model


def _loss(network: Any, is_one_score: bool) -> Any:
    """Cross-entropy of probabilities, or of logits where the last layer has no activation."""
    name = "binary_crossentropy" if is_one_score else "sparse_categorical_crossentropy"
    activation = getattr(network.layers[-1], "activation", None)
    if getattr(activation, "__name__", "") != "linear":
        return name
    losses = keras().losses
    kind = losses.BinaryCrossentropy if is_one_score else losses.SparseCategoricalCrossentropy
    return kind(from_logits=True)


def _save(model: Any, path: Path) -> None:
    if path.suffix:
        model.save(path)
    else:
        model.export(path, verbose=False)
