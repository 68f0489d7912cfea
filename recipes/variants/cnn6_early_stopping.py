"""cnn6_early_stopping: cnn6 that ends when validation no longer gets better, and keeps its best epoch.

Network         that of cnn6; 1,345,066 parameters
Accuracy        83.54 % float32, 83.33 % int8 (n = 1 training, 10,000 test images); validation 83.58 % in the 17th
                epoch, that of the lowest loss, which it keeps
Training        1,266 s on one core of an AMD EPYC with AVX-512, tests beside it: it stopped itself after 22 epochs
Command         edgekit train cnn6_early_stopping --data cifar10

The patience is chosen here; the notebook's is not known.
"""

from dataclasses import replace

import keras

from edgekit.recipe import load_recipe

PATIENCE = 5  # epochs in which the validation loss did not fall


def callbacks() -> list[keras.callbacks.Callback]:
    """Stops, and goes back to the weights of the best epoch."""
    return [keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)]


RECIPE = replace(
    load_recipe("cnn6"),
    name="cnn6_early_stopping",
    summary="cnn6 that stops when the validation loss no longer falls",
    callbacks=callbacks,
)
