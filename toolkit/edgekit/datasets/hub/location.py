"""What follows `hub:`, and the message if nothing can be loaded from there."""

from dataclasses import dataclass
from pathlib import Path

from edgekit.foundation.errors import DatasetError, UsageError

OFFLINE = ("reach", "offline", "name resolution", "timed out", "connection", "name or service not known")
"""Words by which an error of the network is known, whatever library has raised it."""


@dataclass(frozen=True, kw_only=True)
class HubLocation:
    """One data set of the hub, or one in a folder that the hub's library can read.

    Attributes:
        path: OWNER/NAME, or a folder.
        configuration: Which of several data sets in one repository; None: its only or usual one.
        label: The column of labels; None: the only one of type ClassLabel.
    """

    path: str
    configuration: str | None = None
    label: str | None = None

    @classmethod
    def parse(cls, text: str) -> "HubLocation":
        """`PATH[@CONFIGURATION][#LABEL]`; what is a folder as it is is one. Raises UsageError."""
        if Path(text).expanduser().is_dir():
            return cls(path=str(Path(text).expanduser()))
        rest, _, label = text.partition("#")
        path, _, configuration = rest.partition("@")
        if path and Path(path).expanduser().is_dir():
            path = str(Path(path).expanduser())
        if not path or ("#" in text and not label) or ("@" in rest and not configuration):
            raise UsageError(
                f"hub:{text} is not understood. Expected hub:OWNER/NAME, with @CONFIGURATION and #LABEL_COLUMN "
                f"after it if there are several."
            )
        return cls(path=path, configuration=configuration or None, label=label or None)

    def __str__(self) -> str:
        return f"hub:{self.path}{f'@{self.configuration}' if self.configuration else ''}"

    @property
    def short_name(self) -> str:
        """What the run's manifest calls it: no folder of this machine."""
        name = Path(self.path).resolve().name if Path(self.path).is_dir() else self.path
        parts = [f"@{self.configuration}" if self.configuration else "", f"#{self.label}" if self.label else ""]
        return f"hub:{name}{''.join(parts)}"

    @property
    def is_saved_to_disk(self) -> bool:
        """Whether it is a folder that the library's `save_to_disk` has written."""
        return any((Path(self.path) / name).is_file() for name in ("dataset_dict.json", "state.json"))

    def cannot_be_loaded(self, error: Exception) -> DatasetError:
        """What to say for an error that the library has raised."""
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if self.looks_like_a_folder and "config" not in reason.lower():
            advice = "Expected a folder of images or of Parquet files, or the name of a data set of the hub."
        elif isinstance(error, ConnectionError) or any(word in reason.lower() for word in OFFLINE):
            advice = "Check the network, and the proxy if there is one; what was loaded once is kept and needs none."
        elif "config" in reason.lower():
            advice = f"Name one of them: {self}@CONFIGURATION."
        else:
            advice = (
                "Check its name on huggingface.co/datasets; for a private or gated one log in first (hf auth login)."
            )
        return DatasetError(f"{self} cannot be loaded: {reason.rstrip('.')}. {advice}")

    @property
    def looks_like_a_folder(self) -> bool:
        """Whether it can be no name of the hub."""
        return self.path.startswith((".", "/", "~")) or Path(self.path).exists() or self.path.count("/") > 1
