"""cnn3_relu: three convolutions with ReLU, where the first notebook began.

Network         3 convolutions (32, 64, 128 filters), each followed by pooling, Dense 128; 356,810 parameters
Accuracy        70.22 % of the test images after 40 epochs; validation 74.41 % after 11, then down to 70.46 %
                (its notebook: about 76 %)
Training        1,470 s for 40 epochs on one core of an AMD EPYC with AVX-512, another training beside it
Command         edgekit train cnn3_relu --data cifar10

Nothing against over-fitting: see how far apart its two curves end. Only the number of convolutions and the
activation are the notebook's; filters and dense units are chosen here.
"""

import keras

from edgekit.recipe import Recipe, TrainingSettings

SETTINGS = TrainingSettings(epochs=40, batch_size=128, validation_fraction=0.1)  # as cnn6

LEARNING_RATE = 0.001  # Adam's, all the time
FILTERS = (32, 64, 128)
DENSE_UNITS = 128


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> keras.Model:
    """Raw pixels (N, H, W, 3), 0 to 255 -> probabilities (N, num_classes)."""
    pixels = keras.Input(input_shape, name="pixels")
    features = keras.layers.Rescaling(1 / 255)(pixels)
    for filters in FILTERS:
        features = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(features)
        features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Dense(DENSE_UNITS, activation="relu")(keras.layers.Flatten()(features))
    scores = keras.layers.Dense(num_classes, activation="softmax", name="scores")(features)
    return keras.Model(pixels, scores, name="cnn3_relu")


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:  # noqa: ARG001 - the rate does not depend on it
    """Adam at a constant rate."""
    return keras.optimizers.Adam(LEARNING_RATE)


RECIPE = Recipe(
    name="cnn3_relu",
    summary="Three convolutions with ReLU and nothing against over-fitting",
    settings=SETTINGS,
    build=build,
    optimizer=optimizer,
)
