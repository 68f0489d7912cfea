#!/usr/bin/env bash
# Image.resize of Pillow 13 gives portrait photos other pixels than Pillow 12: it shrinks their rows before their columns.
#
# Common guess: a separable filter gives the same pixels whatever the version, so an update of Pillow cannot change what
#   a network sees, and a checksum of resized images stays what it was.
# Behaviour: between the two passes pixels are rounded to 8 bits, so their order matters. Pillow 12 always does columns
#   first. Pillow 13 does rows first for images that shrink more in height; then about a fifth of the values of random
#   pixels differ by one step. Landscape images stay equal. Checksums of data sets that hold a portrait photo change.
#   Two calls, resize((width, old_height)) and resize((width, height)), give the pixels of Pillow 12 in both versions.
# Seen on 2026-11-30, Linux x86-64, Python 3.11, numpy 2.4.6, pillow 12.3.0 and 13.0.0:
#   portrait 300 x 400 to 224 x 224: 21.9% of the values differ, by at most 1
#   landscape 400 x 300 to 224 x 224: 0.0% of the values differ, by at most 0
#   portrait in two calls: 0.0% of the values differ, by at most 0
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/resize.py" <<'PY'
import sys

import numpy as np
from PIL import Image


def photo(width, height):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width), np.uint8))


def two_calls(image, width, height):
    narrow = image.resize((width, image.height), Image.Resampling.BILINEAR)
    return np.asarray(narrow.resize((width, height), Image.Resampling.BILINEAR))


portrait, landscape = photo(300, 400), photo(400, 300)
np.savez(
    sys.argv[1],
    portrait=np.asarray(portrait.resize((224, 224), Image.Resampling.BILINEAR)),
    landscape=np.asarray(landscape.resize((224, 224), Image.Resampling.BILINEAR)),
    two=two_calls(portrait, 224, 224),
)
PY
for version in 12.3.0 13.0.0; do
    python3 -m venv "$folder/env-$version"
    "$folder/env-$version/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 "pillow==$version" || exit 2
    "$folder/env-$version/bin/python" "$folder/resize.py" "$folder/$version.npz"
done
cd "$folder"
"$folder/env-13.0.0/bin/python" - <<'PY'
import sys

import numpy as np

old, new = np.load("12.3.0.npz"), np.load("13.0.0.npz")
difference = {name: np.abs(old[name].astype(int) - new[name]) for name in old}
for name, what in (
    ("portrait", "portrait 300 x 400 to 224 x 224"),
    ("landscape", "landscape 400 x 300 to 224 x 224"),
    ("two", "portrait in two calls"),
):
    print(f"{what}: {(difference[name] > 0).mean():.1%} of the values differ, by at most {difference[name].max()}")
is_so = difference["portrait"].max() == 1 and not difference["landscape"].any() and not difference["two"].any()
sys.exit(0 if is_so else 1)
PY
