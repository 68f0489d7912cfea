"""What `edgekit doctor` and `edgekit runtimes` show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.foundation.grammar import with_origin
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.execution.availability import RuntimeStatus
    from edgekit.foundation.machine import Machine
    from edgekit.installation import Diagnosis


def print_runtimes(runtimes: "Sequence[RuntimeStatus]", console: "Console | None" = None) -> None:
    """Print the table of runtimes to stdout, or to `console`."""
    columns: list[Column | str] = [Column(name="RUNTIME", wrap=False), "reads", "version", "here", "what it is"]
    rows = [
        [
            status.name,
            ", ".join(f".{each}" for each in status.formats),
            status.version or "",
            status.reason or "works",
            with_origin(status.summary, status.origin),
        ]
        for status in runtimes
    ]
    print_table(None, columns, rows, console=console)


def print_diagnosis(diagnosis: "Diagnosis", console: "Console | None" = None) -> None:
    """Print everything that was found out to stdout, or to `console`."""
    console = console or make_console()
    facts = [("edgekit", diagnosis.edgekit), ("Python", diagnosis.python), *_machine_rows(diagnosis.machine)]
    gpus = [("GPU", f"{gpu.name}, {gpu.memory}, driver {gpu.driver}") for gpu in diagnosis.gpus]
    print_table(
        None,
        [Column(name="MACHINE", wrap=False), Column(name="")],
        [*facts, *(gpus or [("GPU", "none that nvidia-smi sees")])],
        console=console,
    )
    backends = [[backend.name, backend.reason or ", ".join(backend.devices)] for backend in diagnosis.backends]
    print_table(None, [Column(name="BACKEND", wrap=False), "trains on"], backends, console=console)
    rows = [[item.name, item.version or "not installed", _extra(item.extra)] for item in diagnosis.libraries]
    print_table(None, ["LIBRARY", "version", "comes with"], rows, console=console)
    print_runtimes(diagnosis.runtimes, console)
    abilities = [[item.name, "works" if item.works else "does not work", item.detail] for item in diagnosis.abilities]
    print_table(None, [Column(name="COMMAND", wrap=False), Column(name="", wrap=False), ""], abilities, console=console)


def _machine_rows(machine: "Machine") -> list[tuple[str, str]]:
    memory = "not known" if machine.memory_bytes is None else f"{machine.memory_bytes / 2**30:.1f} GiB"
    return [
        ("processor", f"{machine.cpu} ({machine.architecture}), {machine.num_cpus} usable"),
        ("features", ", ".join(machine.features) or "none that int8 kernels choose by"),
        ("memory", memory),
        ("system", machine.operating_system),
    ]


def _extra(extra: str) -> str:
    return "edgekit-toolkit" if extra == "base" else f"edgekit-toolkit[{extra}]"
