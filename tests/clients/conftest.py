"""Planted runtimes, as clients that misbehave."""

from collections.abc import Callable

import pytest
from support.files.npm_folder import node_modules
from support.runtime_fixtures import planted

from edgekit.artifact import Format
from edgekit.clients import catalog
from edgekit.clients.environments import python_of
from edgekit.foundation.files.cache_folder import default_cache_dir

__all__ = ["node_modules", "planted"]

USERS_CACHE = default_cache_dir()
"""Where this user has installed clients; asked before tests get a cache of their own."""

NeedClient = Callable[[str], None]


@pytest.fixture
def need_client(monkeypatch: pytest.MonkeyPatch) -> NeedClient:
    """`need_client("mediapipe")` skips the test, with the command, if this user has not installed that client."""

    def need(name: str) -> None:
        monkeypatch.setenv("EDGEKIT_CACHE", str(USERS_CACHE))
        if python_of(catalog.CLIENTS[name]) is None:
            pytest.skip(f"{name} is not installed: edgekit clients --install {name}")

    return need


@pytest.fixture
def planted_clients(planted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual reader of .tflite files, and three clients: one crashes, one hangs, one takes all memory."""
    found = {"litert-xnnpack": catalog.CLIENTS["litert-xnnpack"]}
    for name in ("Crashes", "Hangs", "OutOfMemory"):
        found[name] = catalog.Client(
            name=name,
            summary="for tests",
            formats=(Format.TFLITE,),
            target=f"support.planted_runtimes:{name}",
            package="numpy",
        )
    found["litert-builtin"] = catalog.CLIENTS["litert-builtin"]
    for name in list(catalog.CLIENTS):
        monkeypatch.delitem(catalog.CLIENTS, name)  # type: ignore[arg-type]
    for name, client in found.items():
        monkeypatch.setitem(catalog.CLIENTS, name, client)  # type: ignore[arg-type]
