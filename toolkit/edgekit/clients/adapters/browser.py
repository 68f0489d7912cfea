"""LiteRT.js and onnxruntime-web (WebAssembly) in a real headless Chromium, driven by Playwright."""

import base64
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec
from edgekit.clients.npm_packages import kept_packages, pinned_versions
from edgekit.clients.page_server import make_server
from edgekit.foundation.errors import ArtifactError, RuntimeUnavailableError
from edgekit.inspection.load_errors import in_one_sentence, not_loaded
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Availability, Runtime, Session, SessionSettings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""What a browser is called on the PATH."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAGE = """<!doctype html><meta charset="utf-8"><script type="importmap">{"imports": {
"@litertjs/core": "/packages/@litertjs/core/dist/index.js",
"@litertjs/wasm-utils": "/packages/@litertjs/wasm-utils/dist/index.js",
"onnxruntime-web": "/packages/onnxruntime-web/dist/ort.wasm.min.mjs"}}</script>
<script type="module" src="/client.mjs"></script>"""


class BrowserSession(Session):
    """One page with one model, for as long as the process lives.

    Attributes:
        milliseconds: What each run took inside the page, in order.
    """

    milliseconds: list[float]

    def __init__(self, path: Path, kind: str, settings: SessionSettings) -> None:
        from playwright.sync_api import Error, sync_playwright

        tensors = settings.tensors or read_tensors(path)
        given, taken = tensors.inputs[0], tensors.outputs[0]
        self.batch_size = given.shape[0] or 1
        self.input_spec = TensorSpec(
            name=given.name,
            shape=(self.batch_size, *given.shape[1:]),
            dtype=given.dtype,
            scale=given.scale,
            zero_point=given.zero_point,
        )
        self.output_spec = taken
        self._path, self._kind, self._errors = path, kind, Error
        self.milliseconds = []
        self._folder = tempfile.TemporaryDirectory()
        served = Path(self._folder.name)
        _fill(served, path)
        server = make_server(served, 0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://localhost:{server.server_address[1]}"
        browser = sync_playwright().start().chromium.launch(executable_path=_browser(), args=ARGUMENTS)
        self._page = browser.new_page()
        try:
            self._page.goto(f"{address}/index.html")
            self._page.wait_for_function("globalThis.openModel !== undefined")
            self._page.evaluate("([kind, path]) => openModel(kind, path)", [kind, f"/model{path.suffix}"])
        except Error as error:
            raise not_loaded(kind, path, _cause(error)) from error

    def resize(self, batch_size: int) -> bool:
        """One image at a time."""
        return batch_size == self.batch_size

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Send the pixels to the page, and read the scores."""
        given = [self._kind, base64.b64encode(batch.tobytes()).decode(), list(batch.shape), batch.dtype.name]
        try:
            found = self._page.evaluate("([kind, pixels, shape, dtype]) => runModel(kind, pixels, shape, dtype)", given)
        except self._errors as error:
            reason = in_one_sentence(_cause(error))
            raise ArtifactError(f"{self._kind} stopped while running {self._path.name}: {reason}") from error
        self.milliseconds.append(float(found["milliseconds"]))
        return np.array(found["values"], dtype=self.output_spec.dtype).reshape(self.batch_size, -1)


class _Browser(Runtime):
    package = "playwright"
    npm_package: ClassVar[str]

    @classmethod
    def availability(cls) -> Availability:
        """Whether playwright, the npm packages and a browser are there; the version is that of the npm package."""
        found = super().availability()
        if found.reason:
            return found
        version = pinned_versions()[cls.npm_package]
        if _found_browser() is None:
            return Availability(version=version, reason=f"no browser is on the PATH: none of {', '.join(BROWSERS)}")
        return Availability(version=version)

    @classmethod
    def import_library(cls) -> None:
        """Import playwright."""
        import playwright.sync_api  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Open a page with the file."""
        return BrowserSession(path, cls.name, settings)


class LiteRTJs(_Browser):
    """What a web page with LiteRT.js does."""

    name = "litert-js"
    format = Format.TFLITE
    npm_package = "@litertjs/core"


class OnnxRuntimeWeb(_Browser):
    """What a web page with onnxruntime-web does."""

    name = "onnxruntime-web"
    format = Format.ONNX
    npm_package = "onnxruntime-web"


def _fill(served: Path, model: Path) -> None:
    """What the server shows: a page, the packages and the model."""
    (served / "index.html").write_text(PAGE)
    shutil.copyfile(Path(__file__).with_name("client.mjs"), served / "client.mjs")
    shutil.copyfile(model, served / f"model{model.suffix}")
    for package in kept_packages():
        for name, file in package.files.items():
            place = served / "packages" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def _found_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _browser() -> str:
    found = _found_browser()
    if found is None:
        raise RuntimeUnavailableError(
            f"There is no browser here: none of {', '.join(BROWSERS)} is on the PATH. Install one, as in "
            f"apt-get install chromium"
        )
    return found


def _cause(error: Exception) -> Exception:
    """What the page said, without Playwright's call and the stack."""
    lines: Sequence[str] = str(error).splitlines()
    kept = [line for line in lines if not line.strip().startswith("at ")]
    return ValueError(" ".join(kept).replace("Page.evaluate: ", "").replace("Error: ", "", 1))
