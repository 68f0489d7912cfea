"""From a run to a smaller one: pruned, clustered, or trained for int8, by tensorflow-model-optimization.

    settings.py      what is done, and in which order
    translators.py   what each layer of Keras 3 is in Keras 2: one line per layer
    bridge.py        a network across, its weights back, equality proven both ways
    steps.py         pruning, clustering
    quantizing.py    quantization-aware training
    initial_ranges.py the ranges that it starts from
    data.py          training batches for Keras 2
    learner.py       the steps, one after the other, in memory
    measurement.py   zeros, distinct values, zipped size
    session.py       `compress`: the whole of it

Knows no exporter's format: what training has learned for int8 goes into the run as data, and every exporter
takes it from there.
"""

from edgekit.compression.session import CompressRequest, compress, compress_request
from edgekit.compression.settings import CompressionSettings

__all__ = ["CompressRequest", "CompressionSettings", "compress", "compress_request"]
