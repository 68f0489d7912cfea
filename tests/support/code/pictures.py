"""Pictures of every kind, and models for every rule and layout: what tests of generated code prepare."""

import dataclasses
import io

import numpy as np
from PIL import Image

from edgekit.artifact import ImageInput, TensorSpec
from edgekit.bundle.model import BundledModel
from edgekit.datasets.images.rule import KERAS_RESIZES, OWN_RESIZES, ImageRule
from support.bundles import bundled_model

RULES = [
    *(ImageRule(resize=name, antialias=antialias) for name in OWN_RESIZES for antialias in (True, False)),
    *(ImageRule(resize=name, antialias=False, exif=False) for name in KERAS_RESIZES),
]
HEIGHT, WIDTH = 13, 17


def pictures() -> dict[str, Image.Image]:
    rng = np.random.default_rng(3)
    wide = Image.fromarray(rng.integers(0, 256, (20, 61, 3), np.uint8))
    tall = Image.fromarray(rng.integers(0, 256, (50, 9, 3), np.uint8))
    clear = Image.fromarray(rng.integers(0, 256, (30, 30, 4), np.uint8))
    gray = Image.fromarray(rng.integers(0, 256, (11, 23), np.uint8))
    same = Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    return {"wide": wide, "tall": tall, "clear": clear, "gray": gray, "palette": wide.quantize(16), "same": same}


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def model_for(channels: int, rule: ImageRule | None, *, layout: str = "last", dtype: str = "uint8") -> BundledModel:
    shapes = {"last": (1, HEIGHT, WIDTH, channels), "first": (1, channels, HEIGHT, WIDTH), "none": (1, HEIGHT, WIDTH)}
    image = ImageInput(
        height=HEIGHT,
        width=WIDTH,
        channels=channels,
        channels_first=layout == "first",
        has_channel_axis=layout != "none",
    )
    scale, zero_point = (1.0, -128) if dtype == "int8" else (None, None)
    spec = TensorSpec(name="pixels", shape=shapes[layout], dtype=dtype, scale=scale, zero_point=zero_point)
    return dataclasses.replace(bundled_model(), image=image, input=spec, rule=rule)
