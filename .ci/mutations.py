"""The small mistakes that a hand makes in a line of Python: what can be changed in a source, and how.

Beside what cosmic-ray changes (operators and numbers, one by one), these leave out calls, errors and results, take the
other branch and swap arguments. Annotations, decorators, logs, the texts of errors and what type checkers alone read
are left as they are: no change there reaches anybody. So are guards for who writes code (records that cannot be
changed, `zip` that counts) and what is only logged for who looks for a fault.

A mistake is as large as one that is made: many things become twice as many, not one more, and a bound of what is
measured in fractions is turned round, for no measurement lies on it to the last bit. Small numbers and bounds of whole
numbers move by one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mutation(NamedTuple):
    """One change: the bytes of a source from `start` to `end`, each (line from 1, byte from 0), become `text`."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    kind: str

    def applied_to(self, source: str) -> str:
        """Return the source with this change."""
        lines = source.encode().splitlines(keepends=True)
        before = b"".join(lines[: self.start[0] - 1]) + lines[self.start[0] - 1][: self.start[1]]
        after = lines[self.end[0] - 1][self.end[1] :] + b"".join(lines[self.end[0] :])
        return (before + self.text.encode() + after).decode()

    def compiles_in(self, source: str) -> bool:
        """Tell whether the changed source is still Python: not every expression may be replaced where it stands."""
        try:
            compile(self.applied_to(source), "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True


_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "+", ast.Pow: "*",
    ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip
_FUNCTIONS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_MANY: Final = 32
_TURNED: Final[dict[type[ast.cmpop], str]] = {ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<"}
_CODERS_GUARDS: Final = {"class": ("frozen", "kw_only", "eq", "slots"), "zip": ("strict",)}
# Whose two arguments are alike, or whose swap no type checker would let pass.
_SYMMETRIC: Final = frozenset({"isinstance", "min", "max", "cast", "np.minimum", "np.maximum", "getattr", "hasattr"})


def mutations(source: str) -> list[Mutation]:
    """Return every change of a module's source, in the order of its syntax tree."""
    tree = ast.parse(source)
    fractions = set(_fractions(tree))
    silent = {id(inner) for node in ast.walk(tree) for outer in _silent(node) for inner in ast.walk(outer)}
    return [
        Mutation((place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset), text, kind)
        for node in ast.walk(tree)
        if id(node) not in silent
        for place, text, kind in _changes(node, fractions)
        if place.end_lineno is not None and place.end_col_offset is not None
    ]


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what of a node no change of reaches anybody."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        yield from (one.annotation for one in arguments if one is not None and one.annotation is not None)
        yield from node.decorator_list
        if node.returns is not None:
            yield node.returns
    elif isinstance(node, ast.ClassDef):
        yield from node.decorator_list
        yield from (one for one in node.keywords if one.arg in _CODERS_GUARDS["class"])
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation
    elif isinstance(node, ast.If):
        test = ast.unparse(node.test)
        if "TYPE_CHECKING" in test or test == "__name__ == '__main__'":
            yield node
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield from node.exc.args
        yield from node.exc.keywords
    elif isinstance(node, ast.JoinedStr):
        yield node
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if ast.unparse(node.value.func) in ("_LOG.debug", "_LOG.info"):
            yield node
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called.startswith("_LOG.") or called in ("TypeVar", "Protocol"):
            yield node
        yield from (one for one in node.keywords if one.arg in _CODERS_GUARDS.get(called, ()))


def _fractions(tree: ast.Module) -> Iterator[str]:
    """Yield the module's own names of numbers with a fraction."""
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, float):
            yield target.id


def _changes(node: ast.AST, fractions: set[str]) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    """Yield what is replaced, by what, and the kind of change. fractions: names of numbers with a fraction."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        kind = type(node.ops[0])
        measured = any(_is_fraction(one, fractions) for one in (node.left, *node.comparators))
        sign = _TURNED[kind] if measured and kind in _TURNED else _COMPARISONS[kind]
        yield node, f"({ast.unparse(node.left)} {sign} {ast.unparse(node.comparators[0])})", "comparison"
    elif isinstance(node, ast.expr):
        yield from _changes_of_expression(node)
    elif isinstance(node, ast.stmt):
        yield from _changes_of_statement(node)


def _is_fraction(node: ast.expr, fractions: set[str]) -> bool:
    """Tell whether a number with a fraction is part of an expression, by itself or by its name."""
    return any(
        (isinstance(one, ast.Constant) and isinstance(one.value, float) and not one.value.is_integer())
        or (isinstance(one, ast.Name) and one.id in fractions)
        for one in ast.walk(node)
    )


def _changes_of_statement(node: ast.stmt) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    if isinstance(node, ast.If):
        yield node.test, f"not ({ast.unparse(node.test)})", "invert-if"
        yield node.test, "False", "if-false"
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield node, "return None", "return-none"
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield node, "pass", "drop-call"
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript))
    ):
        yield node, "pass", "drop-assignment"
    elif isinstance(node, ast.Break):
        yield node, "continue", "break-continue"
    elif isinstance(node, ast.Continue):
        yield node, "break", "continue-break"
    elif isinstance(node, ast.Raise):
        yield node, "pass", "drop-raise"


def _changes_of_expression(node: ast.expr) -> Iterator[tuple[ast.expr, str, str]]:
    written = ast.unparse
    if isinstance(node, ast.IfExp):
        yield node, f"({written(node.orelse)} if {written(node.test)} else {written(node.body)})", "swap-branches"
    elif isinstance(node, ast.BoolOp):
        ours, other = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
        parts = [f"({written(one)})" for one in node.values]
        yield node, f"({other.join(parts)})", "and-or"
        yield node, f"({ours.join(parts[:-1])})", "drop-last-operand"
        yield node, f"({ours.join(parts[1:])})", "drop-first-operand"
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
            sign = _OPERATORS[type(node.op)]
            yield node, f"(({written(node.left)}) {sign} ({written(node.right)}))", "operator"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, f"bool({written(node.operand)})", "drop-not"
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield node, str(not node.value), "constant"
        elif isinstance(node.value, int):
            yield node, str(node.value * 2 if node.value >= _MANY else node.value + 1), "number"
        elif isinstance(node.value, float):
            yield node, repr(node.value * 2 if node.value else 1.0), "number"
    elif isinstance(node, ast.Call):
        yield from _changes_of_call(node)


def _changes_of_call(node: ast.Call) -> Iterator[tuple[ast.expr, str, str]]:
    called = ast.unparse(node.func)
    if called in ("sorted", "reversed") and len(node.args) == 1:
        yield node, f"list({ast.unparse(node.args[0])})", "drop-order"
    elif called in _FUNCTIONS and node.args and (called in ("min", "max") or len(node.args) == 1):
        yield node.func, _FUNCTIONS[called], "other-function"
    if len(node.args) == 2 and not node.keywords and called not in _SYMMETRIC:
        first, second = (ast.unparse(one) for one in node.args)
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        if first != second and not starred and not isinstance(node.args[0], ast.Constant):
            yield node, f"{called}({second}, {first})", "swap-arguments"
