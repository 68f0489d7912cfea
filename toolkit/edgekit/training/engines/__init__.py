"""Engines, which run the epochs of a phase. One module per engine.

    base.py             the protocol, and what loop engines share: epochs, pieces, parts of the validation split
    keras_fit.py        Keras' own `fit`, a batch at a time: any backend, any callback, any size of data
    tensorflow_loop.py  the data set lies on the device, a while loop in one tf.function goes over the batches
    jax_loop.py         the data set lies on the device, a loop in one jitted program goes over the batches
    choice.py           which one fits

All give the same history, up to the order in which numbers are added.
"""

from edgekit.training.engines.base import Engine, Lesson
from edgekit.training.engines.choice import choose_engine

__all__ = ["Engine", "Lesson", "choose_engine"]
