import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.model_file import check_keras_file, load_keras_model
from edgekit.foundation.errors import ExportError


@pytest.fixture(scope="module")
def network() -> Any:
    from support import keras_models

    return keras_models.plain_network()


@pytest.fixture(scope="module")
def saved(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "good.keras"
    network.save(path)
    return path


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_both_kinds_of_file_are_read(network: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    network.save(path)
    images = np.full((2, 32, 32, 3), 100, np.float32)
    assert np.allclose(load_keras_model(path)(images), network(images), atol=1e-6)


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_a_dict_or_a_list_of_one_tensor_becomes_the_tensor(network: Any, tmp_path: Path, kind: str) -> None:
    import keras

    pixels = keras.Input((32, 32, 3), name="pixels")
    scores = network(pixels)
    structures = {"list": ([pixels], [scores]), "dict": ({"image": pixels}, {"class": scores})}
    path = tmp_path / "model.keras"
    keras.Model(*structures[kind]).save(path)
    model, images = load_keras_model(path), np.full((2, 32, 32, 3), 100, np.float32)
    assert np.asarray(model.predict_on_batch(images)).shape == (2, 10)
    assert np.allclose(model(images), network(images), atol=1e-6)


def test_a_file_that_is_not_what_its_name_says(saved: Path, tmp_path: Path) -> None:
    cases = {
        "missing.keras": (None, "no file"),
        "empty.keras": (b"", "it is empty"),
        "random.keras": (bytes(range(256)) * 10, "neither .keras nor .h5"),
        "zip.h5": (saved.read_bytes(), "a zip archive, as .keras files are. Rename it, or save the model again"),
        "model.tflite": (saved.read_bytes(), "not a Keras model"),
    }
    for name, (content, message) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ExportError, match=message):
            check_keras_file(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_a_sentence(saved: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.keras"
    path.write_bytes(saved.read_bytes()[: int(share * saved.stat().st_size)])
    with pytest.raises(ExportError, match="may be truncated or damaged"):
        load_keras_model(path)


def test_a_flipped_bit_in_the_weights_is_found(saved: Path, tmp_path: Path) -> None:
    """Keras reads weights here and there in the archive, so zipfile compares no checksum by itself."""
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        info = archive.getinfo("model.weights.h5")
    content[info.header_offset + info.compress_size // 2] ^= 1
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=r"the checksum of what it holds is wrong \(model\.weights\.h5\)"):
        load_keras_model(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_that_carries_code_is_refused_and_not_run(tmp_path: Path, suffix: str) -> None:
    from support.keras_models import import_keras

    keras = import_keras()
    marker = tmp_path / "was-run"
    touch = eval(f"lambda x: (__import__('pathlib').Path({str(marker)!r}).touch(), x)[1]")
    pixels = keras.Input((32, 32, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Lambda(touch, output_shape=(32, 32, 3))(pixels))
    path = tmp_path / f"lambda{suffix}"
    keras.Model(pixels, keras.layers.Dense(10)(pooled)).save(path)
    marker.unlink(missing_ok=True)
    with pytest.raises(ExportError, match="carries Python code"):
        load_keras_model(path)
    assert not marker.exists()


def test_a_class_that_only_its_author_has_is_named(tmp_path: Path) -> None:
    from support.keras_models import import_keras, plain_network

    class Private(import_keras().layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    path = tmp_path / "private.keras"
    plain_network(middle=Private()).save(path)
    with pytest.raises(ExportError, match=r"needs 'Private', which is not part of Keras\. .*--custom-objects FILE\.py"):
        load_keras_model(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"activation": "relu"', '"activation": "swoosh"', "cannot be built by Keras: .*swoosh"),
        ('"filters"', '"added_later": 1, "filters"', r"cannot be built by Keras: .*added_later"),
        ('"class_name": "Conv2D"', '"class_name": "Conv2Later"', "needs 'Conv2Later', which is not part of Keras. "),
    ],
)
@pytest.mark.parametrize("version", ["", "99.1.0"])
def test_what_this_keras_does_not_know_is_named_with_the_version_that_wrote_it(
    saved: Path, tmp_path: Path, old: str, new: str, message: str, version: str
) -> None:
    path = tmp_path / "later.keras"
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "config.json":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            if name == "metadata.json" and version:
                content = json.dumps({**json.loads(content), "keras_version": version}).encode()
            after.writestr(name, content)
    with pytest.raises(ExportError) as raised:
        load_keras_model(path)
    text = str(raised.value)
    assert ("(the file was written by Keras 99.1.0, which is newer: install that)" in text) == bool(version)
    if not version:
        assert re.search(message, text)
