"""cnn6: six plain convolutions and a wide dense layer, the kind of network that tutorials train on CIFAR-10.

Network         3 blocks of 2 convolutions (32, 64, 128 filters), Dense 512; 1,345,066 parameters
Accuracy        84.57 % float32, 84.73 % int8 (n = 1 training, 10,000 test images of the 40,000 / 10,000 fold)
Training        4,550 s for 40 epochs on 2 cores of an Intel Xeon that had other work; TensorFlow 2.21
Command         edgekit train cnn6 --data cifar10

Four fifths of its weights are in one dense layer, its activations are leaky, and its images are not
augmented: a network as people have it, and so a good one to try an export on.
"""

from typing import Any

import keras

from edgekit.recipe import Recipe, TrainingSettings

SETTINGS = TrainingSettings(
    epochs=40,
    batch_size=128,  # images a step
    validation_fraction=0.1,  # of the training images
)

LEARNING_RATE = 0.001  # Adam's, all the time
LEAK = 0.1  # slope of the activation below zero
BLOCKS = ((32, 0.2), (64, 0.3), (128, 0.4))  # (filters, share of activations dropped after the block)
DENSE_UNITS = 512
DENSE_DROPOUT = 0.4


# --- The network --------------------------------------------------------------------------------------


def activate(features: Any) -> Any:
    """LeakyReLU, then batch normalization; same shape."""
    return keras.layers.BatchNormalization()(keras.layers.LeakyReLU(negative_slope=LEAK)(features))


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> keras.Model:
    """Raw pixels (N, H, W, 3), 0 to 255 -> probabilities (N, num_classes)."""
    pixels = keras.Input(input_shape, name="pixels")
    features = keras.layers.Rescaling(1 / 255)(pixels)
    for filters, dropout in BLOCKS:
        for _ in range(2):
            features = activate(keras.layers.Conv2D(filters, 3, padding="same")(features))
        features = keras.layers.Dropout(dropout)(keras.layers.MaxPooling2D(2)(features))
    features = activate(keras.layers.Dense(DENSE_UNITS)(keras.layers.Flatten()(features)))
    features = keras.layers.Dropout(DENSE_DROPOUT)(features)
    scores = keras.layers.Dense(num_classes, activation="softmax", name="scores")(features)
    return keras.Model(pixels, scores, name="cnn6")


# --- The optimizer ------------------------------------------------------------------------------------


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:  # noqa: ARG001 - the rate does not depend on it
    """Adam at a constant rate."""
    return keras.optimizers.Adam(LEARNING_RATE)


RECIPE = Recipe(
    name="cnn6",
    summary="Six plain convolutions and a dense layer, as in many tutorials: 1.3 million parameters",
    settings=SETTINGS,
    build=build,
    optimizer=optimizer,
)
