"""The stand-in of the hub, huggingface_hub in this process pointed at it, and a verified run on digits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.linear_run import digits, make_run
from support.servers.hub import StandIn, running_hub

import edgekit


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in; who publishes is jane, who may write."""
    constants = pytest.importorskip("huggingface_hub.constants", reason="needs the extra: edgekit-toolkit[hub]")
    with running_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)  # between tries
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        yield hub


@pytest.fixture(scope="session")
def verified_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One faithful ONNX file. Copy it before you change it."""
    made = make_run(tmp_path_factory.mktemp("publish") / "made")
    made.record(dataset={**made.manifest["dataset"], "class_names": list(digits().class_names)})
    assert edgekit.verify(made).exit_status == 0
    return made.path
