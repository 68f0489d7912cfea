import pytest

from edgekit.foundation.errors import UsageError
from edgekit.input_range import RAW, InputEncoding, InputRange


def test_a_range_is_a_factor_and_a_summand() -> None:
    assert RAW.is_raw
    unit = InputRange.parse("-1..1")
    assert unit.scale == pytest.approx((2 / 255,) * 3)
    assert unit.offset == (-1.0, -1.0, -1.0)


@pytest.mark.parametrize(
    ("text", "is_raw"),
    [
        ("0..255", True),
        ("mean=0,std=1", False),  # for 0 to 1
        ("0..1", False),  # another factor, the same summand
        ("5..260", False),  # the same factor, another summand
        ("0..510", False),
        ("mean=100,std=1", False),
        ("mean=0/0/100,std=1", False),
        ("mean=100,std=100", False),
    ],
)
def test_raw_are_pixels_with_the_factor_one_and_the_summand_zero(text: str, is_raw: bool) -> None:
    assert InputRange.parse(text).is_raw is is_raw


def test_small_means_and_deviations_are_for_0_to_1_and_large_ones_for_0_to_255() -> None:
    small = InputRange.parse("mean=0.5, std=0.25")
    large = InputRange.parse("mean=127.5,std=63.75")
    assert small.scale == pytest.approx(large.scale)
    assert small.offset == pytest.approx(large.offset) == (-2.0, -2.0, -2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not understood"),
        ("0.1", "is not understood"),
        ("nan..1", "is not understood"),
        ("1..0", "must rise"),
        ("1..1", "must rise"),
        ("0..1e400", "must rise, and be finite"),
        ("-1e308..1e308", "must rise, and be finite"),
        ("mean=0,std=0", "not above zero"),
        ("mean=0,std=-1", "not above zero"),
        ("mean=nan,std=1", "one finite number or three"),
        ("mean=0,std=inf", "one finite number or three"),
        ("mean=1/2,std=1", "one finite number or three"),
        ("mean=1/2/3/4,std=1", "one finite number or three"),
        ("mean=1/x/3,std=1", "one finite number or three"),
        ("mean=,std=1", "one finite number or three|not understood"),
    ],
)
def test_what_is_no_range_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        InputRange.parse(text)


def test_each_channel_has_its_own_mean_and_deviation() -> None:
    found = InputRange.parse("mean=100/110/120,std=20/25/50")
    assert found.scale == pytest.approx((0.05, 0.04, 0.02))
    assert found.offset == pytest.approx((-5.0, -4.4, -2.4))
    assert InputRange.parse("mean=0.5,std=0.25").scale == pytest.approx((4 / 255,) * 3)
    assert InputRange.parse("mean=0,std=10").scale == pytest.approx((1 / 2550,) * 3)  # at most 10: for 0 to 1
    assert InputRange.parse("mean=0,std=10.5").scale == pytest.approx((1 / 10.5,) * 3)
    assert InputRange.parse("mean=-11,std=1").scale == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "as_bytes"),
    [("bytes", True), (" bytes ", True), ("0..255", False), ("0..1", False), ("-1..1", False)],
)
def test_bytes_are_an_encoding_of_their_own(text: str, as_bytes: bool) -> None:
    found = InputEncoding.parse(text)
    assert found.as_bytes is as_bytes
    assert found.range_text == text.strip()
    assert found.to_dict() == {"input_range": text.strip(), "channel_order": "rgb"}


def test_an_encoding_is_a_value() -> None:
    assert InputEncoding() == InputEncoding.parse("0..255")
    assert InputEncoding().as_bytes is False
    assert InputEncoding.parse("0..1", "bgr") == InputEncoding(
        input_range=InputRange.parse("0..1"), channel_order="bgr"
    )
    assert InputEncoding.parse("bytes", "bgr").channel_order == "bgr"
    with pytest.raises(UsageError, match=r"rgb or bgr\. Received 'gbr'"):
        InputEncoding.parse("0..1", "gbr")
    with pytest.raises(UsageError, match="is not understood"):
        InputEncoding.parse("byte")
    with pytest.raises(UsageError, match="is not understood"):
        InputEncoding.parse("words")
    assert {RAW, InputRange.parse("0..255")} == {RAW}
    assert len({InputEncoding(), InputEncoding(as_bytes=True)}) == 2


@pytest.mark.parametrize(
    ("text", "is_uniform"),
    [
        ("0..1", True),
        ("mean=0.5,std=0.25", True),
        ("mean=100/100/100,std=20/20/20", True),
        ("mean=100/110/110,std=20", False),
        ("mean=0,std=20/20/25", False),
        ("mean=1/2/3,std=2/3/4", False),
        ("mean=20/20/40,std=20/20/40", False),  # the same summand, other factors
    ],
)
def test_uniform_is_what_treats_all_channels_alike(text: str, is_uniform: bool) -> None:
    assert InputRange.parse(text).is_uniform is is_uniform


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        ((127.5,), (127.5,), "-1..1"),
        ((0.0,), (1.0,), "0..255"),
        ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0), "0..1"),
        ((10.0, 10.0, 10.0), (5.0, 5.0, 5.0), "-2..49"),
        ((100.0, 110.0, 120.0), (20.0, 25.0, 50.0), "mean=100/110/120,std=20/25/50"),
        ((100.0,), (20.0, 25.0, 50.0), "mean=100/100/100,std=20/25/50"),
        ((100.0, 110.0, 110.0), (20.0,), "mean=100/110/110,std=20/20/20"),
        ((-11.0, 1.0, 2.0), (1.0, 1.0, 1.0), "mean=-11/1/2,std=1/1/1"),
        ((1.0, 2.0, 3.0), (10.5, 1.0, 1.0), "mean=1/2/3,std=10.5/1/1"),
        ((1.0, 2.0, 3.0), (10.0, 1.0, 1.0), None),  # parse takes numbers of at most 10 as of 0 to 1
        ((-10.0, 2.0, 3.0), (1.0, 1.0, 1.0), None),
        ((1.0, 2.0, 3.0), (5.0, 1.0, 1.0), None),
    ],
)
def test_a_normalization_of_pixels_is_a_range_that_parse_reads(
    mean: tuple[float, ...], std: tuple[float, ...], text: str | None
) -> None:
    found = InputRange.of_normalization(mean, std)
    assert (found.text if found else None) == text
    if found:
        assert found == InputRange.parse(found.text)
        assert found.scale[0] == pytest.approx(1 / std[0])
        assert found.offset[0] == pytest.approx(-mean[0] / std[0])


def test_means_and_deviations_of_other_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        InputRange.of_normalization((1.0, 2.0, 3.0), (1.0, 2.0))
