"""The protocol of a runtime: what executes an artifact, with its kernels.

The same `.tflite` gives different answers with XNNPACK and with the builtin kernels, so these are two
runtimes. A runtime is one short file: a subclass fills the hooks, while `pixels.py` and `scoring.py` own
the conversion of pixels, batches and dequantization. Runtimes know no exporter, no label and no reference.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from edgekit.artifact import FileOptions, Format, TensorSpec
from edgekit.foundation.errors import UsageError
from edgekit.foundation.processes import with_limit
from edgekit.inspection.tensors import FileTensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.inspection.info import ModelInfo

Watch = Callable[["NDArray[np.float32]"], bool]
"""Called with the scores of the next images, float32 (n, C), in the order in which they are run; True: enough."""


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a runtime works on this machine.

    Attributes:
        version: Its version, if it is installed.
        reason: Why it cannot be used, with what to do; None if it can.
    """

    version: str | None
    reason: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether it can be used."""
        return self.reason is None


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """How a session is to run.

    Attributes:
        num_threads: Threads of the runtime, at least 1.
        batch_size: Images per invocation; a file of fixed batch that cannot be resized keeps its own.
        num_sessions: Copies of the model that work side by side, each with `num_threads` of its own.
        file_options: How a file of several outputs is opened; None: it must have one output.
        tensors: What goes in and comes out, for a process that has no reader of the file; None: they are read.
    """

    num_threads: int = 1
    batch_size: int = 1
    num_sessions: int = 1
    file_options: FileOptions | None = None
    tensors: FileTensors | None = None

    def __post_init__(self) -> None:
        if min(self.num_threads, self.batch_size, self.num_sessions) < 1:
            raise UsageError(f"Threads, batch and sessions must be at least 1. Received {self}.")

    def to_dict(self) -> dict[str, int]:
        """What the speed depends on, as a JSON object."""
        return {name: getattr(self, name) for name in ("num_threads", "batch_size", "num_sessions")}


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What running a candidate took; see `Execution`.

    Attributes:
        seconds: Time of scoring all images, on this candidate's share of the processors.
        images_per_second: Measured while nobody else worked; images over `seconds` if that was so all the time.
        peak_rss_bytes: Largest resident memory of the worker process.
        num_threads: Threads of each session.
        batch_size: Images per invocation.
        num_sessions: Copies of the model that worked side by side.
    """

    seconds: float
    images_per_second: float
    peak_rss_bytes: int
    num_threads: int
    batch_size: int
    num_sessions: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Execution:
    """What a candidate did, measured in its worker process.

    Attributes:
        scores: float32 (N, C), dequantized, in the order of the images; as the model gives them.
        seconds: Time of all invocations together, loading and tuning left out.
        images_per_second: N over `seconds`.
        peak_rss_bytes: Largest resident memory of the worker process.
        runtime_version: Version of the library that ran it.
        settings: Threads and batch that were used.
        alone: float32 (n, C), the scores of the first images once more, each in a separate batch; None if its
            runtime is not asked for them.
        remark: What a reader must know of how the file was opened, as a whole sentence; "" for nothing.
    """

    scores: "NDArray[np.float32]"
    seconds: float
    images_per_second: float
    peak_rss_bytes: int
    runtime_version: str
    settings: SessionSettings
    alone: "NDArray[np.float32] | None" = None
    remark: str = ""

    @property
    def performance(self) -> Performance:
        """What it took, without the scores."""
        return Performance(
            seconds=self.seconds,
            images_per_second=self.images_per_second,
            peak_rss_bytes=self.peak_rss_bytes,
            num_threads=self.settings.num_threads,
            batch_size=self.settings.batch_size,
            num_sessions=self.settings.num_sessions,
        )


@dataclass(frozen=True, kw_only=True)
class ExecutionFailure:
    """A candidate that could not be run to its end.

    Attributes:
        reason: One sentence: crashed, hung, out of memory, or what the runtime said.
        is_kernel_missing: Whether the runtime has no kernel for an operator of the file, so that nothing was run.
    """

    reason: str
    is_kernel_missing: bool = False

    @property
    def sentence(self) -> str:
        """The reason as a whole sentence: "crashed with SIGSEGV" has the worker process as subject."""
        subject = "The worker process " if self.reason[:1].islower() else ""
        return f"{subject}{self.reason}{'' if self.reason.endswith('.') else '.'}"


