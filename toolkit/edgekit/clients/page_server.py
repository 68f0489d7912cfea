"""A server for the page, on this machine alone, with the headers that browsers require for threads."""

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import UsageError

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8000

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-cache",
}
"""The first two isolate the page, without which there is no SharedArrayBuffer and no thread of WebAssembly."""


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def make_server(folder: Path, port: int | None = None) -> ThreadingHTTPServer:
    """A server that shows `folder` at 127.0.0.1 once its `serve_forever` is called.

    Args:
        folder: What it shows.
        port: Where; None: 8000, or any free one if that is taken.

    Raises:
        UsageError: The port is taken, or this user may not use it.
    """
    handler = functools.partial(_Handler, directory=str(folder))
    for tried in (DEFAULT_PORT, 0) if port is None else (port,):
        try:
            return ThreadingHTTPServer((ADDRESS, tried), handler)
        except OSError as error:
            reason = error
    raise UsageError(f"Port {port} cannot be used: {reason.strerror}. Choose another: --port N") from reason


def address_of(server: ThreadingHTTPServer) -> str:
    """What to open in a browser."""
    return f"http://localhost:{server.server_address[1]}/"
