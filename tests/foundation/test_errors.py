import copy
import pickle

import pytest

from edgekit.foundation import errors
from edgekit.foundation.errors import EdgekitError, MissingExtraError, UnknownNameError, first_line_of


class NoTextError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("broken\nand much more"), "broken"),
        (ValueError("\n\n  broken  \n"), "broken"),
        (RuntimeError(), "RuntimeError"),
        (KeyError(), "KeyError"),
        (NoTextError(), "NoTextError"),
        (ValueError("x" * 1000), "x" * 300),
    ],
)
def test_an_exception_is_told_by_its_first_line_and_by_its_class_where_it_says_nothing(
    error: Exception, line: str
) -> None:
    assert first_line_of(error) == line


def test_every_error_can_come_from_another_process() -> None:
    """A pool of processes pickles what its tasks raise, and breaks where that fails."""
    raised = [
        UnknownNameError("runtime", "onx", ["onnxruntime"]),
        MissingExtraError("edgekit train", "keras", "train"),
        *(
            kind("Said.")
            for kind in vars(errors).values()
            if isinstance(kind, type) and kind.__init__ is Exception.__init__
        ),
    ]
    assert sum(isinstance(error, EdgekitError) for error in raised) >= 14
    for error in raised:
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(again) is type(error)
            assert str(again) == str(error)
