"""The server of the page: on this machine alone, with the headers for threads and the right types."""

import threading
import urllib.request
from pathlib import Path

import pytest

from edgekit.clients.page_server import address_of, make_server
from edgekit.foundation.errors import UsageError


@pytest.mark.parametrize(
    ("name", "kind"), [("a.mjs", "text/javascript"), ("a.wasm", "application/wasm"), ("index.html", "text/html")]
)
def test_files_come_with_their_types_and_isolate_the_page(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"content")
    with make_server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(address_of(server) + name, timeout=10) as answer:
            assert answer.headers["Content-Type"] == kind
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
            assert answer.read() == b"content"
        server.shutdown()
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named_and_by_default_another_is_found(tmp_path: Path) -> None:
    with make_server(tmp_path, 0) as taken:
        port = taken.server_address[1]
        with pytest.raises(UsageError, match=rf"Port {port} cannot be used: .*--port N"):
            make_server(tmp_path, port)
    with make_server(tmp_path) as first, make_server(tmp_path) as second:
        assert first.server_address != second.server_address
