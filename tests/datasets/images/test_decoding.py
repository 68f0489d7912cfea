import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from edgekit.datasets.images.decoding import BrokenImageError, decode_image

HEIGHT, WIDTH = 4, 6
SIZE = (HEIGHT, WIDTH)
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = RGB[..., 0]


def grey_as_rgb(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def save(path, image, **options):
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"), [("x.png", {}), ("x.bmp", {}), ("x.webp", {"lossless": True}), ("x.tif", {})]
)
def test_rgb_is_kept_to_the_byte(tmp_path, name, options):
    path = save(tmp_path / name, Image.fromarray(RGB), **options)

    decoded = decode_image(path, SIZE)

    assert (decoded.dtype, decoded.shape) == (np.uint8, (HEIGHT, WIDTH, 3))
    assert np.array_equal(decoded, RGB)


def test_jpeg_is_what_pillow_decodes(tmp_path):
    path = save(tmp_path / "x.jpg", Image.fromarray(RGB), quality=90)

    assert np.array_equal(decode_image(path, SIZE), np.asarray(Image.open(path)))


@pytest.mark.parametrize("name", ["x.png", "x.bmp", "x.jpg", "x.webp"])
def test_grey_is_repeated(tmp_path, name):
    plain = Image.new("L", (WIDTH, HEIGHT), 77)

    decoded = decode_image(save(tmp_path / name, plain), SIZE)

    assert np.abs(decoded.astype(int) - 77).max() <= (2 if name in ("x.jpg", "x.webp") else 0)


@pytest.mark.parametrize("name", ["x.png", "x.bmp"])
def test_black_and_white(tmp_path, name):
    bits = GREY > 128

    decoded = decode_image(save(tmp_path / name, Image.fromarray(bits)), SIZE)

    assert np.array_equal(decoded, grey_as_rgb(bits * 255))


@pytest.mark.parametrize("name", ["x.png", "x.bmp"])
def test_a_palette_is_looked_up(tmp_path, name):
    image = Image.fromarray(GREY % 3).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])

    decoded = decode_image(save(tmp_path / name, image), SIZE)

    assert np.array_equal(decoded, np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]])[GREY % 3])


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\xff"])
def test_a_transparent_colour_of_a_palette_becomes_white(tmp_path, transparency):
    image = Image.fromarray(GREY % 3).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])

    decoded = decode_image(save(tmp_path / "x.png", image, transparency=transparency), SIZE)

    assert np.array_equal(decoded, np.array([[10, 20, 30], [255, 255, 255], [70, 80, 90]])[GREY % 3])


@pytest.mark.parametrize("name", ["x.png", "x.webp"])
@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (255, 100), (51, 255 - 31)])
def test_alpha_is_laid_on_white(tmp_path, name, alpha, expected):
    image = Image.new("RGBA", (WIDTH, HEIGHT), (100, 100, 100, alpha))

    decoded = decode_image(save(tmp_path / name, image, **({"lossless": True} if name == "x.webp" else {})), SIZE)

    assert np.abs(decoded.astype(int) - expected).max() <= 1


def test_grey_with_alpha_is_laid_on_white(tmp_path):
    decoded = decode_image(save(tmp_path / "x.png", Image.new("LA", (WIDTH, HEIGHT), (100, 51))), SIZE)

    assert np.abs(decoded.astype(int) - 224).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_a_colour_that_stands_for_transparent_becomes_white(tmp_path, mode):
    image = Image.new(mode, (WIDTH, HEIGHT), 0)

    path = save(tmp_path / "x.png", image, transparency=(0, 0, 0) if mode == "RGB" else 0)

    assert np.array_equal(decode_image(path, SIZE), np.full((HEIGHT, WIDTH, 3), 255))


def test_transparent_pixels_do_not_bleed_into_their_neighbours(tmp_path):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[:, 0] = 255, 0, 0, 255

    decoded = decode_image(save(tmp_path / "x.png", Image.fromarray(pixels)), (1, 1))

    assert decoded.ravel().tolist() == [255, 128, 128]


def test_cmyk_becomes_rgb(tmp_path):
    path = save(tmp_path / "x.jpg", Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=100)

    decoded = decode_image(path, SIZE).astype(int)

    assert np.abs(decoded - [255, 0, 0]).max() <= 3


def test_16_bit_grey_is_scaled_and_not_clipped(tmp_path):
    values = np.array([[0, 128, 257, 32768, 65535, 40000]] * HEIGHT, np.uint16)

    decoded = decode_image(save(tmp_path / "x.png", Image.fromarray(values)), SIZE)

    assert np.array_equal(decoded, grey_as_rgb(np.rint(values / 257)))
    assert decoded[0, :, 0].tolist() == [0, 0, 1, 128, 255, 156]


