"""A stand-in of the Hugging Face hub: the part of its HTTP API that huggingface_hub uses to publish, in memory.

Written from what huggingface_hub 2.4 sends and reads. Nothing here was compared with the real hub.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGE = (".tflite", ".onnx", ".bin")
"""Files that go up by the protocol of git-lfs, as the hub's first .gitattributes says."""

TOKENS = {"hf_write": ("jane", True), "hf_read": ("jane", False)}
"""Token -> (user, whether it may write)."""


@dataclass
class Repository:
    """One repository.

    Attributes:
        is_private: Whether only its owner sees it.
        files: Path -> content.
        commits: Summaries, the newest last.
    """

    is_private: bool
    files: dict[str, bytes] = field(default_factory=lambda: {".gitattributes": b"*.bin filter=lfs\n"})
    commits: list[str] = field(default_factory=lambda: ["initial commit"])

    @property
    def sha(self) -> str:
        return hashlib.sha1(json.dumps([self.commits, sorted(self.files)]).encode()).hexdigest()


@dataclass
class StandIn:
    """The hub.

    Attributes:
        address: Where it listens.
        repositories: "USER/REPO" -> repository.
        objects: Large files that were uploaded: SHA-256 -> content.
        requests: "METHOD path" of every request, with the token's user.
        faults: Regular expression on "METHOD path" -> the status that it is answered with, or "cut".
    """

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: dict[str, Any] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - not an error of this process
    def __init__(self, status: int, text: str, code: str = "") -> None:
        super().__init__(text)
        self.status, self.code = status, code


