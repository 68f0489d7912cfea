"""Checks values of JSON documents against annotations: the types that the code declares are the schema of its files.

A file of a run may come from a stranger, or from a hand that edited it. A document that stays a dictionary is
described by a `TypedDict`, one that becomes an object by a dataclass; numbers and texts get limits through
`Annotated`. Reads no file.

    class Settings(TypedDict, total=False):
        epochs: Annotated[int, Limits(low=1)]

    conform(Settings, {"epochs": "many"})  # 'epochs' must be a whole number of at least 1. Received 'many'
"""

import dataclasses
import math
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import (
    Annotated,
    Any,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from edgekit.foundation.errors import EdgekitError

T = TypeVar("T")

LARGEST_WHOLE = 2**63 - 1
"""What numpy and every database hold; a larger number means damage."""

LARGEST_SHOWN = 80
"""Characters of a wrong value that a message repeats."""

_Read = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """In `Annotated`: the range of a number, both ends included.

    Attributes:
        low: The smallest.
        high: The largest.
    """

    low: float = -math.inf
    high: float = math.inf

    @property
    def words(self) -> str:
        """For a message: " of at least 1", " from 0 to 1"."""
        if self.low > -math.inf and self.high < math.inf:
            return f" from {self.low:g} to {self.high:g}"
        if self.low > -math.inf:
            return f" of at least {self.low:g}"
        return f" of at most {self.high:g}" if self.high < math.inf else ""


Count = Annotated[int, Limits(low=0)]
Share = Annotated[float, Limits(low=0, high=1)]
Change = Annotated[float, Limits(low=-1, high=1)]
Positive = Annotated[float, Limits(low=0)]
Epoch = Annotated[int, Limits(low=0, high=10**9)]
"""Of a training, from 1; 0 for none."""


class SchemaError(ValueError):
    """A value that is something else than its schema says.

    Attributes:
        expected: What was expected, as in "a whole number of at least 1".
        received: What was there, shortened; None if nothing was.
        where: Its place in the document, as in "candidates[3].accuracy"; "" for the document itself.
    """

    def __init__(self, expected: str, received: str | None) -> None:
        super().__init__(expected)
        self.expected, self.received, self.where = expected, received, ""

    def under(self, key: str | int) -> "SchemaError":
        """The same error, seen from what holds the value under `key`."""
        step = f"[{key}]" if isinstance(key, int) else str(key)
        separator = "" if self.where.startswith("[") or not self.where else "."
        self.where = f"{step[:LARGEST_SHOWN]}{separator}{self.where}"
        return self

    @property
    def what(self) -> str:
        """The place as a subject: "'candidates[3].accuracy'"."""
        return f"'{self.where}'" if self.where else "the document"

    def __str__(self) -> str:
        if self.received is None:
            return f"{self.what} is missing; expected {self.expected}"
        return f"{self.what} must be {self.expected}. Received {self.received}"


def conform(kind: Any, value: Any) -> Any:
    """`value`, as JSON gives it, as `kind` says it.

    Args:
        kind: A type or annotation: bool, int, float, str, Any, an enum, a dataclass, a TypedDict, `list`, `tuple`,
            `dict` or `Mapping` of such, `X | None`, `Annotated[X, Limits(...)]`.
        value: What JSON gave.

    Returns:
        The value: lists as tuples if `kind` says so, objects as dataclasses; keys of a TypedDict that it does not
        name are kept as they are, those of a dataclass left out.

    Raises:
        SchemaError: It is something else.
    """
    return _reader(kind)(value)


def conform_to(kind: type[T], value: Any) -> T:
    """`conform` for a class, typed."""
    return cast(T, conform(kind, value))


@cache
def _reader(kind: Any) -> _Read:
    """The function that checks and converts values of `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Required, NotRequired):
        return _reader(arguments[0])
    if origin is Annotated:
        return _limited(_reader(arguments[0]), [each for each in arguments[1:] if isinstance(each, Limits)])
    if origin in (Union, types.UnionType):
        return _one_of([_reader(each) for each in arguments if each is not types.NoneType], types.NoneType in arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is list:
        return _list(_reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_reader(arguments[1]))
    if is_typeddict(kind):
        return _typed_dict(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    return _PLAIN[kind]


def _limited(read: _Read, limits: list[Limits]) -> _Read:
    def check(value: Any) -> Any:
        try:
            found = read(value)
        except SchemaError as error:
            if not error.where:
                error.expected += "".join(each.words for each in limits)
            raise
        for each in limits:
            if not each.low <= found <= each.high:
                whole = "a whole number" if isinstance(found, int) else "a number"
                raise SchemaError(whole + each.words, _shown(value))
        return found

    return check


def _one_of(readers: list[_Read], may_be_null: bool) -> _Read:
    def check(value: Any) -> Any:
        if value is None and may_be_null:
            return None
        for read in readers[:-1]:
            try:
                return read(value)
            except SchemaError:
                continue
        return readers[-1](value)

    return check


def _tuple(kinds: tuple[Any, ...]) -> _Read:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        read_list = _list(_reader(kinds[0]))
        return lambda value: tuple(read_list(value))
    readers = [_reader(kind) for kind in kinds]

    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != len(readers):
            raise SchemaError(f"a list of {len(readers)} values", _shown(value))
        return tuple(_each(read, place, item) for place, (read, item) in enumerate(zip(readers, value, strict=True)))

    return check


def _list(read: _Read) -> _Read:
    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise SchemaError("a list", _shown(value))
        return [_each(read, place, item) for place, item in enumerate(value)]

    return check


def _mapping(read: _Read) -> _Read:
    def check(value: Any) -> Any:
        return {key: _each(read, key, item) for key, item in _object(value).items()}

    return check


def _typed_dict(kind: Any) -> _Read:
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    required = kind.__required_keys__

    def check(value: Any) -> Any:
        found = dict(_object(value))
        for name, read in readers.items():
            if name in found:
                found[name] = _each(read, name, found[name])
            elif name in required:
                raise SchemaError("a value", None).under(name)
        return found

    return check


def _dataclass(kind: Any) -> _Read:
    hints = get_type_hints(kind, include_extras=True)
    fields = [
        (field.name, str(field.metadata.get("json", field.name)), _reader(hints[field.name]), _has_default(field))
        for field in dataclasses.fields(kind)
        if field.init
    ]

    def check(value: Any) -> Any:
        document, found = _object(value), {}
        for name, key, read, has_default in fields:
            if key in document:
                found[name] = _each(read, key, document[key])
            elif not has_default:
                raise SchemaError("a value", None).under(key)
        try:
            return kind(**found)
        except SchemaError:
            raise
        except (EdgekitError, ValueError) as error:  # the class checks what no annotation can say
            raise SchemaError(f"values that belong together ({error})", _shown(value)) from error

    return check


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _enum(kind: type[Enum]) -> _Read:
    values = {each.value: each for each in kind}

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in values:
            raise SchemaError(f"one of {', '.join(values)}", _shown(value))
        return values[value]

    return check


def _each(read: _Read, key: str | int, value: Any) -> Any:
    try:
        return read(value)
    except SchemaError as error:
        raise error.under(key) from error.__cause__


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SchemaError("a JSON object", _shown(value))
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SchemaError("a text", _shown(value))
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise SchemaError("true or false", _shown(value))
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
        raise SchemaError("a whole number", _shown(value))
    return value


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, int) and abs(value) > LARGEST_WHOLE) or not math.isfinite(value):
        raise SchemaError("a number", _shown(value))
    return float(value)


_PLAIN: dict[Any, _Read] = {
    Any: lambda value: value,
    object: lambda value: value,
    bool: _flag,
    int: _whole,
    float: _number,
    str: _text,
}


def _shown(value: Any) -> str:
    """A wrong value as a message repeats it: short, whatever it is."""
    if isinstance(value, Mapping):
        return f"an object of {len(value)} keys" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return "a whole number of more than 63 bits"
    text = repr(value)
    return text if len(text) <= LARGEST_SHOWN else f"{text[:LARGEST_SHOWN]}…"
