"""The command line: parse, call one library function, render. Only this package knows click.

Commands are in one table and are imported when they are used, so that `edgekit --help` loads
nothing but click.
"""

import os
import signal
import sys
import warnings
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from edgekit import __version__
from edgekit.foundation.errors import EdgekitError, PluginWarning, first_line_of, os_error_in_words
from edgekit.foundation.files.printable import escaping_output
from edgekit.foundation.processes import limited_address_space, surroundings_fault
from edgekit.foundation.registry import Registry

if TYPE_CHECKING:
    from edgekit.cli.failures import Failures

COMMANDS: Registry[click.Command] = Registry(
    "command",
    {
        "new": ("edgekit.cli.new:command", "Create a project folder: recipe, data, Makefile, workflow"),
        "train": ("edgekit.cli.train:command", "Train a recipe; makes a run folder"),
        "compress": ("edgekit.cli.compress:command", "Prune, cluster, or train for int8; makes a new run"),
        "export": ("edgekit.cli.export:command", "Write .tflite and .onnx files in the precisions that you name"),
        "compare-schemes": (
            "edgekit.cli.compare_schemes:command",
            "Compare quantizers and schemes on one run; keeps no file",
        ),
        "verify": ("edgekit.cli.verify:command", "Compare every exported file with the float model, in every runtime"),
        "clients": ("edgekit.cli.clients:command", "Run files in other inference engines: MediaPipe, MNN, ncnn, tract"),
        "predict": ("edgekit.cli.predict:command", "Classify your own pictures with exported files"),
        "bench": ("edgekit.cli.bench:command", "Measure latency, throughput and memory; compare two runs"),
        "diagnose": ("edgekit.cli.diagnose:command", "Find the layer of a quantized file that causes drift"),
        "bundle": (
            "edgekit.cli.bundle:command",
            "Write one zip for an app developer: files, labels, card, golden vectors",
        ),
        "demo-page": ("edgekit.cli.demo_page:command", "Write a page that runs the files in a browser, offline"),
        "publish": ("edgekit.cli.publish:command", "Publish a bundle's content on the Hugging Face hub"),
        "check-golden": ("edgekit.cli.check_golden:command", "Run a bundle's golden vectors in every runtime"),
        "verify-bundle": ("edgekit.cli.verify_bundle:command", "Check a bundle: files, signature, golden vectors"),
        "compare-reports": (
            "edgekit.cli.compare_reports:command",
            "Compare two verifications: what got worse",
        ),
        "compare": ("edgekit.cli.compare:command", "Compare runs: size, accuracy, best epoch, seconds"),
        "tune": ("edgekit.cli.tune:command", "Find the smallest file within a budget of drift"),
        "report": ("edgekit.cli.report:command", "Write one HTML page of a run: curves, classes, confusion, mistakes"),
        "run": ("edgekit.cli.run:command", "Train, export everything, verify"),
        "inspect": ("edgekit.cli.inspect:command", "Show tensors, quantization, operators and size of a model file"),
        "recipes": ("edgekit.cli.recipes:command", "List the training recipes, with measured accuracy"),
        "datasets": ("edgekit.cli.datasets:command", "List the data sets"),
        "runtimes": ("edgekit.cli.runtimes:command", "List the runtimes, and what is missing here"),
        "doctor": ("edgekit.cli.doctor:command", "Show versions, processor features, what works and what does not"),
    },
)

COMMAND_GROUPS = {
    "Make": ("new", "train", "compress", "export", "tune", "run", "bundle", "demo-page", "publish"),
    "Check": (
        "verify",
        "clients",
        "predict",
        "bench",
        "diagnose",
        "compare-schemes",
        "compare-reports",
        "check-golden",
        "verify-bundle",
    ),
    "Look": ("inspect", "report", "compare", "recipes", "datasets", "runtimes"),
    "About": ("doctor",),
}
"""Heading of the help -> its commands; each command of COMMANDS is in one."""


NO_MEMORY = "The memory of this machine is not enough for this. Give smaller images, or fewer at a time."


