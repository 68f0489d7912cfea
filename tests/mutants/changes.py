"""The mutants of a module: cosmic-ray's changes of one operator, comparison, number or keyword at a time.

Of the comparisons that one can become, those are tried that leave nothing for the others to find, and the opposite (G.
Kaminski, P. Ammann and J. Offutt, "Improving logic-based testing", J. Systems and Software 86, 2013). An arithmetic
operator becomes one other. Left out is what changes no behavior: annotations, what no compiler accepts, and a change
that another operator of cosmic-ray makes too.
"""

import ast
import contextlib
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS = {
    "Lt": ("LtE", "NotEq"),
    "LtE": ("Lt", "Eq"),
    "Gt": ("GtE", "NotEq"),
    "GtE": ("Gt", "Eq"),
    "Eq": ("LtE", "GtE", "NotEq"),
    "NotEq": ("Lt", "Gt", "Eq"),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
ARITHMETIC = {
    "Add": "Sub",
    "Sub": "Add",
    "Mul": "Div",
    "Div": "Mul",
    "FloorDiv": "Mul",
    "Mod": "Mul",
    "Pow": "Mul",
    "LShift": "RShift",
    "RShift": "LShift",
    "BitOr": "BitAnd",
    "BitAnd": "BitOr",
    "BitXor": "BitAnd",
}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A changed module.

    Attributes:
        source: Its whole text.
        lines: The lines of the changed statement, in the text as it was; of a block only its head.
        function: The function or class that the change is in; "" at the top of the module.
        before: The changed lines as they were, in one line.
        after: The same, changed.
    """

    source: str
    lines: range
    function: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """What the list of explained mutants calls it; the same after other lines of the module have moved."""
        return f"{self.function}: {self.before}  ->  {self.after}"


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of the module in `path` that differs from it and from all others."""
    source = path.read_text()
    found, seen = [], {_meaning(source)}
    for changed, line, function in _changed(source):
        meaning = _meaning(changed)
        if meaning is None or meaning in seen:
            continue
        seen.add(meaning)
        before, after = _difference(source, changed)
        lines = _statement(source, line)
        found.append(Mutant(source=changed, lines=lines, function=function, before=before, after=after))
    return found


def _changed(source: str) -> Iterator[tuple[str, int, str]]:
    """Each changed text, the line of the change and the function around it."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.ast.ast_query import ASTQuery
    from cosmic_ray.mutating import mutate_code

    tree = get_ast(source)
    for name in filter(_is_tried, plugins.operator_names()):
        kind = plugins.get_operator(name)
        operator = kind()
        places = [(node, start) for node in ast_nodes(tree) for start, _ in operator.mutation_positions(node)]
        for number, (node, start) in enumerate(places):
            with contextlib.suppress(AttributeError):  # cosmic-ray 8.7 fails at names with dots
                yield mutate_code(source, operator, number), start[0], ASTQuery(node).get_definition_name() or ""


def _is_tried(name: str) -> bool:
    kind, _, change = name.removeprefix("core/").partition("_")
    before, _, after = change.partition("_")
    if kind == "ReplaceComparisonOperator":
        return after in COMPARISONS[before]
    if kind == "ReplaceBinaryOperator":
        return ARITHMETIC[before] == after
    return not kind.startswith("Variable")  # they need arguments


def _meaning(source: str) -> str | None:
    """The text without comments, layout and annotations; None if it is no Python."""
    try:
        tree = ast.parse(source)
        compile(source, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(value=None)
    return ast.unparse(tree)


def _difference(source: str, changed: str) -> tuple[str, str]:
    old, new = source.splitlines(), changed.splitlines()
    for tag, first, last, start, end in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            return " ".join(" ".join(old[first:last]).split()), " ".join(" ".join(new[start:end]).split())
    raise AssertionError("a mutant without a change")


def _statement(source: str, line: int) -> range:
    """The lines of the innermost statement that holds `line`."""
    innermost = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # outer ones come first
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
            innermost = range(node.lineno, max(end, node.lineno + 1))
    return innermost if line in innermost else range(line, line + 1)
