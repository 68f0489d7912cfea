"""A data set whose test images come from another place (`--test-data`). Reads no file itself."""

from collections.abc import Callable
from dataclasses import replace

from edgekit.datasets.base import Dataset, DatasetRequest
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted

Load = Callable[[str, DatasetRequest], Dataset]


def with_test_data(spec: str, request: DatasetRequest, load: Load) -> Dataset:
    """The training and validation images of `spec`, all of which are for training, and the test images elsewhere.

    Args:
        spec: Where the training images are.
        request: Its `test_data` says where the test images are; if those alone are needed, `spec` is not read.
        load: What loads one of them.

    Raises:
        DatasetError: One of them is missing or broken, or they have other classes.
    """
    plain = replace(request, test_data=None)
    held_out = load(str(request.test_data), replace(plain, role="test", test_only=True))
    if request.test_only:
        return replace(held_out, name=spec.partition(":")[0])
    base = load(spec, replace(plain, role="training"))
    if base.class_names != held_out.class_names:
        raise DatasetError(
            f"The test images in {request.test_data} have other classes than {spec}: expected "
            f"{_shown(base.class_names)}, received {_shown(held_out.class_names)}. Give the folders the same names."
        )
    return replace(base, test=held_out.test, num_identical=0)


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {counted(len(names) - 5, 'more class')}" if len(names) > 5 else "")