class CommandTable(click.Group):
    """A group whose commands come from COMMANDS and are loaded one at a time."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; `edgekit help verify` is `edgekit verify --help`, `edgekit help` is `edgekit --help`."""
        if args and args[0] == "help":
            args = [*args[1:2], "--help"]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table: the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is no such name."""
        return COMMANDS.load(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name suggests the closest one."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from edgekit.cli.other_names import unknown_command

            raise unknown_command(args, COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table with its summaries; loads no command."""
        for heading, names in COMMAND_GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, COMMANDS[name].summary) for name in names])


@click.command(
    cls=CommandTable,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "color": True,  # click takes escape sequences out of what goes to a pipe; here they are escaped, not lost
    },
)
@click.version_option(__version__, prog_name="edgekit")
def group() -> None:
    """Train Keras image classifiers, export them for devices, and check that every file behaves like the float model.

    \b
    The whole job: edgekit train && edgekit export --int8 && edgekit verify
    One command:   edgekit help export

    \b
    Exit status: 0 done and within tolerance, 1 an error, 2 wrong usage, 3 drift beyond tolerance,
    130 interrupted.
    """  # noqa: D301 - click wants the backspace itself


class _Terminated(KeyboardInterrupt):
    """The system asked the process to end (SIGTERM, SIGHUP): what cleans up after Ctrl-C cleans up after that."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_status = 128 + number


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process; every expected error becomes one sentence."""
    _reopen_closed_streams()
    _end_in_order()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a letter shows "?"
    sys.exit(run_command(sys.argv[1:] if arguments is None else arguments))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit status; prints errors and warnings to stderr."""
    with escaping_output(), warnings.catch_warnings():
        warnings.showwarning = _show_warning
        warnings.simplefilter("always", PluginWarning)
        return _run(arguments)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of edgekit as a sentence, any other as Python does."""
    if issubclass(category, PluginWarning):
        click.echo(f"Warning: {message}", err=True, color=True)
    else:
        (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


def _run(arguments: list[str]) -> int:
    if reason := surroundings_fault():
        return _failures(arguments).say("OSError", reason)
    if limited_address_space():  # what says that it is used up needs some too
        _failures(arguments)
        _SPARE.append(bytearray(SPARE_BYTES))
    try:
        result: Any = group.main(arguments, prog_name="edgekit", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _failures(arguments).of_click(error)
    except (click.Abort, KeyboardInterrupt) as error:
        reasons = (error, error.__cause__)
        return _failures(arguments).interrupted(
            next((reason.exit_status for reason in reasons if isinstance(reason, _Terminated)), 130)
        )
    except EdgekitError as error:
        return _failures(arguments).of_edgekit(error)
    except BrokenPipeError:  # the reader of the output, such as `head`, has closed it
        _failures(arguments).give_stdout_up()
        return 1
    except OSError as error:
        if error.filename is None:
            _failures(arguments).give_stdout_up()
        return _failures(arguments).say("OSError", os_error_in_words(error))
    except MemoryError:
        return _failures(arguments).say("MemoryError", limited_address_space() or NO_MEMORY)
    except Exception as error:
        if limit := limited_address_space():  # libraries say it in ways of their own
            return _failures(arguments).say(type(error).__name__, f"{first_line_of(error)}. {limit}")
        raise
    return result if isinstance(result, int) else 0


SPARE_BYTES = 8 * 2**20
_SPARE: list[bytearray] = []
"""Memory that is held if the address space is limited, until a command fails and has to say so."""


def _failures(arguments: list[str]) -> "Failures":
    """Imported when a command fails, so that `edgekit --help` loads nothing for it."""
    _SPARE.clear()
    from edgekit.cli.failures import Failures, wants_json

    return Failures(as_json=wants_json(arguments))


def _reopen_closed_streams() -> None:
    """Let a stream that the user closed lead nowhere, or the next file that is opened would take its place."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115


def _end_in_order() -> None:
    """Let a request to end be an exception, so that temporary files are removed; `nohup` keeps its meaning."""

    def end(number: int, _: object) -> None:
        raise _Terminated(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
