import numpy as np
from support.files.onnx_graphs import computed, model_of, operators

from edgekit.exporting.onnx.rewrites.channels_first_input import take_channels_first


def test_the_input_is_turned_and_turned_back_for_all_who_read_it() -> None:
    model = model_of("g (float[N,2,3,4] pixels) => (float[N,2,3,4] y) {a = Relu(pixels) y = Sub(a, pixels)}")
    take_channels_first(model.graph)
    assert [str(size) for size in model.graph.inputs[0].shape] == ["N", "4", "2", "3"]
    assert operators(model) == ["Transpose", "Relu", "Sub"]
    pixels = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4) - 5
    given = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    assert computed(model, given, "pixels").tolist() == (np.maximum(pixels, 0) - pixels).tolist()
