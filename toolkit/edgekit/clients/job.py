"""From files and clients to the matrix: every file in every client, one worker after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Artifact
from edgekit.clients.advice import advice_for, share_advice
from edgekit.clients.catalog import CLIENTS, READERS_OF, STATIC, Client, client_named
from edgekit.clients.compiler import NpuShare
from edgekit.clients.environments import python_of
from edgekit.clients.images import ChosenImages, chosen_images
from edgekit.clients.onnxruntime_mobile import VERSION, missing_in_mobile
from edgekit.clients.report import AGREES, ClientCell, ClientOutcome, ClientsReport, FileInClients
from edgekit.clients.worker import ClientJob
from edgekit.datasets import Dataset
from edgekit.execution.file_inspection import FileInspector
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.foundation.errors import UsageError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.machine import this_machine
from edgekit.foundation.progress import Progress
from edgekit.inspection.info import ModelInfo
from edgekit.inspection.tensors import FileTensors
from edgekit.runs.folder import RunFolder, folder_around, names_run
from edgekit.runtimes.base import ExecutionFailure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_IMAGES = 64
TIME_LIMIT = 120.0
"""Seconds for one file in one client, conversion included."""


@dataclass(frozen=True, kw_only=True)
class ClientsRequest:
    """What a user asks.

    Attributes:
        targets: Model files, or one run; empty: the newest run.
        clients: Names; empty: all.
        data: Where the images come from; None: the run's own data.
        num_images: How many, at least 1.
        time_limit: Seconds for one file in one client, above 0.
    """

    targets: Sequence[Path] = ()
    clients: Sequence[str] = ()
    data: str | Dataset | None = None
    num_images: int = NUM_IMAGES
    time_limit: float = TIME_LIMIT

    def __post_init__(self) -> None:
        if self.num_images < 1 or self.time_limit <= 0:
            raise UsageError(
                f"Expected at least one image and a time limit above 0. Received {self.num_images} images and "
                f"{self.time_limit:g} s."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ran:
    """What a client did with a file.

    Attributes:
        result: What its worker says of it.
        scores: float32 (n, C); None of a compiler.
    """

    result: dict[str, Any]
    scores: "NDArray[np.float32] | None"


def run_clients(request: ClientsRequest, progress: Progress) -> tuple[ClientsReport, RunFolder | None]:
    """The matrix, and the run whose files they are; None for external files.

    Raises:
        EdgekitError: A file, a run or the data cannot be used, or there is no such client.
    """
    clients = [client_named(name) for name in request.clients] or list(CLIENTS.values())
    run, artifacts = _files(request.targets)
    inspector = FileInspector()
    inspector.read(each.path for each in artifacts)  # all by one worker
    infos = [inspector.readable(each.path) for each in artifacts]
    rows: list[FileInClients] = []
    of_form: dict[Any, ChosenImages] = {}  # (size, channels) of images -> what is loaded once for all files of it
    with TemporaryFolder() as folder:
        for artifact, info in zip(artifacts, infos, strict=True):
            form = info.image_size, info.channels
            if form not in of_form:
                of_form[form] = chosen_images(run, info, request.data, request.num_images, folder, progress)
            images = of_form[form]
            row = _FileRow(artifact, info, images.path, request.time_limit)
            name = artifact.path.relative_to(run.path).as_posix() if run else artifact.path.name
            readers = [client for client in clients if artifact.format in client.formats]
            with progress.task(name, len(readers)) as advance:
                cells = []
                for client in readers:
                    cells.append(row.cell(client))
                    advance(1)
            rows.append(FileInClients(file=name, sha256=artifact.sha256, cells=tuple(cells)))
    machine = this_machine()
    report = ClientsReport(
        files=tuple(rows),
        num_images=images.count,
        images=images.said,
        date=datetime.now(UTC).date().isoformat(),
        machine=f"{machine.cpu}, {machine.num_cpus} processors, {machine.operating_system}",
    )
    return report, run


def _files(targets: Sequence[Path]) -> tuple[RunFolder | None, list[Artifact]]:
    """The run, if all files are one's own, and the files."""
    if names_run(targets):
        named = RunFolder.named(targets[0] if targets else None)
        if not named.artifacts():
            raise UsageError(
                f"{named.path} holds no model file. Export one first: edgekit export {for_shell(named.path)}"
            )
        return named, named.artifacts()
    artifacts = [Artifact.from_file(path) for path in targets]
    folders = {folder_around(path) for path in targets}
    folder = folders.pop() if len(folders) == 1 else None
    run = RunFolder(folder) if folder else None
    inside = run is not None and all(run.path.resolve() in path.resolve().parents for path in targets)
    if run is None or not inside:
        return None, artifacts
    return run, [run.checked_artifact(path.resolve().relative_to(run.path.resolve())) for path in targets]