def write_png(path, bit_depth, colour_type, rows, *chunks, size=(WIDTH, HEIGHT)):
    """A PNG of a kind that Pillow cannot write; `rows` are the unfiltered bytes of each row."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", *size, bit_depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [chunk(b"IHDR", head), *(chunk(*part) for part in chunks), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def test_a_transparent_16_bit_grey_becomes_white(tmp_path):
    row = struct.pack(">6H", 0, 5000, 5001, 65535, 5000, 257)

    path = write_png(tmp_path / "x.png", 16, 0, [row] * HEIGHT, (b"tRNS", struct.pack(">H", 5000)))

    assert decode_image(path, SIZE)[2, :, 1].tolist() == [0, 255, 19, 255, 255, 1]


@pytest.mark.parametrize(("colour_type", "num_channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_and_alpha(tmp_path, colour_type, num_channels):
    values = [40000] * num_channels if num_channels == 3 else [40000] * (num_channels - 1) + [65535]

    path = write_png(tmp_path / "x.png", 16, colour_type, [struct.pack(f">{num_channels}H", *values) * WIDTH] * HEIGHT)

    assert np.abs(decode_image(path, SIZE).astype(int) - 156).max() <= 1


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_image_upright(tmp_path, name, orientation):
    """Orientation n is undone: a red left half stored turned comes out on the left again."""
    upright = Image.new("RGB", (32, 32), "blue")
    upright.paste("red", (0, 0, 16, 8))
    stored_as = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(stored_as[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    path = save(tmp_path / name, stored, exif=exif, quality=95)

    assert np.abs(decode_image(path, (32, 32)).astype(int) - np.asarray(upright)).mean() < 6


def test_the_whole_image_is_squashed_with_antialias(tmp_path):
    stripes = np.zeros((64, 128, 3), np.uint8)
    stripes[:, ::2] = 200

    decoded = decode_image(save(tmp_path / "x.png", Image.fromarray(stripes)), (8, 8))

    assert decoded.shape == (8, 8, 3)
    assert np.abs(decoded.astype(int) - 100).max() <= 4


def test_height_comes_first(tmp_path):
    path = save(tmp_path / "x.png", Image.fromarray(RGB))

    assert decode_image(path, (3, 9)).shape == (3, 9, 3)


def test_a_phone_jpeg_of_several_pictures_gives_the_first(tmp_path):
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]

    path = save(tmp_path / "x.jpg", frames[0], format="MPO", save_all=True, append_images=frames[1:])

    assert np.abs(decode_image(path, SIZE).astype(int) - [255, 0, 0]).max() <= 3


@pytest.mark.parametrize("name", ["x.png", "x.gif", "x.tif"])
def test_only_the_first_frame_of_an_animation_counts(tmp_path, name):
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]

    path = save(tmp_path / name, frames[0], save_all=True, append_images=frames[1:])

    assert decode_image(path, SIZE)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_compressed_tiff_is_read(tmp_path, compression):
    path = save(tmp_path / "x.tiff", Image.fromarray(RGB), compression=compression)

    assert np.array_equal(decode_image(path, SIZE), RGB)


def test_16_bit_tiff_is_scaled_as_16_bit_png_is(tmp_path):
    values = np.array([[0, 128, 257, 32768, 65535, 40000]] * HEIGHT, np.uint16)

    decoded = decode_image(save(tmp_path / "x.tif", Image.fromarray(values)), SIZE)

    assert np.array_equal(decoded, grey_as_rgb(np.rint(values / 257)))


@pytest.mark.parametrize(("dtype", "kind"), [(np.float32, "32-bit floats"), (np.int32, "32-bit whole numbers")])
def test_pixels_without_a_known_white_are_named(tmp_path, dtype, kind):
    path = save(tmp_path / "x.tif", Image.fromarray(np.ones(SIZE, dtype)))

    with pytest.raises(BrokenImageError, match=f"its pixels are .*{kind}.*store 8 or 16 bits"):
        decode_image(path, SIZE)


def test_a_transparent_gif_is_laid_on_white(tmp_path):
    image = Image.fromarray(GREY % 3).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])

    decoded = decode_image(save(tmp_path / "x.gif", image, transparency=1), SIZE)

    assert np.array_equal(decoded, np.array([[10, 20, 30], [255, 255, 255], [70, 80, 90]])[GREY % 3])


@pytest.mark.parametrize("content", [b"", b"not an image at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_broken(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)

    with pytest.raises(BrokenImageError, match="it is no PNG, JPEG, WEBP, BMP, TIFF, GIF image"):
        decode_image(tmp_path / "x.png", SIZE)


def test_other_formats_are_not_opened_under_a_false_name(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.png", format="PPM")

    with pytest.raises(BrokenImageError, match="it is no PNG"):
        decode_image(tmp_path / "x.png", SIZE)


def test_a_missing_file_is_broken(tmp_path):
    with pytest.raises(BrokenImageError, match="No such file"):
        decode_image(tmp_path / "x.png", SIZE)


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.bmp", "x.tif", "x.gif"])
def test_a_truncated_image_is_broken(tmp_path, name):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    path = save(tmp_path / name, Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(BrokenImageError):
        decode_image(path, SIZE)


def test_an_absurdly_large_image_is_broken_and_not_decoded(tmp_path):
    path = write_png(tmp_path / "x.png", 8, 0, [b""], size=(20_000, 20_000))

    with pytest.raises(BrokenImageError, match="decompression bomb"):
        decode_image(path, SIZE)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.bmp", "x.tif", "x.gif"])
def test_no_damage_escapes_as_another_error(tmp_path, name):
    dice = random.Random(0)
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = save(
        tmp_path / name, Image.fromarray(RGB), **({} if name in ("x.bmp", "x.gif") else {"exif": exif})
    ).read_bytes()
    num_broken = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.choice([0, 1, 255, dice.randrange(256)])
        (tmp_path / name).write_bytes(damaged)
        try:
            assert decode_image(tmp_path / name, SIZE).shape == (HEIGHT, WIDTH, 3)
        except BrokenImageError:
            num_broken += 1
    assert num_broken
