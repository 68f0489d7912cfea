"""The resize rules on real photographs, against the libraries that they are called after.

`keras` rules: half a step (their float results are rounded); everything else: one step of 255.
"""

import hashlib
import io
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo
from support.helpers import ROOT

from edgekit.datasets.images import tensorflow_png
from edgekit.datasets.images.boxes import fitted, fitted_as_tensorflow
from edgekit.datasets.images.decoding import decode_image
from edgekit.datasets.images.rule import ImageRule

SIZES = ((64, 64), (48, 96), (224, 224), (33, 57))
ROUNDING = 1e-3
"""What float32 results of the libraries may be off by."""


def photographs():
    """Two photographs of 427 x 640, which scikit-learn brings as JPEG."""
    import sklearn.datasets

    return sorted((Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"))


def encoded(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def keras_files():
    """Every kind of file that Keras' loader decodes: name -> content."""
    first, second = photographs()
    photo = Image.open(first)
    files = {"a.jpg": first.read_bytes(), "b.jpg": second.read_bytes()}
    for subsampling in (0, 1, 2):
        for size in ((640, 427), (333, 211), (334, 212), (17, 9), (5, 3), (3, 3)):
            small = photo.resize(size)
            for progressive in (False, True):
                name = f"{subsampling}-{size[0]}-{'p' * progressive}.jpg"
                files[name] = encoded(small, "JPEG", quality=75, subsampling=subsampling, progressive=progressive)
    exif = Image.Exif()
    exif[0x0112] = 6
    files["exif.jpg"] = encoded(photo, "JPEG", exif=exif)
    files["gray.jpg"] = encoded(photo.convert("L"), "JPEG")
    files["c.png"] = encoded(photo, "PNG")
    files["gray.png"] = encoded(photo.convert("L"), "PNG")
    files["palette.png"] = encoded(photo.quantize(40), "PNG")
    files["bits.png"] = encoded(photo.convert("1"), "PNG")
    files["deep.png"] = encoded(Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257 + 100), "PNG")
    translucent = photo.copy()
    translucent.putalpha(Image.linear_gradient("L").resize(photo.size))
    files["alpha.png"] = encoded(translucent, "PNG")
    files["gray-alpha.png"] = encoded(translucent.convert("LA"), "PNG")
    for name, chunks in gamma_chunks().items():
        for form, image in (("rgb", photo), ("alpha", translucent), ("palette", photo.quantize(40))):
            files[f"{form}-{name}.png"] = encoded(image, "PNG", icc_profile=None, pnginfo=png_info(chunks))
    files["profile.png"] = encoded(photo, "PNG", icc_profile=srgb_profile())
    return files


def gamma_chunks():
    """What a PNG file may say of its gamma, a number times 100,000, and of sRGB."""
    gammas = (45455, 94000, 96000, 100000, 220000, 0, 15)
    named = {f"gamma-{gamma}": [(b"gAMA", gamma.to_bytes(4, "big"))] for gamma in gammas}
    return named | {"srgb": [(b"sRGB", b"\0")], "both": [*named["gamma-220000"], (b"sRGB", b"\0")]}


def png_info(chunks):
    info = PngInfo()
    for name, value in chunks:
        info.add(name, value)
    return info


def srgb_profile():
    """A profile of sRGB, though none that libpng knows."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def color_files():
    """What TensorFlow does not decode as grayscale."""
    photo = Image.open(photographs()[0])
    return {
        "cmyk.jpg": encoded(photo.convert("CMYK"), "JPEG"),
        "d.bmp": encoded(photo, "BMP"),
        "e.gif": encoded(photo.quantize(40), "GIF"),
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """For each color mode of Keras two class folders with all files that it decodes."""
    roots = {"rgb": keras_files() | color_files(), "grayscale": keras_files()}
    for color, files in roots.items():
        roots[color] = tmp_path_factory.mktemp(color)
        for index, (name, content) in enumerate(files.items()):
            path = roots[color] / "ab"[index % 2] / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    return roots


@pytest.mark.parametrize("color", ["rgb", "grayscale"])
@pytest.mark.parametrize(
    ("resize", "options"),
    [("keras", {}), ("keras-crop", {"crop_to_aspect_ratio": True}), ("keras-pad", {"pad_to_aspect_ratio": True})],
)
def test_the_rules_of_keras_are_those_of_its_loader(folders, resize, options, color):
    """Its float results, rounded to the nearest whole number."""
    import keras

    rule = ImageRule(resize=resize, antialias=False, exif=False)
    channels = 3 if color == "rgb" else 1
    for size in SIZES[:2] if channels == 1 else SIZES:
        data = keras.utils.image_dataset_from_directory(
            str(folders[color]),
            image_size=size,
            batch_size=1,
            shuffle=False,
            color_mode=color,
            verbose=False,
            **options,
        )
        for (theirs, _), path in zip(data, data.file_paths, strict=True):
            ours = decode_image(Path(path), size, rule, channels)
            assert ours.shape == theirs.shape[1:], path
            assert np.abs(theirs.numpy()[0] - ours).max() <= 0.5 + ROUNDING, (path, size)


def test_a_png_with_a_profile_that_libpng_knows_is_made_gray_as_srgb(monkeypatch):
    """No file with such a profile may be kept here, so Pillow's stands in for one."""
    rule, profile = ImageRule(resize="keras", antialias=False, exif=False), srgb_profile()
    photo = Image.open(photographs()[0])
    named, plain, marked = (
        encoded(photo, "PNG", **{"icc_profile": None} | options)
        for options in ({"icc_profile": profile}, {}, {"pnginfo": png_info(gamma_chunks()["srgb"])})
    )
    gray_of = partial(decode_image, size=(427, 640), rule=rule, channels=1)
    assert np.array_equal(gray_of(named), gray_of(plain))

    monkeypatch.setattr(tensorflow_png, "SRGB_PROFILES", {(len(profile), zlib.crc32(profile))})

    assert np.array_equal(gray_of(named), gray_of(marked))
    assert not np.array_equal(gray_of(named), gray_of(plain))


@pytest.fixture(scope="module", params=["photographs", "cifar10"])
def pixels(request):
    """RGB images, uint8 (H, W, 3): two photographs; 40 of CIFAR-10, which most sizes enlarge."""
    if request.param == "photographs":
        return [np.asarray(Image.open(path)) for path in photographs()]
    sheet = ROOT.parent / "shared" / "cifar10" / "00.webp"
    if not sheet.is_file():
        pytest.skip(f"needs {sheet}")
    row = np.asarray(Image.open(sheet).convert("RGB").crop((0, 0, 40 * 32, 32)))
    return list(row.reshape(32, 40, 32, 3).transpose(1, 0, 2, 3))


def ours(image, size, resize, antialias):
    return decode_image(encoded(Image.fromarray(image), "PNG"), size, ImageRule(resize=resize, antialias=antialias))


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_squash_is_tensorflows_resize(pixels, size, antialias):
    import tensorflow as tf

    for image in pixels:
        theirs = tf.image.resize(image, size, antialias=antialias).numpy()
        assert np.abs(theirs - ours(image, size, "squash", antialias)).max() <= 1 + ROUNDING


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_pad_is_tensorflows_resize_with_pad(pixels, size, antialias):
    """Where both put the image into the same rectangle: TensorFlow's is now and then a pixel short."""
    import tensorflow as tf

    same = [
        image for image in pixels if fitted(*image.shape[:2], *size) == fitted_as_tensorflow(*image.shape[:2], *size)
    ]
    if not same:
        pytest.skip("TensorFlow's rectangle is a pixel short for all of them: it divides in float32")
    for image in same:
        theirs = tf.image.resize_with_pad(image, *size, antialias=antialias).numpy()
        assert np.abs(theirs - ours(image, size, "pad", antialias)).max() <= 1 + ROUNDING


@pytest.mark.parametrize("size", SIZES)
def test_crop_is_pillows_fit(pixels, size):
    """The same part to one pixel of its border: Pillow cuts between pixels."""
    for image in pixels:
        theirs = ImageOps.fit(Image.fromarray(image), size[::-1], Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(theirs).astype(int) - ours(image, size, "crop", True)).mean() <= 8


@pytest.mark.parametrize("size", SIZES)
def test_squash_is_pillows_resize_to_the_bit(pixels, size):
    """Of landscape and square images, where all versions of Pillow agree."""
    for image in pixels:
        theirs = Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR)
        assert np.array_equal(np.asarray(theirs), ours(image, size, "squash", True))


def test_pixels_of_a_portrait_do_not_depend_on_the_version_of_pillow():
    """The checksum is that of `Image.resize` in Pillow 12.0.0 and 12.3.0; Pillow 13 would shrink the rows first."""
    portrait = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    found = hashlib.sha256(ours(portrait, (13, 17), "squash", True).tobytes()).hexdigest()
    assert found == "844252b29d948e00c38ab344c4c6cd808dc565ca74e0eb0316c1169baa7c6d0b"


@pytest.mark.parametrize("size", SIZES)
def test_squash_without_antialias_is_opencvs_linear_resize(pixels, size):
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless")
    for image in pixels:
        theirs = cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR).astype(int)
        assert np.abs(theirs - ours(image, size, "squash", False)).max() <= 1 + ROUNDING


def test_gray_is_pillows_and_tensorflows_luma(pixels):
    import tensorflow as tf

    for image in pixels:
        gray = decode_image(encoded(Image.fromarray(image), "PNG"), image.shape[:2], channels=1)
        assert np.array_equal(gray[..., 0], np.asarray(Image.fromarray(image).convert("L")))
        assert np.abs(gray.astype(int) - tf.image.rgb_to_grayscale(image).numpy()).max() <= 1


@pytest.mark.parametrize("height", range(1, 9))
@pytest.mark.parametrize("width", [1, 2, 7, 640])
def test_no_size_is_too_small(height, width):
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    for resize in ("squash", "crop", "pad"):
        for antialias in (True, False):
            assert ours(image, (5, 3), resize, antialias).shape == (5, 3, 3)


def test_pad_is_black_around_the_whole_image():
    image = np.full((10, 20, 3), 200, np.uint8)

    padded = ours(image, (16, 16), "pad", True)

    assert (padded[4:12] == 200).all()
    assert not padded[:4].any()
    assert not padded[12:].any()


def test_crop_takes_the_middle():
    image = np.zeros((10, 30, 3), np.uint8)
    image[:, 10:20] = 90

    assert (ours(image, (5, 5), "crop", True) == 90).all()
