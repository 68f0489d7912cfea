"""One commit to a stand-in of the hub, and a sentence for everything that can fail on the way."""

import json
from pathlib import Path

import pytest
from support.servers.hub import Repository, StandIn

from edgekit.foundation.errors import PublishError
from edgekit.foundation.progress import SilentProgress
from edgekit.publishing.destination import HubRepository
from edgekit.publishing.hub import Hub, Published

FLOWERS = HubRepository(owner="jane", name="flowers")
CARD = b"---\nlicense: mit\n---\n# flowers\n"


def files(**others: bytes) -> dict[str, bytes]:
    names = ["README.md", "tflite/model.tflite", *others]
    return {
        "README.md": CARD,
        "tflite/model.tflite": b"model" * 100,
        "bundle.json": json.dumps({"files": {name: {} for name in names}}).encode(),
        **others,
    }


def publish(contents: dict[str, bytes | Path], repository: HubRepository = FLOWERS, **options: bool) -> Published:
    return Hub().publish(
        repository, contents, message="made", is_private=options.get("is_private", True), progress=SilentProgress()
    )


def test_a_new_repository_holds_everything_after_one_commit(hub: StandIn) -> None:
    done = publish(files())
    made = hub.repositories["jane/flowers"]
    assert {name: content for name, content in made.files.items() if name != ".gitattributes"} == files()
    assert made.commits == ["initial commit", "made"]
    assert (done.is_private, done.is_new, done.removed) == (True, True, ())
    assert done.url == f"{hub.address}/jane/flowers"
    assert done.commit_url.startswith(f"{hub.address}/jane/flowers/commit/")
    assert any(line.startswith("PUT /lfs/") for line in hub.requests)


def test_a_public_one_is_public_and_an_existing_one_stays_as_it_is(hub: StandIn) -> None:
    assert publish(files(), is_private=False).is_private is False
    assert hub.repositories["jane/flowers"].is_private is False
    assert publish(files(more=b"1"), is_private=True).is_private is False


def test_files_on_disk_are_uploaded(hub: StandIn, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"on disk")
    publish({**files(), "tflite/model.tflite": tmp_path / "model.tflite"})
    assert hub.repositories["jane/flowers"].files["tflite/model.tflite"] == b"on disk"


def test_what_the_earlier_bundle_had_is_removed_and_what_others_added_stays(hub: StandIn) -> None:
    publish(files(**{"golden/31.png": b"old"}))
    hub.repositories["jane/flowers"].files["notes.txt"] = b"of jane"
    done = publish(files())
    assert done.removed == ("golden/31.png",)
    assert set(hub.repositories["jane/flowers"].files) == {*files(), "notes.txt", ".gitattributes"}
    assert done.is_new is False


def test_the_same_again_makes_no_commit(hub: StandIn) -> None:
    publish(files())
    publish(files())
    assert hub.repositories["jane/flowers"].commits == ["initial commit", "made"]


def test_a_repository_with_other_files_is_left_alone(hub: StandIn) -> None:
    there = {".gitattributes": b"", "README.md": b"mine", **{f"{number}.bin": b"mine" for number in range(5)}}
    hub.repositories["jane/flowers"] = Repository(is_private=False, files=dict(there))
    with pytest.raises(PublishError, match=r"has not published: 0\.bin, 1\.bin and 2\.bin and 2 more"):
        publish(files())
    assert hub.repositories["jane/flowers"].files == there


@pytest.mark.parametrize("listing", [b"{", b"[]", b'{"files": 3}'])
def test_a_strange_bundle_json_removes_nothing(listing: bytes, hub: StandIn) -> None:
    hub.repositories["jane/flowers"] = Repository(is_private=False, files={"bundle.json": listing, "mine.bin": b"mine"})
    assert publish(files()).removed == ()
    assert hub.repositories["jane/flowers"].files["mine.bin"] == b"mine"


def test_without_a_token_the_message_says_how_to_log_in(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PublishError, match=r"there is no token\. Log in \(hf auth login\), or set HF_TOKEN"):
        Hub()
    assert hub.requests == []


def test_a_rejected_token_is_named_as_such(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with pytest.raises(PublishError, match=r"Cannot log in: the hub rejects the token \(401\)"):
        Hub()


def test_a_token_that_may_only_read_and_a_foreign_owner_are_refused(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PublishError, match=r"may not do that \(403\).*says: .you don't have the rights to create"):
        publish(files(), HubRepository(owner="google", name="flowers"))
    monkeypatch.setenv("HF_TOKEN", "hf_read")
    with pytest.raises(PublishError, match=r"may not do that \(403\)"):
        publish(files())
    assert hub.repositories == {}


@pytest.mark.parametrize("place", ["/api/repos/create", "/preupload/", "/objects/batch", "PUT /lfs/", "/commit/"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (401, r"rejects the token \(401\)"),
        (403, r"may not do that \(403\)"),
        (404, r"no such repository, or the token may not see it \(404\)"),
        (500, r"the hub failed \(500\)"),
        (507, r"the hub failed \(507\)\..*planted"),
        ("cut", r"the connection to the hub failed \("),
    ],
)
def test_a_failure_at_any_step_is_a_sentence_and_changes_nothing(
    place: str, fault: object, message: str, hub: StandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.faults[place] = fault
    with pytest.raises(PublishError, match=message) as refused:
        publish(files())
    assert str(refused.value).startswith("Cannot publish to jane/flowers: ")
    assert "Nothing was published." in str(refused.value)
    assert "\n" not in str(refused.value)
    made = hub.repositories.get("jane/flowers")
    assert made is None or set(made.files) == {".gitattributes"}
    assert capfd.readouterr() == ("", "")


def test_somebody_elses_commit_meanwhile_is_not_overwritten(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(files())
    hub.faults["/commit/"] = 412
    with pytest.raises(PublishError, match=r"changed the repository \(412\)\. Run the command again"):
        publish(files(more=b"1"))


def test_a_file_that_is_gone_is_named(hub: StandIn, tmp_path: Path) -> None:
    with pytest.raises((PublishError), match=r"gone\.tflite"):
        publish({**files(), "tflite/model.tflite": tmp_path / "gone.tflite"})


def test_a_card_that_the_hub_rejects_is_said(hub: StandIn) -> None:
    with pytest.raises(PublishError, match=r"the hub rejected it \(400\)\. The hub says: .*line 1"):
        publish({**files(), "README.md": b"---\n: [\n---\n"})


def test_without_a_network_the_message_says_so(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(PublishError, match=r"Cannot log in: the connection to the hub failed \(.*refused"):
        Hub()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE is set"):
        Hub()


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(Exception, match=r"pip install 'edgekit-toolkit\[hub\]'"):
        Hub()
