"""The Kotlin compiler, as npm has it, and the Java machine that runs what it makes."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

STUBS = Path(__file__).parent / "android"
"""Stand-ins for the classes of Android, LiteRT, MediaPipe and JUnit that generated code calls."""


class Kotlin:
    """Compiles to a folder of classes and runs them.

    Args:
        library: The folder `lib` of the compiler.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._standard = library / "kotlin-stdlib.jar"

    def compile(self, sources: Sequence[Path], classes: Path) -> str:
        """Compile `sources` into `classes`; warnings are errors. Returns its messages, "" where it is fine."""
        compiler = ["java", "-cp", str(self._library / "kotlin-compiler.jar"), f"-Dkotlin.home={self._library.parent}"]
        main = ["org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-reflect", "-Werror", "-no-stdlib"]
        names = [str(each) for each in sources]
        command = [*compiler, *main, "-cp", str(self._standard), "-d", str(classes), *names]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def run(
        self, classes: Path, main: str, *arguments: str, properties: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the function `main` of the class `main`, with these system properties."""
        given = [f"-D{name}={value}" for name, value in (properties or {}).items()]
        command = ["java", *given, "-cp", f"{classes}:{self._standard}", main, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def kotlin() -> Kotlin:
    """The compiler of npm's package; skips the test where it or Java is missing."""
    library = Path(os.environ.get("EDGEKIT_NODE_MODULES", "")) / "kotlin-compiler" / "lib"
    if shutil.which("java") is None or not (library / "kotlin-compiler.jar").is_file():
        pytest.skip("needs Java, and EDGEKIT_NODE_MODULES=PATH of a node_modules with kotlin-compiler")
    return Kotlin(library)
