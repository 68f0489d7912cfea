"""Where to publish: "hub:USER/REPO" and nothing else."""

import pytest

from edgekit.foundation.errors import UsageError
from edgekit.publishing.destination import HubRepository


def test_a_repository_is_named_by_owner_and_name() -> None:
    assert str(HubRepository.parse("hub:jane/flowers-v1.2_x")) == "jane/flowers-v1.2_x"


@pytest.mark.parametrize(
    "text",
    [
        "", "jane/flowers", "hub:", "hub:flowers", "hub:jane/", "hub:/flowers", "hub:jane/flowers/more", "s3:jane/x",
        "hub:jane/../x", "hub:jane/a--b", "hub:jane/flowers.git", "hub:jane/flo wers", "hub:jane/-x", "hub:jané/x",
        f"hub:jane/{'a' * 97}", "https://huggingface.co/jane/flowers",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Expected hub:USER/REPO"):
        HubRepository.parse(text)
