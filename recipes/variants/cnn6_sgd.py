"""cnn6_sgd: cnn6 with SGD and momentum in place of Adam.

Network         that of cnn6; 1,345,066 parameters
Accuracy        84.60 % float32, 84.30 % int8 (n = 1 training, 10,000 test images); validation 84.70 % after 39 epochs
Training        2,546 s on one core of an AMD EPYC with AVX-512, another training beside it
Command         edgekit train cnn6_sgd --data cifar10

Rate and momentum are the usual ones; the notebook's are not known.
"""

from dataclasses import replace

import keras

from edgekit.recipe import load_recipe

LEARNING_RATE = 0.01  # all the time
MOMENTUM = 0.9


def optimizer(num_steps: int) -> keras.optimizers.Optimizer:  # noqa: ARG001 - the rate does not depend on it
    """SGD with momentum at a constant rate."""
    return keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM)


RECIPE = replace(
    load_recipe("cnn6"),
    name="cnn6_sgd",
    summary="cnn6 with SGD and momentum in place of Adam",
    optimizer=optimizer,
)
