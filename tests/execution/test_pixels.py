import numpy as np
import pytest

from edgekit.artifact import TensorSpec
from edgekit.execution.pixels import decode_scores, encoder_for
from edgekit.foundation.errors import ArtifactError
from edgekit.input_range import InputEncoding

PIXELS = np.array([0, 1, 127, 128, 254, 255], np.uint8).reshape(1, 1, 2, 3)


def spec(dtype: str, scale: float | None = None, zero_point: int | None = None, shape=(1, None, None, 3)) -> TensorSpec:
    return TensorSpec(name="t", shape=shape, dtype=dtype, scale=scale, zero_point=zero_point)


def encoded(tensor: TensorSpec) -> list[float]:
    result = encoder_for(tensor, PIXELS.shape[1:])(PIXELS)
    assert result.dtype == tensor.dtype
    return result.reshape(-1).tolist()


def test_uint8_of_scale_1_goes_straight_in_without_a_copy() -> None:
    assert encoder_for(spec("uint8", 1.0, 0), (1, 2, 3))(PIXELS) is PIXELS
    assert encoder_for(spec("uint8"), (1, 2, 3))(PIXELS) is PIXELS


def test_float_input_is_a_cast() -> None:
    assert encoded(spec("float32")) == [0, 1, 127, 128, 254, 255]


def test_int8_uses_the_zero_point_of_the_file() -> None:
    assert encoded(spec("int8", 1.0, -128)) == [-128, -127, -1, 0, 126, 127]


def test_scale_and_zero_point_come_from_the_file_and_saturate() -> None:
    assert encoded(spec("int8", 2.0, -100)) == [-100, -100, -36, -36, 27, 28]
    assert encoded(spec("uint8", 0.5, 0)) == [0, 2, 254, 255, 255, 255]


def test_int16_input() -> None:
    assert encoded(spec("int16", 0.5, 0)) == [0, 2, 254, 256, 508, 510]


def test_channels_first() -> None:
    image = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(1, 2, 4, 3)
    result = encoder_for(spec("float32", shape=(None, 3, 2, 4)), (2, 4, 3))(image)
    assert result.shape == (1, 3, 2, 4)
    assert result.flags.c_contiguous
    assert np.array_equal(result[0, 1], image[0, :, :, 1])


@pytest.mark.parametrize("shape", [(1, 3, 3, 3), (1, 28, 28, 1), (1, 784), (), (1, 3, 2, 2)])
def test_images_of_another_shape_are_refused_with_both_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArtifactError, match="1 x 2 x 3"):
        encoder_for(spec("float32", shape=shape), (1, 2, 3))


@pytest.mark.parametrize(
    ("dtype", "said"),
    [("int8", "without scale and zero point"), ("bool", "holds bool"), ("string", "holds string"), ("bytes", "bytes")],
)
def test_an_input_without_meaning_is_refused(dtype: str, said: str) -> None:
    with pytest.raises(ArtifactError, match=said):
        encoder_for(spec(dtype), (1, 2, 3))


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64", "uint16"])
def test_an_integer_that_holds_every_pixel_takes_it_as_it_is(dtype: str) -> None:
    assert encoded(spec(dtype)) == [0, 1, 127, 128, 254, 255]


@pytest.mark.parametrize(
    ("scale", "zero_point"), [(float("nan"), 0), (float("inf"), 0), (-1.0, 0), (1.0, 100_000), (1.0, -129)]
)
def test_a_quantization_that_means_nothing_is_refused(scale: float, zero_point: int) -> None:
    with pytest.raises(ArtifactError, match="mean nothing for int8"):
        encoder_for(spec("int8", scale, zero_point), (1, 2, 3))
    with pytest.raises(ArtifactError, match="mean nothing for int8"):
        decode_scores(np.zeros((1, 2), np.int8), spec("int8", scale, zero_point))


