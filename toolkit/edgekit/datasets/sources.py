"""The available data sets, and what of them is already on this machine. Loads none."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgekit.datasets import DATASETS, load_dataset
from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.foundation.errors import UsageError
from edgekit.foundation.files.cache_folder import default_cache_dir


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """One source of data.

    Attributes:
        name: Its name in the registry.
        summary: One line about it.
        usage: How it is named on the command line.
        status: What is here and what is missing, in words.
        origin: The package that brings it, with its version; None for edgekit's own.
    """

    name: str
    summary: str
    usage: str
    status: str
    origin: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def list_sources(cache_dir: Path | None = None) -> list[SourceStatus]:
    """Every source in the order of the registry; looks at `cache_dir` (None: the default one) and loads no data.

    A source that another package brings and that cannot be used is a PluginWarning.
    """
    cache = cache_dir or default_cache_dir()
    known = {
        "digits": ("digits", "ready"),
        "cifar10": ("cifar10 or cifar10:PATH", _cifar10_status(cache)),
        "folder": ("folder:PATH", _folder_status(cache)),
        "csv": ("csv:FILE", "needs a path"),
        "hub": ("hub:OWNER/NAME", _hub_status()),
        "npz": ("npz:PATH", "needs a path"),
    }
    return [_source_status(name, *known.get(name, (f"{name}[:PATH]", ""))) for name, _ in DATASETS.load_all()]


def _source_status(name: str, usage: str, status: str) -> SourceStatus:
    entry = DATASETS[name]
    here = status if entry.origin is None else f"package {entry.origin}"
    return SourceStatus(name=name, summary=entry.summary, usage=usage, status=here, origin=entry.origin)


def load_sized(spec: str, request: DatasetRequest) -> Dataset:
    """Load a data set; raises UsageError if its images have a fixed size and another one was asked for."""
    dataset = load_dataset(spec, request)
    height, width, _ = dataset.image_shape
    if request.image_size not in (None, (height, width)):
        raise UsageError(fixed_size(dataset, request.image_size))
    return dataset


def fixed_size(dataset: Dataset, wanted: tuple[int, int] | None) -> str:
    """Why the images cannot be resized."""
    height, width, _ = dataset.image_shape
    return (
        f"The images of '{dataset.name}' are {height} x {width} pixels (height x width) and stay so; "
        f"--image-size {'x'.join(map(str, wanted or ()))} resizes those of folder:, csv: and hub: only. Leave it out."
    )


def describe(dataset: Dataset) -> dict[str, Any]:
    """What `edgekit datasets SPEC --json` prints: name, classes, counts, image shape and SHA-256."""
    return {
        "name": dataset.name,
        "sha256": dataset.sha256,
        "image_shape": list(dataset.image_shape),
        "image_rule": None if dataset.rule is None else dataset.rule.to_dict(),
        "class_names": list(dataset.class_names),
        "num_skipped": dataset.num_skipped,
        "num_identical": dataset.num_identical,
        "splits": {
            name: {"num_images": len(split), "per_class": count_per_class(split, len(dataset.class_names))}
            for name, split in splits_of(dataset).items()
        },
    }


def splits_of(dataset: Dataset) -> dict[str, Split]:
    """The splits by name."""
    return {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}


def count_per_class(split: Split, num_classes: int) -> list[int]:
    """How many images of each class a split holds, in the order of the classes."""
    import numpy as np

    return np.bincount(split.labels, minlength=num_classes).tolist()


def _cifar10_status(cache: Path) -> str:
    from edgekit.datasets.cifar10.source import ARCHIVE

    if (cache / ARCHIVE.file_name).is_file():
        return f"downloaded, {_megabytes(ARCHIVE.size_bytes)}"
    part = cache / f"{ARCHIVE.file_name}.part"
    done = part.stat().st_size if part.is_file() else 0
    here = f"{_megabytes(done)} of {_megabytes(ARCHIVE.size_bytes)} are" if done else "not"
    return f"{here} downloaded: {'the rest' if done else _megabytes(ARCHIVE.size_bytes)} is downloaded on first use"


def _hub_status() -> str:
    from importlib.util import find_spec

    if find_spec("datasets") is None:
        return "needs the extra: pip install 'edgekit-toolkit[hub]'"
    return "needs a name; downloaded on first use"


def _folder_status(cache: Path) -> str:
    from edgekit.datasets.images.cache import FOLDER

    sizes = [path.stat().st_size for path in (cache / FOLDER).glob("*.npy")]
    return f"needs a path; {_megabytes(sum(sizes))} of decoded images are kept" if sizes else "needs a path"


def _megabytes(size_bytes: int) -> str:
    return f"{max(1, round(size_bytes / 1e6)):,} MB"
