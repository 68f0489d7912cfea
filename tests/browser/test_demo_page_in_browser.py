"""The page of `edgekit demo-page`, clicked through in a real browser: its scores are those of LiteRT in Python.

Needs @litertjs/core and onnxruntime-web in a folder `node_modules` that EDGEKIT_NODE_MODULES names.
"""

import base64
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.bundles import RESNET8
from support.linear_run import digits, make_run

import edgekit
from edgekit.clients.page_server import address_of, make_server

FILES = ("tflite-model-float32", "tflite-model-int8", "onnx-model-float32", "onnx-model-int8")
ALLOWED = {"tflite-model-float32": 1e-5, "tflite-model-int8": 0.0, "onnx-model-float32": 1e-5, "onnx-model-int8": 0.06}
"""How far a score may be from that of the same file in Python: int8 `.onnx` kernels of some processors differ."""

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
}"""


@pytest.fixture(scope="module")
def node_modules() -> Path:
    found = Path(os.environ.get("EDGEKIT_NODE_MODULES", "nowhere"))
    if not all((found / name).is_dir() for name in ("@litertjs/core", "@litertjs/wasm-utils", "onnxruntime-web")):
        pytest.skip("needs EDGEKIT_NODE_MODULES=PATH of a node_modules with @litertjs/core and onnxruntime-web")
    return found


@pytest.fixture(scope="module")
def page_folder(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the committed run, with test images that show nobody."""
    out = tmp_path_factory.mktemp("demo") / "page"
    made = edgekit.demo_page(RESNET8, no_images=True, node_modules=node_modules, out=out)
    assert made.models == tuple(f"{key.replace('-', '/', 1)}.{key.partition('-')[0]}" for key in FILES)
    return made.path


