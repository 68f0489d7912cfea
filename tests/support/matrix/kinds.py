"""What the matrix is of: each kind of network, how it is saved, and what becomes of it. Loads no TensorFlow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from edgekit.datasets import Dataset
from support.matrix import images, networks

FILES = (
    *(f"tflite {precision}" for precision in ("float32", "float16", "dynamic", "int8", "int16x8")),
    *(f"onnx {precision}" for precision in ("float32", "float16", "dynamic", "int8")),
)
"""Every file that `export` makes by default."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of network.

    Attributes:
        name: What people call it.
        build: Makes the Keras model; with `own`, from the objects of `networks.OWN_LAYER`.
        file: How it is saved: "model.keras", "model.h5" or "saved_model", a folder.
        data: The images that it is for.
        options: Arguments of `export`.
        own: Whether it needs the file that defines its layers.
        trained_as: Makes the network that is trained in its place, with the same weights; None: itself.
        epochs: Of the training.
        in_float: What its int8 `.tflite` computes in float: "LayerNormalization x 3".
        missing: The files that cannot be made -> words of the reason.
    """

    name: str
    build: Callable[..., Any]
    file: str = "model.keras"
    data: Callable[[], Dataset] = images.color16
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    own: bool = False
    trained_as: Callable[[], Any] | None = None
    epochs: int = 6
    in_float: str = ""
    missing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


NO_INT16 = MappingProxyType({"tflite int16x8": "has no int16x8 form of"})
"""Networks for which TensorFlow's quantizer lacks operators of int16x8."""


def _activated(name: str, **options: Any) -> Kind:
    return Kind(name=name.upper() if name.endswith("lu") else name, build=networks.with_activation(name), **options)


KINDS = (
    Kind(name="softmax over the classes", build=networks.plain),
    Kind(name="logits", build=lambda: networks.plain(activation=None)),
    Kind(
        name="one score for two classes (sigmoid)",
        build=lambda: networks.plain(num_classes=1, activation="sigmoid"),
        data=images.pair16,
    ),
    Kind(
        name="one logit for two classes",
        build=lambda: networks.plain(num_classes=1, activation=None),
        data=images.pair16,
        options={"positive_class": images.PAIR[1]},
    ),
    Kind(
        name="two outputs, scores and features",
        build=networks.two_outputs,
        trained_as=lambda: networks.two_outputs(scores_alone=True),
    ),
    Kind(name="gray images without a channel axis, (28, 28)", build=networks.gray, data=images.gray28),
    Kind(name="a base model inside a model", build=networks.nested, epochs=10),
    Kind(name="augmentation layers", build=networks.augmented, epochs=12),
    Kind(
        name="Keras 2 `.h5`: base model, augmentation, `tf.nn.relu6`",
        build=networks.of_keras2,
        file="model.h5",
        epochs=10,
    ),
    Kind(name="Keras 3 `.h5`", build=networks.plain, file="model.h5"),
    Kind(name="SavedModel", build=networks.plain, file="saved_model"),
    Kind(name="a layer of your own", build=networks.own_layer, own=True, epochs=8),
    Kind(name="a subclassed model", build=networks.subclassed, own=True),
    Kind(name="a layer called twice", build=networks.called_twice),
    Kind(name="channels first", build=networks.channels_first, trained_as=networks.channels_last, epochs=10),
    Kind(
        name="names that TensorFlow takes for no scope",
        build=networks.odd_names,
        trained_as=lambda: networks.odd_names(are_odd=False),
    ),
    Kind(name="recurrent: an LSTM over the rows, unrolled", build=networks.recurrent, epochs=15),
    Kind(
        name="vision transformer (ViT)",
        build=networks.vision_transformer,
        epochs=12,
        in_float="LayerNormalization x 5, Add x 4, ADD, Conv2D",
        missing=NO_INT16,
    ),
    Kind(
        name="Swin: shifted windows, merged patches",
        build=networks.swin,
        epochs=12,
        in_float="LayerNormalization x 9, Add x 6, Conv2D",
        missing=NO_INT16,
    ),
    Kind(
        name="MLP-Mixer",
        build=networks.mlp_mixer,
        epochs=12,
        in_float="LayerNormalization x 5, Add x 4, ADD, Conv2D",
        missing=NO_INT16,
    ),
    Kind(
        name="ConvNeXt",
        build=networks.small_convnext,
        epochs=12,
        in_float="LayerNormalization x 6, Add x 2, Conv2D",
        missing=NO_INT16,
    ),
    Kind(
        name="GroupNormalization",
        build=lambda: networks.between(lambda x: networks.keras().layers.GroupNormalization(4)(x)),
        in_float="Conv2D, GroupNormalization",
        missing=NO_INT16,
    ),
    _activated("elu", in_float="elu", missing=NO_INT16),
    _activated(
        "softplus", in_float="softplus", missing={"tflite int16x8": "softplus would lose its meaning in 16 bits"}
    ),
    _activated("mish", in_float="mish"),
    _activated("celu"),
    _activated("selu", in_float="selu", missing=NO_INT16),
)
