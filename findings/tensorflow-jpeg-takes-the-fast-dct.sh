#!/usr/bin/env bash
# TensorFlow decodes a JPEG to other pixels than Pillow, libjpeg's command line and most apps do: it takes the fast DCT.
#
# Common guess: a JPEG file has one meaning; decoders differ by one step of rounding at most.
# Behaviour: tf.io.decode_jpeg and decode_image, and with them keras.utils.image_dataset_from_directory, choose
#   libjpeg's fast integer DCT for 8-bit values unless dct_method="INTEGER_ACCURATE" is given. decode_image has no such
#   option. A model that was trained on TensorFlow's pixels and is measured on Pillow's sees two sets of images.
#   Decode with Pillow on both sides, or name the exact DCT.
# Seen on 2026-11-30, Linux x86-64, Python 3.11, tensorflow 2.21.0, pillow 13.0.0, numpy 2.4.6:
#   tf.io.decode_jpeg: largest difference 11 of 255, 78.3 % of the values differ
#   tf.io.decode_image: largest difference 11 of 255, 78.3 % of the values differ
#   tf.io.decode_jpeg, INTEGER_ACCURATE: largest difference 0 of 255, 0.0 % of the values differ
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow-cpu==2.21.0 pillow==13.0.0 numpy==2.4.6 || \
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 pillow==13.0.0 numpy==2.4.6 || exit 2
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" - 2>"$folder/messages" <<'PY'
import io
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

random = np.random.default_rng(0)
coarse = Image.fromarray(random.integers(0, 256, (24, 24, 3), dtype=np.uint8))
stream = io.BytesIO()
coarse.resize((192, 192), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=95)
content = stream.getvalue()
expected = np.asarray(Image.open(io.BytesIO(content))).astype(int)


def difference(name, pixels):
    away = np.abs(np.asarray(pixels).astype(int) - expected)
    print(f"{name}: largest difference {away.max()} of 255, {100 * (away > 0).mean():.1f} % of the values differ")
    return int(away.max())


plain = difference("tf.io.decode_jpeg", tf.io.decode_jpeg(content))
image = difference("tf.io.decode_image", tf.io.decode_image(content))
exact = difference("tf.io.decode_jpeg, INTEGER_ACCURATE", tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE"))
sys.exit(0 if plain > 3 and exact == 0 else 1)
PY