class _FileRow:
    """One file, put into one client after the other."""

    def __init__(self, artifact: Artifact, info: ModelInfo, images: Path, time_limit: float) -> None:
        self._artifact = artifact
        self._info = info
        self._images = images
        self._time_limit = time_limit
        self._usual: _Ran | ExecutionFailure | None = None

    def cell(self, client: Client) -> ClientCell:
        """What happens to the file there."""
        if python_of(client) is None:
            return ClientCell(
                client=client.name, version=None, status=ClientOutcome.NOT_INSTALLED, advice=client.install_command
            )
        if client.name == STATIC:
            return self._looked_up(client)
        ran = self._ran(client)
        if isinstance(ran, ExecutionFailure):
            status = ClientOutcome.REFUSED if ran.is_kernel_missing else ClientOutcome.FAILED
            reason = _shortened(ran.reason, self._artifact.path)
            advice = advice_for(client.name, status, reason, self._info)
            return ClientCell(client=client.name, version=None, status=status, reason=reason, advice=advice)
        version = ran.result.get("version")
        if ran.scores is None:
            shares = tuple(NpuShare(**each) for each in ran.result["shares"])
            advice = share_advice(min(share.percent for share in shares), self._info)
            compiled = ClientOutcome.COMPILES
            return ClientCell(client=client.name, version=version, status=compiled, shares=shares, advice=advice)
        return self._compared(client, version, ran)

    def _looked_up(self, client: Client) -> ClientCell:
        missing = missing_in_mobile(self._info)
        status = ClientOutcome.REFUSED if missing else ClientOutcome.COVERED
        advice = advice_for(client.name, status, missing, self._info)
        return ClientCell(client=client.name, version=VERSION, status=status, reason=missing, advice=advice)

    def _compared(self, client: Client, version: str | None, ran: _Ran) -> ClientCell:
        import numpy as np

        usual = self._usual_answer()
        agreement = difference = None
        status, reason = ClientOutcome.RUNS, ran.result["remark"]
        if ran.scores is None or not np.isfinite(ran.scores).all():
            status, reason = ClientOutcome.DIFFERS, "It gives scores that are no numbers."
        elif isinstance(usual, ExecutionFailure) or usual.scores is None or usual.scores.shape != ran.scores.shape:
            reason = "There is nothing to compare it with: the usual runtime does not give such scores."
        else:
            agreement = float((usual.scores.argmax(axis=1) == ran.scores.argmax(axis=1)).mean())
            difference = float(np.abs(usual.scores - ran.scores).max())
            status = ClientOutcome.RUNS if agreement >= AGREES else ClientOutcome.DIFFERS
        return ClientCell(
            client=client.name,
            version=version,
            status=status,
            reason=reason,
            advice=advice_for(client.name, status, reason, self._info),
            agreement=agreement,
            max_difference=difference,
            milliseconds=round(ran.result["milliseconds"], 3),
            load_seconds=round(ran.result["load_seconds"], 3),
        )

    def _usual_answer(self) -> "_Ran | ExecutionFailure":
        """What the usual runtime gives, run once."""
        if self._usual is None:
            self._usual = self._ran(CLIENTS[READERS_OF[self._artifact.format]])
        return self._usual

    def _ran(self, client: Client) -> "_Ran | ExecutionFailure":
        if self._usual is not None and client.name == READERS_OF[self._artifact.format]:
            return self._usual
        job = ClientJob(
            target=client.target,
            package=client.package,
            file=self._artifact.path.resolve(),
            images=self._images.resolve(),
            tensors=FileTensors(inputs=self._info.inputs, outputs=self._info.outputs),
        )
        python = python_of(client) if client.pins else None
        ran = run_in_worker(job, _collected, Supervision(self._time_limit, python=python))
        if client.name == READERS_OF[self._artifact.format]:
            self._usual = ran
        return ran


def _collected(folder: Path, result: dict[str, Any]) -> _Ran:
    import numpy as np

    if "shares" in result:
        return _Ran(result=result, scores=None)
    scores = np.load(folder / "scores.npy", allow_pickle=False)
    if scores.dtype != np.float32 or scores.ndim != 2:
        raise ValueError(f"scores of type {scores.dtype} and shape {scores.shape}")
    return _Ran(result=result, scores=scores)


def _shortened(reason: str, path: Path) -> str:
    """The client's reason without what every cell of the row would repeat, and without folders of this machine."""
    text = " ".join(reason.replace(str(path.resolve()), path.name).replace(str(path), path.name).split())
    for words in (f"does not load {path.name}: ", f"cannot load {path.name}: "):
        text = text.partition(words)[2] or text
    return text[:400]
