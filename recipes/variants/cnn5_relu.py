"""cnn5_relu: five convolutions with ReLU, batch normalization and dropout: one step before cnn6.

Network         5 convolutions (32, 32, 64, 64, 128 filters) in 3 blocks, Dense 512; 1,196,970 parameters
Accuracy        83.28 % of the test images after 40 epochs; validation 84.45 % after 38 (its notebook: 83.6 %)
Training        5,320 s for 40 epochs on one core of an AMD EPYC with AVX-512, another training beside it
Command         edgekit train cnn5_relu --data cifar10

Only the number of convolutions and the activation are the notebook's; the rest is chosen here, as in cnn6.
"""

from typing import Any

import keras

from edgekit.recipe import Recipe, TrainingSettings

SETTINGS = TrainingSettings(epochs=40, batch_size=128, validation_fraction=0.1)  # as cnn6

LEARNING_RATE = 0.001  # Adam's, all the time
BLOCKS = (((32, 32), 0.2), ((64, 64), 0.3), ((128,), 0.4))  # (filters, share of activations dropped after the block)
DENSE_UNITS = 512
DENSE_DROPOUT = 0.4


def activate(features: Any) -> Any:
    """ReLU, then batch normalization, as cnn6 has them; same shape."""
    return keras.layers.BatchNormalization()(keras.layers.ReLU()(features))


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> keras.Model:
    """Raw pixels (N, H, W, 3), 0 to 255 -> probabilities (N, num_classes)."""
    pixels = keras.Input(input_shape, name="pixels")
    features = keras.layers.Rescaling(1 / 255)(pixels)
    for block, dropout in BLOCKS:
        for filters in block:
            features = activate(keras.layers.Conv2D(filters, 3, padding="same")(features))
        features = keras.layers.Dropout(dropout)(keras.layers.MaxPooling2D(2)(features))
    features = activate(keras.layers.Dense(DENSE_UNITS)(keras.layers.Flatten()(features)))
    features = keras.layers.Dropout(DENSE_DROPOUT)(features)
    scores = keras.layers.Dense(num_classes, activation="softmax", name="scores")(features)
    return keras.Model(pixels, scores, name="cnn5_relu")


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:  # noqa: ARG001 - the rate does not depend on it
    """Adam at a constant rate."""
    return keras.optimizers.Adam(LEARNING_RATE)


RECIPE = Recipe(
    name="cnn5_relu",
    summary="Five convolutions with ReLU, batch normalization and dropout",
    settings=SETTINGS,
    build=build,
    optimizer=optimizer,
)
