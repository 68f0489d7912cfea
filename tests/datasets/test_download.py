import contextlib
import hashlib
import http.server
import re
import threading
from dataclasses import replace

import pytest
from support.files.archives import pack
from support.files.cifar10_writer import make_batches, write_python

from edgekit.datasets import DatasetRequest
from edgekit.datasets.cifar10 import source as cifar10
from edgekit.datasets.cifar10.source import ARCHIVE
from edgekit.datasets.download import Download, fetch
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.progress import SilentProgress

CONTENT = bytes(range(256)) * 4000


class Server(http.server.ThreadingHTTPServer):
    """Serves one file and keeps what was asked for.

    Attributes:
        content: The file.
        ranges: The Range header of every request, None where there was none.
        break_after: Bytes after which each of the coming connections is cut; one is used up a request.
        knows_ranges: Whether parts can be asked for.
        status: Answer with this error instead of the file.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = []
        self.break_after = []
        self.knows_ranges = True
        self.status = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        if self.server.status:
            self.send_error(self.server.status)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and self.server.knows_ranges else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        rest = self.server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(self.server.content) - 1}/{len(self.server.content)}"
            )
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(rest[: self.server.break_after.pop(0)] if self.server.break_after else rest)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def download(server):
    return Download(
        url=server.url,
        file_name="file.bin",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        advice="Get it by hand.",
    )


class Counting(SilentProgress):
    def __init__(self):
        self.done = 0
        self.totals = []

    @contextlib.contextmanager
    def task(self, description, total):
        self.totals.append(total)

        def advance(count):
            self.done += count

        yield advance


def test_a_download_is_kept_and_counted(download, server, tmp_path):
    progress = Counting()

    path = fetch(download, tmp_path / "new" / "cache", progress)

    assert path.read_bytes() == CONTENT
    assert (progress.done, progress.totals) == (len(CONTENT), [len(CONTENT)])
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_what_is_there_is_not_fetched_again(download, server, tmp_path):
    for _ in range(2):
        fetch(download, tmp_path, SilentProgress())

    assert server.ranges == [None]


def test_a_file_of_the_wrong_size_is_fetched_again(download, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"half")

    assert fetch(download, tmp_path, SilentProgress()).read_bytes() == CONTENT


def test_a_broken_download_goes_on_where_it_stopped(download, server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    progress = Counting()

    path = fetch(download, tmp_path, progress)

    assert server.ranges == ["bytes=1000-"]
    assert path.read_bytes() == CONTENT
    assert progress.done == len(CONTENT)


def test_a_connection_that_breaks_is_taken_up_again_at_once(download, server, tmp_path):
    server.break_after = [300_000, 500_000]

    path = fetch(download, tmp_path, SilentProgress())

    assert server.ranges == [None, "bytes=300000-", "bytes=800000-"]
    assert path.read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(download, server, tmp_path):
    server.knows_ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"x" * 5000)
    progress = Counting()

    path = fetch(download, tmp_path, progress)

    assert path.read_bytes() == CONTENT
    assert progress.done == len(CONTENT)


def test_a_connection_that_brings_nothing_ends_it_and_keeps_the_part(download, server, tmp_path):
    server.break_after = [1000, 0]

    with pytest.raises(
        DatasetError, match=r"the connection ended early, after 1,000 of 1,024,000 bytes.*Get it by hand"
    ):
        fetch(download, tmp_path, SilentProgress())
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:1000]
    assert not (tmp_path / "file.bin").exists()


@pytest.mark.parametrize("content", [bytes(len(CONTENT)), CONTENT + b"more", CONTENT[:-1] + b"x"])
def test_other_bytes_are_deleted_and_refused(download, server, tmp_path, content):
    server.content = content

    with pytest.raises(DatasetError, match=rf"SHA-256 {download.sha256}, received"):
        fetch(download, tmp_path, SilentProgress())
    assert not list(tmp_path.iterdir())


def test_a_part_of_another_file_is_deleted_and_the_next_try_succeeds(download, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)

    with pytest.raises(DatasetError, match="try again"):
        fetch(download, tmp_path, SilentProgress())
    assert fetch(download, tmp_path, SilentProgress()).read_bytes() == CONTENT


def test_a_part_that_is_too_long_does_not_stay(download, server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT * 2)

    with pytest.raises(DatasetError, match="try again"):
        fetch(download, tmp_path, SilentProgress())
    assert fetch(download, tmp_path, SilentProgress()).read_bytes() == CONTENT


def test_a_refusal_is_a_sentence(download, server, tmp_path):
    server.status = 404

    with pytest.raises(DatasetError, match="the server answered 404 Not Found, after 0 of"):
        fetch(download, tmp_path, SilentProgress())


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/file.bin", "http://edgekit.invalid/file.bin"])
def test_without_a_network_the_sentence_says_what_to_do(download, tmp_path, url):
    with pytest.raises(DatasetError, match=r"Could not download .*Get it by hand\."):
        fetch(replace(download, url=url), tmp_path, SilentProgress())


def test_a_folder_that_cannot_be_written_is_a_sentence(download, tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DatasetError, match="Could not keep the download in"):
        fetch(download, tmp_path / "file", SilentProgress())


def test_cifar10_is_downloaded_once_and_read_from_the_cache(server, tmp_path):
    source = write_python(tmp_path / "cifar-10-batches-py", make_batches())
    server.content = pack(source, tmp_path / "small.tar.gz").read_bytes()
    archive = replace(
        ARCHIVE,
        url=server.url,
        size_bytes=len(server.content),
        sha256=hashlib.sha256(server.content).hexdigest(),
    )
    request = DatasetRequest(cache_dir=tmp_path / "cache")

    downloaded, cached = cifar10.load(request, archive), cifar10.load(request, archive)

    assert downloaded.sha256 == cached.sha256 == cifar10.load(replace(request, location=str(source))).sha256
    assert len(server.ranges) == 1


def test_cifar10_without_a_network_says_how_to_get_it(tmp_path):
    with pytest.raises(DatasetError, match=r"name it: cifar10:PATH"):
        cifar10.load(DatasetRequest(cache_dir=tmp_path), replace(ARCHIVE, url="http://127.0.0.1:1/x"))
