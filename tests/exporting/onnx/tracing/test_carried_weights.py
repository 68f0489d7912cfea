import numpy as np
import pytest

from edgekit.exporting.onnx.tracing.carried_weights import MIN_BYTES, CarriedWeights, is_token


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64"])
def test_a_weight_comes_back_as_it_was(dtype: str) -> None:
    weights = CarriedWeights()
    numbers = np.arange(MIN_BYTES).reshape(2, 4, -1).astype(dtype).transpose(2, 0, 1)
    proto = weights.proto(numbers, "kernel")
    assert (proto.name, list(proto.dims), len(proto.raw_data)) == ("kernel", list(numbers.shape), 61)
    assert is_token(proto.raw_data)
    back = weights.array_of(proto)
    assert back.dtype == numbers.dtype
    assert np.array_equal(back, numbers)


def test_equal_numbers_have_equal_tokens_and_others_have_not() -> None:
    weights = CarriedWeights()
    ones = np.ones(MIN_BYTES, np.float32)
    assert weights.token(ones) == weights.token(ones.copy())
    assert weights.token(ones) != weights.token(-ones)


def test_a_small_constant_travels_as_it_is() -> None:
    proto = CarriedWeights().proto(np.array([1, 2], np.int64))
    assert np.frombuffer(proto.raw_data, np.int64).tolist() == [1, 2]
    assert CarriedWeights().array_of(proto).tolist() == [1, 2]


def test_nobody_may_write_into_a_weight() -> None:
    weights = CarriedWeights()
    back = weights.array_of(weights.proto(np.zeros(MIN_BYTES, np.float32)))
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 1