def test_scores_are_dequantized_by_the_formula() -> None:
    scores = decode_scores(np.array([[-128, 0, 127]], np.int8), spec("int8", 1 / 256, -128))
    assert scores.dtype == np.float32
    assert scores.tolist() == [[0.0, 0.5, 255 / 256]]


def test_uint8_scores_do_not_wrap_around() -> None:
    assert decode_scores(np.array([[0, 255]], np.uint8), spec("uint8", 0.5, 10)).tolist() == [[-5.0, 122.5]]


def test_decoded_scores_never_share_memory_with_the_output() -> None:
    output = np.ones((2, 3), np.float32)
    assert not np.shares_memory(decode_scores(output, spec("float32")), output)


def test_nan_stays_nan() -> None:
    assert np.isnan(decode_scores(np.full((1, 2), np.nan, np.float32), spec("float32"))).all()


def test_scores_with_spare_dimensions_become_rows() -> None:
    assert decode_scores(np.zeros((2, 1, 1, 5), np.float32), spec("float32")).shape == (2, 5)


@pytest.mark.parametrize("shape", [(5,), (2, 7, 5)])
def test_an_output_that_is_not_a_row_an_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArtifactError, match="one row of scores per image"):
        decode_scores(np.zeros(shape, np.float32), spec("float32"))


def test_an_integer_output_without_scale_is_refused() -> None:
    with pytest.raises(ArtifactError, match="without scale"):
        decode_scores(np.zeros((1, 2), np.int8), spec("int8"))


COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8).reshape(1, 2, 2, 3)
GRAY = np.array([76, 150, 29, 9], np.uint8).reshape(1, 2, 2, 1)
"""`COLORS` by the luma weights of ITU-R BT.601, calculated by hand."""


@pytest.mark.parametrize("shape", [(1, 2, 2, 1), (1, 1, 2, 2), (1, 2, 2), (None, None, None, 1)])
def test_gray_images_go_into_gray_inputs_of_every_layout(shape: tuple[int | None, ...]) -> None:
    result = encoder_for(spec("float32", shape=shape), GRAY.shape[1:])(GRAY)
    assert len(result.shape) == len(shape)
    assert all(wanted in (None, size) for wanted, size in zip(shape, result.shape, strict=True))
    assert result.reshape(-1).tolist() == [76, 150, 29, 9]


@pytest.mark.parametrize("shape", [(1, 2, 2, 1), (1, 1, 2, 2), (1, 2, 2)])
def test_color_images_become_gray_for_a_gray_input(shape: tuple[int, ...]) -> None:
    result = encoder_for(spec("uint8", shape=shape), COLORS.shape[1:])(COLORS)
    assert result.shape == shape
    assert result.reshape(-1).tolist() == [76, 150, 29, 9]


def test_gray_images_are_repeated_for_a_color_input() -> None:
    result = encoder_for(spec("uint8"), GRAY.shape[1:])(GRAY)
    assert result.shape == (1, 2, 2, 3)
    assert (result == GRAY).all()


def test_a_quantized_gray_input() -> None:
    tensor = spec("int8", 1.0, -128, shape=(1, 2, 2))
    assert encoder_for(tensor, GRAY.shape[1:])(GRAY).reshape(-1).tolist() == [-52, 22, -99, -119]


def test_three_means_do_not_fit_a_gray_input() -> None:
    encoding = InputEncoding.parse("mean=0.4/0.5/0.6,std=1")
    with pytest.raises(ArtifactError, match="one mean and one deviation"):
        encoder_for(spec("float32", shape=(1, 2, 2, 1)), GRAY.shape[1:], encoding)


def test_the_order_of_channels_changes_no_gray_image() -> None:
    encoding = InputEncoding.parse("0..1", "bgr")
    result = encoder_for(spec("float32", shape=(1, 2, 2, 1)), COLORS.shape[1:], encoding)(COLORS)
    assert np.allclose(result.reshape(-1) * 255, [76, 150, 29, 9])
