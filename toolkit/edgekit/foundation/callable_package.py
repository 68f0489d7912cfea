"""A package that is a function too: `edgekit.runtimes` holds modules, and `edgekit.runtimes()` lists the runtimes.

Importing any module of a package sets the attribute of that name in its parent, so a function of the same name there
would be replaced. The package itself is made callable instead.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect import Signature


class CallablePackage(ModuleType):
    """A package that passes calls on to a function, which is imported at the first call."""

    _function: str
    """The function, as "package.module:name"."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self._load()(*args, **kwargs)

    @property
    def __signature__(self) -> "Signature":
        """What `inspect.signature` and the help of a notebook show."""
        import inspect

        return inspect.signature(self._load())

    def _load(self) -> Callable[..., Any]:
        module, _, name = self._function.partition(":")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return function


def make_callable(package: str, function: str) -> None:
    """Let the imported package pass calls on to `function`.

    Args:
        package: Its `__name__`.
        function: "package.module:name"; not imported before the first call.
    """
    module = sys.modules[package]
    module.__class__ = CallablePackage
    module.__dict__["_function"] = function
