"""Swift without its compiler: the arithmetic of generated code, carried over to Python by its syntax tree.

Only what `Preprocessing.swift` consists of is known: functions, structs, loops over ranges, conditions, arrays and
numbers. Anything else is an error. Int divides like Swift's, Float is numpy's float32, UInt8 holds 0 to 255 or fails.
"""

import keyword
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from support.code.syntax import parsed


class Integer(int):
    """Swift's Int: a quotient is cut off."""

    def __truediv__(self, other: object) -> "Integer":
        assert isinstance(other, int)
        assert self >= 0 < other, "the code divides no negative numbers"
        return Integer(int(self) // int(other))


def _closed(name: str) -> Callable[..., Any]:
    operation = getattr(int, name)

    def operate(self: Integer, other: object) -> Any:
        result = operation(self, other)
        return result if result is NotImplemented else Integer(result)

    return operate


for _name in ("add", "sub", "mul", "mod", "rshift", "lshift", "radd", "rsub", "rmul"):
    setattr(Integer, f"__{_name}__", _closed(f"__{_name}__"))


def _byte(value: int) -> Integer:
    assert isinstance(value, int)
    assert 0 <= value <= 255, f"{value} is no UInt8"
    return Integer(value)


def _rounded(value: Any, how: str) -> Any:
    return {"down": np.floor, "up": np.ceil, "toNearestOrEven": np.rint}[how](value)


_RUNTIME: dict[str, Any] = {
    "Int": lambda value: Integer(int(value)),
    "Float": np.float32,
    "Double": float,
    "UInt8": _byte,
    "number": Integer,
    "span": lambda low, high: map(Integer, range(low, high)),
    "repeated": lambda value, count: [value] * count,
    "rounded": _rounded,
}
LEFT_OUT = {"ranked"}
"""Functions whose Swift goes beyond arithmetic."""


def runnable(path: Path) -> dict[str, Any]:
    """The functions and structs of a generated `Preprocessing.swift`, by name, and `Fault`, which they raise."""
    [namespace] = [each for each in parsed(path.read_bytes(), "swift").children if each.type == "class_declaration"]
    source = "class Fault(Exception): pass\n" + "".join(_declarations(namespace.child_by_field_name("body"), ""))
    names = dict(_RUNTIME)
    exec(compile(source, str(path), "exec"), names)
    return names


def _text(node: Any) -> str:
    """As it stands there; a name that is a word of Python's gets a mark."""
    text = str(node.text.decode())
    return f"{text}_" if keyword.iskeyword(text) else text


def _declarations(body: Any, indent: str, properties: tuple[str, ...] = ()) -> Iterator[str]:
    for node in body.named_children:
        name = node.child_by_field_name("name")
        if node.type == "property_declaration":
            yield f"{indent}{_text(name)} = {_expression(node.child_by_field_name('value'))}\n"
        elif node.type == "typealias_declaration":
            yield f"{indent}{_text(name)} = {_text(node.named_children[-1])}\n"
        elif node.type == "class_declaration" and _text(name) != "Fault":
            yield from _struct(node, _text(name))
        elif node.type in ("function_declaration", "init_declaration"):
            called = "__init__" if node.type == "init_declaration" else _text(name)
            if called not in LEFT_OUT:
                yield from _function(node, called, indent, properties)
        else:
            assert node.type in ("comment", "class_declaration"), node.type


def _struct(node: Any, name: str) -> Iterator[str]:
    body = node.child_by_field_name("body")
    stored = [_text(each.child_by_field_name("name")) for each in body.named_children if _is_stored(each)]
    yield f"class {name}:\n"
    if not any(each.type == "init_declaration" for each in body.named_children):
        yield f"    def __init__(self, {', '.join(stored)}):\n"
        yield from (f"        self.{each} = {each}\n" for each in stored)
    for each in body.named_children:
        if each.type in ("function_declaration", "init_declaration"):
            called = "__init__" if each.type == "init_declaration" else _text(each.child_by_field_name("name"))
            yield from _function(each, called, "    ", tuple(stored))


def _is_stored(node: Any) -> bool:
    return node.type == "property_declaration"


def _function(node: Any, name: str, indent: str, properties: tuple[str, ...]) -> Iterator[str]:
    parameters = [
        [_text(part) for part in each.children if part.type == "simple_identifier"][-1]
        for each in node.named_children
        if each.type == "parameter"
    ]
    yield f"{indent}def {name}({', '.join([*(['self'] if properties else []), *parameters])}):\n"
    if name != "__init__":
        yield from (f"{indent}    {each} = self.{each}\n" for each in properties)
    [body] = [each for each in node.named_children if each.type == "function_body"]
    yield from _statements(body.named_children[0], f"{indent}    ")


def _statements(block: Any, indent: str) -> Iterator[str]:
    for node in block.named_children:
        parts = node.named_children
        if node.type == "property_declaration":
            value = node.child_by_field_name("value")
            yield f"{indent}{_text(node.child_by_field_name('name'))} = {_expression(value)}\n"
        elif node.type == "assignment":
            operator = _text(node.child_by_field_name("operator"))
            yield f"{indent}{_expression(parts[0])} {operator} {_expression(node.child_by_field_name('result'))}\n"
        elif node.type == "for_statement":
            collection = _expression(node.child_by_field_name("collection"))
            yield f"{indent}for {_text(node.child_by_field_name('item'))} in {collection}:\n"
            yield from _statements(parts[-1], f"{indent}    ")
        elif node.type == "guard_statement":
            yield f"{indent}if not ({_expression(node.child_by_field_name('condition'))}):\n"
            yield from _statements(parts[-1], f"{indent}    ")
        elif node.type == "control_transfer_statement":
            word = "raise" if _text(node).startswith("throw") else "return"
            yield f"{indent}{word} {_expression(parts[-1])}\n"
        elif node.type == "call_expression":
            yield f"{indent}{_expression(node)}\n"
        else:
            assert node.type == "comment", f"{node.type}: {_text(node)}"


_OPERATORS = ("additive", "multiplicative", "equality", "comparison", "conjunction", "disjunction", "infix", "bitwise")
_WORDS = {"&&": "and", "||": "or"}


def _expression(node: Any) -> str:
    """As Python. Chains of operators keep their order in the text: the parser's grammar has `==` below `||`."""
    parts = node.named_children
    kind = node.type
    if kind in ("simple_identifier", "real_literal", "self_expression", "user_type"):
        return _text(node)
    if kind == "integer_literal":
        return f"number({_text(node)})"
    if kind.rpartition("_")[0] in _OPERATORS:
        sides = (node.child_by_field_name("lhs"), node.child_by_field_name("op"), node.child_by_field_name("rhs"))
        left, operator, right = _expression(sides[0]), _text(sides[1]), _expression(sides[2])
        return f"{left} {_WORDS.get(operator, operator)} {right}"
    if kind == "line_string_literal":
        return "str()"
    if kind == "ternary_expression":
        condition, yes, no = (_expression(node.child_by_field_name(f)) for f in ("condition", "if_true", "if_false"))
        return f"({yes} if {condition} else {no})"
    if kind in ("tuple_expression", "directly_assignable_expression", "try_expression"):
        inner = _expression(parts[-1])
        return f"({inner})" if kind == "tuple_expression" else inner
    if kind == "range_expression":
        return f"span({_expression(node.child_by_field_name('start'))}, {_expression(node.child_by_field_name('end'))})"
    if kind == "array_literal":
        return f"[{', '.join(map(_expression, parts))}]"
    if kind == "prefix_expression":
        return repr(_text(node).removeprefix("."))
    if kind == "navigation_expression":
        target, name = _expression(parts[0]), _text(parts[1]).removeprefix(".")
        return f"number(len({target}))" if name == "count" else f"{target}.{name}"
    assert kind == "call_expression", f"{kind}: {_text(node)}"
    return _call(parts[0], parts[1])


def _call(callee: Any, suffix: Any) -> str:
    [inside] = suffix.named_children
    method = _text(callee).rpartition(".")[2]
    if inside.type == "lambda_literal":
        assert (method, _text(inside)) == ("map", "{ Int($0) }"), _text(inside)
        return f"[Int(each) for each in {_expression(callee.named_children[0])}]"
    arguments = [_expression(each.child_by_field_name("value")) for each in inside.named_children]
    given = ", ".join(arguments)
    if callee.type == "array_literal":
        return f"repeated({given})"
    if method == "rounded":
        return f"rounded({_expression(callee.named_children[0])}, {given})"
    opened, closed = ("[", "]") if _text(suffix).startswith("[") else ("(", ")")
    return f"{_expression(callee)}{opened}{given}{closed}"
