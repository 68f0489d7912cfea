"""The Hugging Face hub: who is logged in, a repository, and one commit that holds everything or nothing.

Files go up first and count for nothing until the commit, so a publication that breaks off changes no repository.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.bundle.archive.contents import BUNDLE_JSON, CARD
from edgekit.bundle.archive.writing import Content
from edgekit.foundation.errors import MissingExtraError, PublishError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import listed
from edgekit.foundation.progress import Progress
from edgekit.publishing.destination import HubRepository

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

OF_EVERY_REPOSITORY = {".gitattributes", CARD}
"""Files that a repository may hold before edgekit publishes there for the first time."""

NUM_NAMED = 3
"""Files that a message names."""

MAX_QUOTED = 300
"""Characters of what the hub or a library says."""

AGAIN = "Nothing was published. Check the network, and run the command again."


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a commit did.

    Attributes:
        url: Of the repository.
        commit_url: Of the commit.
        is_private: Whether only the owner sees the repository.
        is_new: Whether it was made for this.
        removed: Files of an earlier bundle that this one does not have.
    """

    url: str
    commit_url: str
    is_private: bool
    is_new: bool
    removed: tuple[str, ...]


class Hub:
    """The hub as the user that is logged in.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        PublishError: Nobody is logged in, the token is rejected, or the hub cannot be reached.
    """

    def __init__(self) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is first imported
        try:
            from huggingface_hub import HfApi, get_token
        except ImportError as error:
            raise MissingExtraError("edgekit publish", "huggingface_hub", "hub") from error
        with _in_words("log in"):
            token = get_token()
        if token is None:
            raise PublishError(
                "Nobody is logged in to the hub here: there is no token. Log in (hf auth login), or set HF_TOKEN to a "
                "token that may write (huggingface.co/settings/tokens)."
            )
        self._api: HfApi = HfApi(token=token)
        with _in_words("log in"):
            self.user = str(self._api.whoami()["name"])

    def publish(
        self,
        repository: HubRepository,
        files: Mapping[str, Content],
        *,
        message: str,
        is_private: bool,
        progress: Progress,
    ) -> Published:
        """Make `repository` hold `files`, in one commit.

        Args:
            repository: It is made if it is missing.
            files: Path in the repository, with "/" -> content.
            message: Of the commit.
            is_private: For a new repository; one that exists stays as it is.
            progress: Where it reports itself.

        Raises:
            PublishError: The hub refuses or cannot be reached, or the repository holds files of someone else.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        name, steps = str(repository), ("repository", "files")
        with progress.task(f"publishing to {name}", len(steps)) as advance, _in_words(f"publish to {name}"):
            is_new = not self._api.repo_exists(name)
            if is_new:
                self._api.create_repo(name, private=is_private)
            before = self._api.model_info(name)
            removed = self._stale(name, before, files)
            advance(1)
            commit = self._api.create_commit(
                name,
                [
                    *(CommitOperationAdd(path, content) for path, content in sorted(files.items())),
                    *(CommitOperationDelete(path) for path in removed),
                ],
                commit_message=message,
                parent_commit=before.sha,
            )
            advance(1)
        return Published(
            url=f"{self._api.endpoint}/{name}",
            commit_url=str(commit.commit_url),
            is_private=bool(before.private),
            is_new=is_new,
            removed=removed,
        )

    def _stale(self, name: str, before: "ModelInfo", files: Mapping[str, Content]) -> tuple[str, ...]:
        """Files of the bundle that is there now which `files` lack; raises PublishError if there is something else.

        Only what the bundle there lists as its own is ever removed.
        """
        there = {one.rfilename for one in before.siblings or ()}
        if BUNDLE_JSON not in there:
            strange = sorted(there - OF_EVERY_REPOSITORY)
            if strange:
                more = f" and {len(strange) - NUM_NAMED} more" if len(strange) > NUM_NAMED else ""
                raise PublishError(
                    f"{name} holds files that edgekit has not published: {listed(strange[:NUM_NAMED])}{more}. Nothing "
                    f"was published. Name a new repository."
                )
            return ()
        with TemporaryFolder() as folder:
            path = self._api.hf_hub_download(name, BUNDLE_JSON, revision=before.sha, local_dir=folder)
            own = _listed_in(Path(path))
        return tuple(sorted((own & there) - set(files)))


def _listed_in(path: Path) -> set[str]:
    """The files that a bundle.json lists; none if it is something else."""
    try:
        document: Any = json.loads(path.read_text("utf-8"))
        return set(map(str, document["files"]))
    except (ValueError, KeyError, TypeError):
        return set()


@contextmanager
def _in_words(aim: str) -> Iterator[None]:
    """Translate what the library raises inside the block; it draws and logs nothing meanwhile."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import DeviceCodeError, OfflineModeIsEnabled, OIDCError
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    level, was_disabled = get_verbosity(), are_progress_bars_disabled()
    set_verbosity(logging.CRITICAL)
    disable_progress_bars()
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise PublishError(
            f"Cannot {aim}: HF_HUB_OFFLINE is set, which forbids the network. Unset it, and run the command again."
        ) from error
    except (OIDCError, DeviceCodeError) as error:
        raise PublishError(f"Cannot {aim}: {_in_one_line(error)} Log in again: hf auth login") from error
    except (HTTPError, OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise _sentence(aim, error) from error
    finally:
        set_verbosity(level)
        if not was_disabled:
            enable_progress_bars()


def _sentence(aim: str, error: Exception) -> PublishError:
    """What happened and what to do, by the answer of the server if there was one."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError

    chain = list(_chain(error))
    refused = next((each for each in chain if isinstance(each, HfHubHTTPError)), None)
    if refused is not None:
        return _of_status(aim, int(refused.response.status_code), refused.server_message)
    if any(isinstance(each, HTTPError | ConnectionError | TimeoutError) for each in chain):
        return PublishError(f"Cannot {aim}: the connection to the hub failed ({_in_one_line(chain[-1])}). {AGAIN}")
    local = next((each for each in chain if isinstance(each, OSError) and each.strerror), None)
    if local is not None:
        return PublishError(
            f"Cannot {aim}: {local.strerror} ({local.filename or 'this machine'}). Nothing was published."
        )
    return PublishError(f"Cannot {aim}: the hub's answer is not what was expected ({_in_one_line(error)}). {AGAIN}")


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:MAX_QUOTED] or type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_ADVICE: Mapping[int, str] = {
    401: "the hub rejects the token (401). Log in again (hf auth login), or set HF_TOKEN to a valid token.",
    403: "the token may not do that (403). Use one that may write there (huggingface.co/settings/tokens), and your own "
    "user name or organization.",
    404: "there is no such repository, or the token may not see it (404). Check the names and the rights of the token.",
    409: "someone else is changing the repository (409). Run the command again.",
    412: "someone else has changed the repository (412). Run the command again.",
    429: "the hub wants fewer requests (429). Wait some minutes, and run the command again.",
}
"""Status -> what it means here and what to do."""


def _of_status(aim: str, status: int, said: str | None) -> PublishError:
    reason = f' The hub says: "{" ".join(said.split())[:MAX_QUOTED]}".' if said else ""
    if status in _ADVICE:
        return PublishError(f"Cannot {aim}: {_ADVICE[status]}{reason} Nothing was published.")
    kind = "the hub failed" if status >= 500 else "the hub rejected it"
    return PublishError(f"Cannot {aim}: {kind} ({status}).{reason} {AGAIN}")
