"""What is installed, what works and what does not. Imports no training library in this process."""

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import edgekit
from edgekit.execution.availability import RuntimeStatus, list_runtimes
from edgekit.foundation.backends import BackendStatus, list_backends
from edgekit.foundation.grammar import listed
from edgekit.foundation.machine import Gpu, Machine, nvidia_gpus, this_machine
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.results import Displayed, plain

LIBRARIES = {
    "base": ("ai-edge-litert", "click", "jinja2", "numpy", "onnx", "onnxruntime", "pillow", "rich", "scikit-learn"),
    "train": (
        "ai-edge-quantizer",
        "keras",
        "matplotlib",
        "onnx-ir",
        "tensorboard",
        "tensorflow",
        "tensorflow-model-optimization",
        "tf-keras",
        "tf2onnx",
    ),
    "hub": ("datasets", "huggingface-hub"),
    "openvino": ("openvino",),
    "micro": ("tflite-micro",),
    "jax": ("jax",),
    "torch": ("torch",),
}
"""Install extra ("base": no extra) -> the distributions that it brings; as in pyproject.toml."""

RUNTIME_LIBRARIES = frozenset({"ai-edge-litert", "onnxruntime"})
"""Without one of these the other still verifies its own format."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """One distribution.

    Attributes:
        name: As pip calls it.
        extra: The install extra that brings it; "base" for none.
        version: Its version; None if it is not installed.
    """

    name: str
    extra: str
    version: str | None


@dataclass(frozen=True, kw_only=True)
class Ability:
    """Whether one command can work here.

    Attributes:
        name: The command: "train", "export", "verify".
        works: Whether everything it needs is there.
        detail: What it works with, or what is missing and how to get it.
    """

    name: str
    works: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Displayed):
    """What `edgekit doctor` shows.

    Attributes:
        edgekit: Version of edgekit.
        python: Version of Python.
        machine: Processor, memory, system.
        gpus: What nvidia-smi sees.
        backends: What trains, and the devices that each sees.
        libraries: Every library that edgekit may use.
        runtimes: What executes artifacts.
        abilities: What works.
    """

    edgekit: str
    python: str
    machine: Machine
    gpus: tuple[Gpu, ...]
    backends: tuple[BackendStatus, ...]
    libraries: tuple[Library, ...]
    runtimes: tuple[RuntimeStatus, ...]
    abilities: tuple[Ability, ...]

    def __repr__(self) -> str:
        works = listed([one.name for one in self.abilities if one.works]) or "nothing"
        return f"<Diagnosis of edgekit {self.edgekit}: {works} can work here>"

    @property
    def can_verify(self) -> bool:
        """Whether edgekit's main job can be done here."""
        return all(ability.works for ability in self.abilities if ability.name == "verify")

    @property
    def exit_status(self) -> int:
        """0 if edgekit can verify here, else 1."""
        return 0 if self.can_verify else 1

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return plain({**asdict(self), "runtimes": [runtime.to_dict() for runtime in self.runtimes]})


def diagnose(progress: Progress | None = None) -> Diagnosis:
    """Look at this machine and at what is installed; takes some seconds, because every backend is started."""
    libraries = tuple(_library(name, extra) for extra, names in LIBRARIES.items() for name in names)
    with (progress or SilentProgress()).task("Starting runtimes and backends", None):
        runtimes, backends = tuple(list_runtimes()), tuple(list_backends())
    return Diagnosis(
        edgekit=edgekit.__version__,
        python=platform.python_version(),
        machine=this_machine(),
        gpus=tuple(nvidia_gpus()),
        backends=backends,
        libraries=libraries,
        runtimes=runtimes,
        abilities=(_training("train", libraries), _training("export", libraries), _verification(libraries, runtimes)),
    )


def _library(name: str, extra: str) -> Library:
    try:
        return Library(name=name, extra=extra, version=version(name))
    except PackageNotFoundError:
        return Library(name=name, extra=extra, version=None)


def _training(command: str, libraries: tuple[Library, ...]) -> Ability:
    needed = [library for library in libraries if library.extra in ("base", "train")]
    missing = [library.name for library in needed if library.version is None]
    if missing:
        return Ability(
            name=command,
            works=False,
            detail=f"missing: {', '.join(missing)}. Install the extra: pip install 'edgekit-toolkit[train]'",
        )
    return Ability(name=command, works=True, detail="everything it needs is installed")


def _verification(libraries: tuple[Library, ...], runtimes: tuple[RuntimeStatus, ...]) -> Ability:
    base = [library for library in libraries if library.extra == "base"]
    missing = [library.name for library in base if library.version is None and library.name not in RUNTIME_LIBRARIES]
    if missing:
        return Ability(
            name="verify",
            works=False,
            detail=f"missing: {', '.join(missing)}. Install them: pip install edgekit-toolkit",
        )
    usable = [runtime.name for runtime in runtimes if runtime.is_available]
    unusable = [runtime.name for runtime in runtimes if not runtime.is_available]
    if not usable:
        return Ability(name="verify", works=False, detail="no runtime works here; see the list of runtimes")
    without = f", but not in {', '.join(unusable)}" if unusable else ""
    return Ability(name="verify", works=True, detail=f"in {', '.join(usable)}{without}")
