"""The page that a bundle has for LiteRT.js: a real browser runs the real file, and finds what was changed.

Needs @litertjs/core in a folder `node_modules` that EDGEKIT_NODE_MODULES names: npm install @litertjs/core
"""

import functools
import http.server
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bundles import RESNET8

import edgekit


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the committed run, unpacked beside what npm installs."""
    modules = os.environ.get("EDGEKIT_NODE_MODULES")
    if modules is None or not (Path(modules) / "@litertjs" / "core").is_dir():
        pytest.skip("needs EDGEKIT_NODE_MODULES=PATH of a node_modules with @litertjs/core")
    folder = tmp_path_factory.mktemp("web")
    made = edgekit.bundle(RESNET8, target="web", no_images=True, unverified=True, out=folder / "resnet8.zip")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder)
    (folder / "resnet8" / "node_modules").symlink_to(modules)
    return folder / "resnet8"


@pytest.fixture
def address(bundle: Path) -> Iterator[str]:
    """Where a server shows the bundle."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
            ".mjs": "text/javascript",
            ".wasm": "application/wasm",
        }

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=bundle)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def result_of(browser: Any, address: str, key: str) -> tuple[str, str]:
    page = browser.new_page()
    try:
        page.goto(f"{address}/code/{key}/javascript/golden.html")
        page.wait_for_function("!document.title.endsWith('running')", timeout=60_000)
        return page.title(), page.inner_text("#result")
    finally:
        page.close()


@pytest.mark.parametrize("precision", ["int8", "float32", "float16", "dynamic"])
def test_litert_js_answers_as_expected(browser: Any, address: str, precision: str) -> None:
    title, text = result_of(browser, address, f"tflite-model-{precision}")
    assert title == "Golden vectors: pass", text
    assert text.startswith("32 of 32 pictures become the exact tensor; largest difference of the output ")
    assert precision != "int8" or "of the output 0, allowed 0" in text


def test_a_changed_output_and_a_changed_picture_are_found(browser: Any, address: str, bundle: Path) -> None:
    expected = bundle / "golden" / "expected" / "tflite-model-int8.bin"
    kept = expected.read_bytes()
    expected.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    title, text = result_of(browser, address, "tflite-model-int8")
    expected.write_bytes(kept)
    assert (title, "of the output 1, allowed 0" in text) == ("Golden vectors: fail", True)
    first, second = sorted((bundle / "golden" / "images").iterdir())[:2]
    shutil.copy(second, first)
    assert result_of(browser, address, "tflite-model-int8")[1].startswith("31 of 32 pictures")