@pytest.fixture(scope="module")
def address(page_folder: Path) -> Iterator[str]:
    with make_server(page_folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield address_of(server)
        server.shutdown()
        thread.join()


@pytest.fixture
def requests() -> list[str]:
    return []


@pytest.fixture
def page(browser: Any, address: str, requests: list[str]) -> Iterator[Any]:
    """The page once its first test image is answered."""
    yield from opened(browser, address, requests)


def opened(browser: Any, address: str, requests: list[str], **options: Any) -> Iterator[Any]:
    context = browser.new_context(reduced_motion="reduce", **options)
    page = context.new_page()
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#verdict[data-state=answered]", timeout=60_000)
    yield page
    context.close()
    assert errors == []


def answered(page: Any, detail: str) -> None:
    page.locator("#detail", has_text=detail).wait_for()
    page.wait_for_selector("#verdict[data-state=answered]")


def scores_on(page: Any, key: str) -> dict[str, float]:
    rows = page.locator(f"#{key} .bars li").all()
    return {row.get_attribute("data-label"): float(row.get_attribute("data-score")) for row in rows}


def scores_in_python(picture: Path) -> dict[str, dict[str, float]]:
    """Key of a file -> class -> score, in the runtime that its format has by default."""
    report = edgekit.predict(RESNET8, picture, precisions=["float32", "int8"])
    assert not report.failures
    keys = {each.artifact: each.artifact.rpartition(".")[0].replace("/", "-") for each in report.predictions}
    return {keys[each.artifact]: dict(each.scores) for each in report.predictions}


def check_scores(page: Any, picture: Path, allowed: dict[str, float] = ALLOWED) -> None:
    expected = scores_in_python(picture)
    for key in FILES:
        shown = scores_on(page, key)
        assert len(shown) >= 5
        for label, score in shown.items():
            assert score == pytest.approx(expected[key][label], rel=0, abs=allowed[key] + 1e-9), (key, label)
        top = max(expected[key], key=lambda label: expected[key][label])
        if allowed[key] < 0.01:
            assert page.inner_text(f"#{key} .top").startswith(f"{top} "), key


def photo(folder: Path) -> Path:
    """A picture of another size and other proportions than the model's, with fine detail."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 9, 3), np.uint8)).resize((291, 203), Image.Resampling.BICUBIC)
    pixels = np.asarray(coarse).astype(int) + rng.integers(-20, 21, (203, 291, 3))
    path = folder / "my photo.png"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def drop(page: Any, path: Path) -> None:
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def test_a_test_image_gets_the_scores_of_python(
    page: Any, page_folder: Path, requests: list[str], address: str
) -> None:
    page.locator(".strip label").nth(9).click()
    answered(page, "Test image 10")
    check_scores(page, page_folder / "images" / "09.png")
    assert all(float(page.inner_text(f"#{key} .ms")) > 0 for key in FILES)
    assert "Milliseconds" in page.inner_text("footer")
    assert all(url.startswith((address, "blob:", "data:")) for url in requests)


def test_a_dropped_photo_is_resized_as_in_python_and_gets_its_scores(page: Any, tmp_path: Path) -> None:
    path = photo(tmp_path)
    drop(page, path)
    answered(page, "my photo.png, 291 \u00d7 203 pixels")
    check_scores(page, path)
    assert page.locator(".strip input:checked").count() == 0


def test_a_chosen_photo_is_turned_by_its_exif_data(page: Any, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    with Image.open(photo(tmp_path)) as image:
        image.save(path, quality=95, exif=exif)
    page.set_input_files("#file", path)
    answered(page, "turned.jpg, 203 \u00d7 291 pixels")
    check_scores(page, path, {key: max(0.03, allowed) for key, allowed in ALLOWED.items()})  # of another JPEG decoder


def test_what_is_no_picture_is_refused_and_the_next_one_works(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    drop(page, path)
    page.locator("#verdict", has_text="notes.txt is no picture that this browser reads.").wait_for()
    drop(page, photo(tmp_path))
    answered(page, "my photo.png")


def test_logits_become_probabilities_as_in_python(browser: Any, node_modules: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "linear")
    exports = {"onnx/model-float32.onnx": {"output": "logits"}}
    run.record(dataset={**run.manifest["dataset"], "class_names": list(digits().class_names)}, exports=exports)
    made = edgekit.demo_page(run, no_images=True, node_modules=node_modules, out=tmp_path / "page")
    path = photo(tmp_path)
    [expected] = edgekit.predict(run, path).predictions
    with make_server(made.path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in opened(browser, address_of(server), []):
            drop(page, path)
            answered(page, "my photo.png")
            shown = scores_on(page, "onnx-model-float32")
            assert shown == {label: pytest.approx(expected.scores[label], abs=1e-6) for label in shown}
            assert max(shown.values()) < 0.3  # the scores themselves are probabilities, which a softmax makes alike
        server.shutdown()


def test_a_damaged_model_fails_alone(browser: Any, page_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(page_folder, tmp_path / "page"))
    (folder / "tflite" / "model-int8.tflite").write_bytes(b"damaged")
    with make_server(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in opened(browser, address_of(server), []):
            assert "This code is for the file with SHA-256" in page.inner_text("#tflite-model-int8 .top")
            assert page.get_attribute("#tflite-model-int8", "data-state") == "failed"
            assert len(scores_on(page, "tflite-model-float32")) >= 5
        server.shutdown()


def test_the_camera_is_classified_frame_by_frame(browser: Any, address: str) -> None:
    started = browser.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox", *CAMERA]
    )
    try:
        for page in opened(started, address, []):
            page.click("#camera")
            answered(page, "Camera, ")
            assert page.inner_text("#camera") == "Stop the camera"
            first = page.locator("#view").evaluate("(canvas) => canvas.toDataURL()")
            page.wait_for_timeout(1500)
            assert page.locator("#view").evaluate("(canvas) => canvas.toDataURL()") != first
            page.click("#camera")
            assert page.inner_text("#camera") == "Use the camera"
    finally:
        started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everything_fits_and_can_be_read(browser: Any, address: str, width: int, scheme: str) -> None:
    contrast = (Path(__file__).parent / "contrast.js").read_text()
    for page in opened(browser, address, [], viewport={"width": width, "height": 844}, color_scheme=scheme):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(contrast, 4.5) == []
        boxes = [page.locator(f"#{key}").bounding_box() for key in FILES[:2]]
        assert boxes[0]["y"] == boxes[1]["y"]
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_without_the_headers_for_threads_it_works_on_one(page_folder: Path, browser: Any) -> None:
    """As with `python -m http.server`."""
    import functools
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(page_folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in opened(browser, address_of(server), []):
            assert page.inner_text("#threads").startswith("One thread")
            assert len(scores_on(page, FILES[1])) >= 5
        server.shutdown()
