"""What people type for a command with another name here: `convert`, `quantize`, `benchmark`. Loads no command."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from edgekit.foundation.errors import UnknownNameError, UsageError

OTHER_NAMES: Mapping[str, tuple[str, str]] = {
    "convert": ("To write .tflite and .onnx files", "export"),
    "quantize": ("To write quantized files", "export --int8"),
    "quantise": ("To write quantized files", "export --int8"),
    "save": ("To write .tflite and .onnx files", "export"),
    "benchmark": ("To measure how fast files are", "bench"),
    "latency": ("To measure how fast files are", "bench"),
    "speed": ("To measure how fast files are", "bench"),
    "profile": ("To measure how fast files are", "bench"),
    "test": ("To run every file on the test images", "verify"),
    "eval": ("To run every file on the test images", "verify"),
    "evaluate": ("To run every file on the test images", "verify"),
    "validate": ("To run every file on the test images", "verify"),
    "check": ("To run every file on the test images", "verify"),
    "fit": ("To train a network", "train"),
    "finetune": ("To train a network", "train"),
    "fine-tune": ("To train a network", "train"),
    "resume": ("To continue a training", "train --resume --out RUN"),
    "prune": ("To make weights zero", "compress --prune 0.5"),
    "cluster": ("To share weights", "compress --cluster 16"),
    "qat": ("To train for int8", "compress --qat"),
    "optimize": ("To find the smallest file that is good enough", "tune"),
    "search": ("To find the smallest file that is good enough", "tune"),
    "package": ("To write one zip for an app developer", "bundle"),
    "pack": ("To write one zip for an app developer", "bundle"),
    "zip": ("To write one zip for an app developer", "bundle"),
    "upload": ("To publish a run on the Hugging Face hub", "publish --to hub:USER/REPO"),
    "push": ("To publish a run on the Hugging Face hub", "publish --to hub:USER/REPO"),
    "init": ("To start a project folder", "new NAME"),
    "create": ("To start a project folder", "new NAME"),
    "start": ("To start a project folder", "new NAME"),
    "demo": ("To try a run in the browser", "demo-page"),
    "serve": ("To try a run in the browser", "demo-page --serve"),
    "web": ("To try a run in the browser", "demo-page"),
    "golden": ("To run the golden vectors of a bundle", "check-golden ZIP"),
    "debug": ("To find the layer that causes drift", "diagnose"),
    "info": ("To see what is in a model file", "inspect FILE"),
    "show": ("To see what is in a model file", "inspect FILE"),
    "summary": ("To see what is in a model file", "inspect FILE"),
    "models": ("To list the training recipes", "recipes"),
    "runs": ("To list the runs", "compare"),
    "list": ("To list the runs", "compare"),
    "ls": ("To list the runs", "compare"),
    "diff": ("To see what changed between two verifications", "compare-reports OLD NEW"),
    "html": ("To write a page about a run", "report"),
    "backends": ("To list the runtimes", "runtimes"),
    "status": ("To see what works here", "doctor"),
    "version": ("To see the version", "--version"),
}
"""What is typed -> (what it is for, the command that does it)."""


def unknown_command(typed: Sequence[str], known: Iterable[str]) -> UsageError:
    """The error that points from a command line to a command: the one that does it, or the closest of `known`."""
    first = typed[0].lower()
    if first not in OTHER_NAMES:
        return UnknownNameError("command", typed[0], known)
    purpose, command = OTHER_NAMES[first]
    name, _, rest = command.partition(" ")
    files = [word for word in typed[1:2] if not word.startswith("-") and not any(map(str.isupper, rest.split()))]
    meant = " ".join(filter(None, (name, shlex.join(files), rest)))
    more = "" if name.startswith("-") else f"  (its options: edgekit help {name})"
    return UsageError(f"There is no command '{typed[0]}'. {purpose}: edgekit {meant}{more}")
