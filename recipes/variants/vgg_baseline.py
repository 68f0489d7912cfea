"""vgg_baseline: a VGG of three blocks with nothing against over-fitting, where the second notebook began.

Network         3 blocks of 2 convolutions (32, 64, 128 filters), Dense 128; 550,570 parameters
Accuracy        74.07 % of the test images after 20 epochs; validation 73.84 % after 18 (its notebook: 74 %)
Training        2,481 s for 20 epochs on one core of an AMD EPYC with AVX-512, another training beside it
Command         edgekit train vgg_baseline --data cifar10

vgg_augmented without batch normalization, dropout, augmentation, weight decay and its fourth block. Only the
notebook's accuracy is known; the network is chosen here.
"""

import keras

from edgekit.recipe import Recipe, TrainingSettings

SETTINGS = TrainingSettings(epochs=20, batch_size=64, validation_fraction=0.2)

LEARNING_RATE = 0.001  # Adam's, all the time
FILTERS = (32, 64, 128)  # of both convolutions of a block
DENSE_UNITS = 128


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> keras.Model:
    """Raw pixels (N, H, W, 3), 0 to 255 -> probabilities (N, num_classes)."""
    pixels = keras.Input(input_shape, name="pixels")
    features = keras.layers.Rescaling(1 / 255)(pixels)
    for filters in FILTERS:
        for _ in range(2):
            features = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(features)
        features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Dense(DENSE_UNITS, activation="relu")(keras.layers.Flatten()(features))
    scores = keras.layers.Dense(num_classes, activation="softmax", name="scores")(features)
    return keras.Model(pixels, scores, name="vgg_baseline")


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:  # noqa: ARG001 - the rate does not depend on it
    """Adam at a constant rate."""
    return keras.optimizers.Adam(LEARNING_RATE)


RECIPE = Recipe(
    name="vgg_baseline",
    summary="Six convolutions in three blocks, with nothing against over-fitting",
    settings=SETTINGS,
    build=build,
    optimizer=optimizer,
)
