#!/usr/bin/env bash
# tf.image.resize_with_pad gives a square image a black row and a black column: 32 x 32 to 224 x 224 fills 223 x 223.
#
# Common guess: a square image that is resized to a square needs no padding, so that it equals tf.image.resize.
# Behaviour: the size of the content is computed in float32, as floor(size / (size / target)), and for some sizes the
#   quotient falls just below the whole number. The content is one pixel smaller, every pixel is interpolated at
#   another place, and a row and a column of zeros are added. Of the sizes 8 to 399, 32 lose a row at a target of 224,
#   none at 96, 128, 160 or 192. A model that was trained with tf.image.resize sees other pixels.
#   Compare the content with the target, or compute sizes in whole numbers.
# Seen on 2026-11-29, Linux x86-64, Python 3.11, tensorflow 2.21.0, numpy 2.4.6:
#   32 to 224 fills 223 rows; tf.image.resize fills 224
#   target 224: 32 of 392 sizes lose a row: 8 16 32 39 57 64 71 78 ...
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 numpy==2.4.6 || \
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check tensorflow==2.21.0 numpy==2.4.6 || exit 2
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" - 2>"$folder/messages" <<'PY'
import sys

import numpy as np
import tensorflow as tf


def rows_filled(size, target):
    """How many rows of a white square image are not black after the resize."""
    padded = tf.image.resize_with_pad(np.full((size, size, 3), 255, np.float32), target, target).numpy()
    return int((padded.max(axis=(1, 2)) > 0).sum())


lost = {target: [size for size in range(8, 400) if rows_filled(size, target) < target] for target in (96, 128, 160, 192, 224)}
print("32 to 224 fills", rows_filled(32, 224), "rows; tf.image.resize fills", tf.image.resize(np.ones((32, 32, 3)), (224, 224)).shape[0])
for target, sizes in lost.items():
    print(f"target {target}: {len(sizes)} of 392 sizes lose a row:", *sizes[:8], "..." if sizes else "")
sys.exit(0 if rows_filled(32, 224) == 223 and len(lost[224]) > 8 and not lost[96] else 1)
PY
