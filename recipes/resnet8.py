"""resnet8: the residual network of MLPerf Tiny's image classification, for microcontrollers and up.

Network         3 stacks of 16, 32 and 64 filters, 78,426 parameters, 12.5 million multiply-adds at 32 x 32
Accuracy        86.87 % float32, 86.90 % int8 (n = 1 training, 10,000 test images of the 40,000 / 10,000 fold)
Training        3,657 s for 60 epochs on 2 cores of an Intel Xeon at 2.5 GHz that also ran tests; TensorFlow 2.21
Command         edgekit train resnet8 --data cifar10

The first epochs see random crops of 24 x 24 pixels, which cost half as much as the whole image; the
last ones see the whole image, shifted by up to 4 pixels. Everything else is plain: SGD with momentum,
one warm-up, one straight line down to zero.
"""

from typing import Any

import keras

from edgekit.recipe import Recipe, TrainingSettings

SETTINGS = TrainingSettings(
    epochs=60,
    batch_size=128,  # images a step
    validation_fraction=0.05,  # of the training images; enough to choose by, and the rest is trained on
    image_sizes=((0, 24), (46, 32)),  # (from this epoch on, side of the crops in pixels)
    padding=4,  # pixels; how far a whole image is shifted, at most
)

LEARNING_RATE = 0.1  # at its peak
WARM_UP = 0.1  # share of all steps in which the rate rises from 0 to its peak
MOMENTUM = 0.9  # Nesterov's
WEIGHT_DECAY = 5e-4  # a step, times the learning rate; kernels only
BATCH_NORM_MOMENTUM = 0.9  # Keras' 0.99 averages over so many steps that validation lags behind training

PIXEL_MEAN = 120.0  # of CIFAR-10's training images, all channels together, 0 to 255
PIXEL_DEVIATION = 58.0


# --- The network --------------------------------------------------------------------------------------


def convolution(images: Any, filters: int, *, size: int = 3, stride: int = 1, bias: bool = False) -> Any:
    """(N, H, W, C) -> (N, H / stride, W / stride, filters)."""
    layer = keras.layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=bias, kernel_initializer="he_normal"
    )
    return layer(images)


def normalize(images: Any) -> Any:
    """Batch normalization; same shape."""
    return keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM)(images)


def residual_block(images: Any, filters: int, stride: int) -> Any:
    """Two convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""
    inner = keras.layers.ReLU()(normalize(convolution(images, filters, stride=stride)))
    inner = normalize(convolution(inner, filters))
    shortcut = images if stride == 1 else convolution(images, filters, size=1, stride=stride, bias=True)
    return keras.layers.ReLU()(keras.layers.Add()([shortcut, inner]))


def build(input_shape: tuple[int | None, int | None, int], num_classes: int) -> keras.Model:
    """Raw pixels (N, H, W, 3), 0 to 255 -> probabilities (N, num_classes)."""
    pixels = keras.Input(input_shape, name="pixels")
    images = keras.layers.Rescaling(1 / PIXEL_DEVIATION, offset=-PIXEL_MEAN / PIXEL_DEVIATION)(pixels)
    images = keras.layers.ReLU()(normalize(convolution(images, 16)))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        images = residual_block(images, filters, stride)
    features = keras.layers.GlobalAveragePooling2D()(images)
    scores = keras.layers.Dense(num_classes, activation="softmax", name="scores")(features)
    return keras.Model(pixels, scores, name="resnet8")


# --- The optimizer ------------------------------------------------------------------------------------


class WarmUpThenDown(keras.optimizers.schedules.LearningRateSchedule):
    """A straight line from 0 up to `peak`, then a straight line down to 0 at the last step."""

    def __init__(self, peak: float, num_steps: int, warm_up: float) -> None:
        super().__init__()
        self.peak, self.num_steps, self.warm_up = peak, num_steps, warm_up

    def __call__(self, step: Any) -> Any:
        """The learning rate of step 0, 1, 2 and so on."""
        step = keras.ops.cast(step, "float32")
        num_rising = max(1.0, self.warm_up * self.num_steps)
        rising = (step + 1) / num_rising
        falling = (self.num_steps - step) / max(1.0, self.num_steps - num_rising)
        return self.peak * keras.ops.maximum(0.0, keras.ops.minimum(keras.ops.minimum(rising, falling), 1.0))


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:
    """SGD for `num_steps` steps in all."""
    sgd = keras.optimizers.SGD(
        WarmUpThenDown(LEARNING_RATE, num_steps, WARM_UP),
        momentum=MOMENTUM,
        nesterov=True,
        weight_decay=WEIGHT_DECAY,
    )
    sgd.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return sgd


# --- Augmentation: random crops by the settings above, and mirroring -------------------------------------


def augmentation() -> keras.Layer:
    """Every second image is mirrored, left to right."""
    return keras.layers.RandomFlip("horizontal")


RECIPE = Recipe(
    name="resnet8",
    summary="The residual network of MLPerf Tiny: 3 stacks, 78 thousand parameters",
    settings=SETTINGS,
    build=build,
    optimizer=optimizer,
    augmentation=augmentation,
)