class Session(ABC):
    """One loaded artifact with one input of images and one output of scores. Made by `Runtime.open`.

    Attributes:
        input_spec: The input, as the file declares it; its first dimension is the batch.
        output_spec: The output, as the file declares it.
        batch_size: Images per invocation: `invoke` takes exactly so many.
        remark: Which of several outputs is taken, as a whole sentence; "" if there is only one.
    """

    input_spec: TensorSpec
    output_spec: TensorSpec
    batch_size: int
    remark: str = ""

    @abstractmethod
    def resize(self, batch_size: int) -> bool:
        """Take that many images per invocation from now on; False if the file cannot.

        After False the session runs at the file's own batch.
        """

    @abstractmethod
    def invoke(self, batch: "NDArray[Any]") -> "NDArray[Any]":
        """Run `batch_size` images of the input's own shape and dtype; raises ArtifactError.

        Returns the output in its own dtype. The array may be reused by the next call.
        """


class Runtime(ABC):
    """One way to execute artifacts.

    Attributes:
        name: Its name in the registry and on every row.
        format: What it reads.
        formats: Everything that it reads; `format` alone unless a subclass says more.
        package: The distribution that brings it, for messages and versions.
        extra: The extra of edgekit that installs it; None if edgekit itself needs the package.
        is_usual: Whether `verify` runs it if no runtime is named. What is installed must not change a verdict, so a
            runtime of an extra only runs if it is named.
        trial_batch: Images per invocation if it is only tried how a model is fed; 1 goes with every file.
        num_alone: How many of the first images are run once more, each in a separate batch, to see how far a model
            differs from itself.
        is_shipped: Whether apps run models with it, as fast as here. False: its rows only check kernels, and run for
            a limited time.
        max_images: Images that are enough for a row that checks kernels; None: as many as there is time for.
    """

    name: ClassVar[str]
    format: ClassVar[Format]
    formats: ClassVar[tuple[Format, ...]] = ()
    package: ClassVar[str]
    extra: ClassVar[str | None] = None
    is_usual: ClassVar[bool] = True
    trial_batch: ClassVar[int] = 1
    num_alone: ClassVar[int] = 0
    is_shipped: ClassVar[bool] = True
    max_images: ClassVar[int | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        """A runtime of one format need not list it twice."""
        super().__init_subclass__(**options)
        if "format" in vars(cls) and "formats" not in vars(cls):
            cls.formats = (cls.format,)

    @classmethod
    def reads(cls, artifact_format: Format) -> bool:
        """Whether it runs files of that format."""
        return artifact_format in cls.formats

    @classmethod
    def installed_version(cls) -> str | None:
        """The version of its distribution; None if that is not installed."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version(cls.package)
        except PackageNotFoundError:
            return None

    @classmethod
    @abstractmethod
    def import_library(cls) -> None:
        """Import what `open` needs; raises ImportError or OSError if it is missing or broken."""

    @classmethod
    @abstractmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load the artifact, at the wished batch if the file can; raises ArtifactError."""

    @classmethod
    def same_kernels_as(cls, info: "ModelInfo") -> str | None:
        """The runtime, another one, whose kernels run the described file too; None: none is known to.

        Whoever believes it confirms it on some images.
        """
        del info
        return None

    @classmethod
    def availability(cls) -> Availability:
        """Whether it works here; imports the library and nothing else, and never raises."""
        installed = cls.installed_version()
        if installed is None:
            wanted = f"edgekit-toolkit[{cls.extra}]" if cls.extra else cls.package
            return Availability(version=None, reason=f"'{cls.package}' is not installed here: pip install '{wanted}'")
        try:
            cls.import_library()
        except (ImportError, OSError) as error:
            reason = with_limit(f"'{cls.package}' {installed} is installed but does not load: {error}")
            return Availability(version=installed, reason=reason)
        return Availability(version=installed)


def problem_of(name: str, value: Any) -> str | None:
    """What is wrong with what another package brings as the runtime `name`, as a clause; None: nothing."""
    if not (isinstance(value, type) and issubclass(value, Runtime)):
        return "it is not a subclass of edgekit.runtimes.Runtime"
    if unfinished := sorted(value.__abstractmethods__):
        return f"it does not define {' and '.join(unfinished)}"
    wanted = {"name": str, "format": Format, "package": str}
    if missing := [each for each, kind in wanted.items() if not isinstance(getattr(value, each, None), kind)]:
        return f"its attribute {missing[0]} is no {wanted[missing[0]].__name__}"
    return None if value.name == name else f"its attribute name is '{value.name}', its entry point's '{name}'"