@contextmanager
def running_hub() -> Iterator[StandIn]:
    hub = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer_safely("GET")

    def do_HEAD(self) -> None:
        self.answer_safely("HEAD")

    def do_POST(self) -> None:
        self.answer_safely("POST")

    def do_PUT(self) -> None:
        self.answer_safely("PUT")

    def answer_safely(self, method: str) -> None:
        self.body = self.read_body()
        line = f"{method} {self.path}"
        self.hub.requests.append(line)
        fault = next((fault for pattern, fault in self.hub.faults.items() if re.search(pattern, line)), None)
        if fault == "cut":
            self.connection.shutdown(2)
            self.close_connection = True
            return
        if fault is not None:
            self.refuse(Refusal(fault, "planted"))
            return
        try:
            document = self.routed(method, self.path.partition("?")[0])
        except Refusal as refusal:
            self.refuse(refusal)
            return
        if document is not None:
            self.send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def refuse(self, refusal: Refusal) -> None:
        headers = {"X-Error-Message": str(refusal)} | ({"X-Error-Code": refusal.code} if refusal.code else {})
        self.send(refusal.status, json.dumps({"error": str(refusal)}).encode(), headers)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @property
    def user(self) -> str:
        return self.identity[0]

    @property
    def identity(self) -> tuple[str, bool]:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in TOKENS:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return TOKENS[token]

    def routed(self, method: str, path: str) -> Any:
        """The JSON answer; None where it was sent already."""
        if path.startswith("/lfs/"):
            return self.large_file(method, path)
        for pattern, answer in _ROUTES.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return answer(self, *found.groups())
        raise Refusal(404, f"no such page: {method} {path}")

    def repository(self, name: str, *, is_writing: bool = False) -> Repository:
        user, may_write = self.identity
        owner = name.partition("/")[0]
        found = self.hub.repositories.get(name)
        if found is None or (found.is_private and owner != user):
            raise Refusal(404, "Repository not found", "RepoNotFound")
        if is_writing and not (may_write and owner == user):
            raise Refusal(403, "you don't have the rights to write here")
        return found

    def who(self) -> Any:
        return {"type": "user", "name": self.user, "orgs": []}

    def create(self) -> Any:
        asked = json.loads(self.body)
        user, may_write = self.identity
        owner = asked.get("organization") or user
        name = f"{owner}/{asked['name']}"
        if owner != user or not may_write:
            raise Refusal(403, f"you don't have the rights to create a model under the namespace {owner}")
        if name in self.hub.repositories:
            raise Refusal(409, "You already created this model repo")
        is_private = asked.get("private") or asked.get("visibility") == "private"
        self.hub.repositories[name] = Repository(is_private=bool(is_private))
        return {"url": f"{self.hub.address}/{name}"}

    def info(self, name: str) -> Any:
        found = self.repository(name)
        siblings = [{"rfilename": path} for path in sorted(found.files)]
        return {"id": name, "modelId": name, "private": found.is_private, "sha": found.sha, "siblings": siblings}

    def validate(self) -> Any:
        import yaml

        front = json.loads(self.body)["content"].split("---\n")[1]
        try:
            wrong = [] if isinstance(yaml.safe_load(front), dict) else [{"message": "no mapping"}]
        except yaml.YAMLError as error:
            wrong = [{"message": str(error)}]
        if wrong:
            self.send(400, json.dumps({"errors": wrong, "warnings": []}).encode(), {})
            return None
        return {"errors": [], "warnings": []}

    def preupload(self, name: str) -> Any:
        found = self.repository(name, is_writing=True)
        answers = []
        for one in json.loads(self.body)["files"]:
            mode = "lfs" if one["path"].endswith(LARGE) else "regular"
            old = found.files.get(one["path"])
            oid = None if old is None else _oid(old, mode)
            answers.append({"path": one["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return {"files": answers}

    def batch(self, name: str) -> Any:
        self.repository(name, is_writing=True)
        objects = []
        for one in json.loads(self.body)["objects"]:
            entry = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.objects:
                places = {"upload": f"/lfs/{one['oid']}", "verify": f"/lfs/verify/{one['oid']}"}
                entry["actions"] = {key: {"href": f"{self.hub.address}{place}"} for key, place in places.items()}
            objects.append(entry)
        return {"transfer": "basic", "objects": objects}

    def large_file(self, method: str, path: str) -> Any:
        digest = path.rpartition("/")[2]
        if method == "PUT":
            if hashlib.sha256(self.body).hexdigest() != digest:
                raise Refusal(400, "these are other bytes")
            self.hub.objects[digest] = self.body
        elif json.loads(self.body)["size"] != len(self.hub.objects[digest]):
            raise Refusal(400, "another size")
        return {}

    def commit(self, name: str) -> Any:
        found = self.repository(name, is_writing=True)
        lines = [json.loads(line) for line in self.body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit") not in (None, found.sha):
            raise Refusal(412, "A commit has happened since")
        files = dict(found.files)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.hub.objects:
                    raise Refusal(400, f"{value['path']} was never uploaded")
                files[value["path"]] = self.hub.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                if value["path"] not in files:
                    raise Refusal(404, "A file with this name doesn't exist", "EntryNotFound")
                del files[value["path"]]
        found.files = files
        found.commits.append(header["summary"])
        return {"commitUrl": f"{self.hub.address}/{name}/commit/{found.sha}", "commitOid": found.sha}

    def resolve(self, name: str, _: str, path: str) -> Any:
        found = self.repository(name)
        if path not in found.files:
            raise Refusal(404, "Entry not found", "EntryNotFound")
        content = found.files[path]
        self.send(200, content, {"ETag": f'"{_oid(content, "regular")}"', "X-Repo-Commit": found.sha})
        return None


def _oid(content: bytes, mode: str) -> str:
    """What git, or git-lfs, calls a content."""
    if mode == "lfs":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


_NAME = r"([\w.-]+/[\w.-]+)"
_ROUTES: dict[str, Any] = {
    r"GET /api/whoami-v2": _Handler.who,
    r"POST /api/repos/create": _Handler.create,
    r"POST /api/validate-yaml": _Handler.validate,
    rf"GET /api/models/{_NAME}(?:/revision/main)?": _Handler.info,
    rf"POST /api/models/{_NAME}/preupload/main": _Handler.preupload,
    rf"POST /api/models/{_NAME}/commit/main": _Handler.commit,
    rf"POST /{_NAME}\.git/info/lfs/objects/batch": _Handler.batch,
    rf"(?:GET|HEAD) /{_NAME}/resolve/(\w+)/(.+)": _Handler.resolve,
}
