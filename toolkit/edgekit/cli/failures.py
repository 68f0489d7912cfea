"""How a command reports a failure: a sentence on stderr, and with `--json` also a JSON document on stdout.

    {"error": {"kind": "ArtifactError", "message": "There is no file …", "hint": "Export it first: edgekit export"}}

So a program that reads stdout never takes empty output for a result. The exit status is the same with and without.
"""

import os
import sys
from collections.abc import Sequence

import click

from edgekit.cli.options import print_json
from edgekit.foundation.errors import EdgekitError


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among what was typed; what follows `--` is not an option."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


class Failures:
    """Reports the failure of one command.

    Args:
        as_json: Whether stdout gets a document too.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def of_edgekit(self, error: EdgekitError) -> int:
        """An error that edgekit raised on purpose; its exit status."""
        return self.say(type(error).__name__, str(error), error.exit_status)

    def of_click(self, error: click.ClickException) -> int:
        """A command line that click cannot read; its exit status."""
        error.show()
        context = getattr(error, "ctx", None)
        hint = f"{context.command_path} --help" if context else "edgekit --help"
        self._document("UsageError" if error.exit_code == 2 else "Error", error.format_message(), hint)
        return error.exit_code

    def interrupted(self, status: int) -> int:
        """The user or the system ended the command."""
        click.echo("Interrupted.", err=True)
        self._document("Interrupted", "Interrupted.", "")
        return status

    def say(self, kind: str, message: str, status: int = 1) -> int:
        """One sentence on stderr, and the document; returns `status`."""
        click.echo(f"Error: {message}", err=True, color=True)
        self._document(kind, message, hint_in(message))
        return status

    @staticmethod
    def give_stdout_up() -> None:
        """Let what is still buffered go nowhere, or Python would complain of it once more at its end."""
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        except (AttributeError, OSError, ValueError):  # stdout is no file: there is nothing to complain of
            return

    def _document(self, kind: str, message: str, hint: str) -> None:
        if not self._as_json:
            return
        try:
            print_json({"error": {"kind": kind, "message": message, "hint": hint}})
            sys.stdout.flush()
        except OSError:  # nobody reads stdout any more, or its disk is full: stderr has said it
            self.give_stdout_up()


def hint_in(message: str) -> str:
    """What a message says is to be done: its last sentence, if it has several; "" if it has one."""
    before, _, last = message.rpartition(". ")
    return last.strip() if before else ""
