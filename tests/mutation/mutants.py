"""The changes: what is altered in a module, one thing at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What decides nothing: types, the words of sentences, what only tells a type checker something.
SKIPPED_FIELDS = ("annotation", "returns", "decorator_list", "bases", "type_params")
SKIPPED_NODES = (ast.JoinedStr, ast.Assert, ast.Import, ast.ImportFrom)
# Arguments that change nothing as long as nothing is amiss: lists that belong together have one length.
GUARDS = ("strict",)
DROPPED = (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """One change of a module: which place, which of its variations, both as text, and the line as it stands there."""

    module: str
    site: int
    variation: int
    line: int
    before: str
    after: str
    source: str = ""


@dataclass
class _Site:
    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Every change that there is to make in a module."""
    tree = ast.parse(source)
    lines = source.splitlines()
    found = []
    for number, site in enumerate(_sites(tree)):
        if isinstance(site.parent, ast.keyword) and site.parent.arg in GUARDS:
            continue
        for variation, new in enumerate(_variations(site.node)):
            before = ast.unparse(site.node)
            if ast.unparse(new) != before:
                # Some nodes (the clauses of a comprehension) have no line of their own.
                line = getattr(site.node, "lineno", getattr(site.parent, "lineno", 0))
                after = _short(ast.unparse(new))
                found.append(Mutant(module, number, variation, line, _short(before), after, lines[line - 1].strip()))
    return found


def mutated(source: str, mutant: Mutant) -> str:
    """The module's source with that change."""
    return ast.unparse(changed(source, mutant))


def changed(source: str, mutant: Mutant) -> ast.Module:
    """The same as a tree, whose lines are those of the source."""
    tree = ast.parse(source)
    site = next(site for number, site in enumerate(_sites(tree)) if number == mutant.site)
    new = ast.copy_location(_variations(site.node)[mutant.variation], site.node)
    if site.index is None:
        setattr(site.parent, site.field, new)
    else:
        getattr(site.parent, site.field)[site.index] = new
    return ast.fix_missing_locations(tree)


def _sites(tree: ast.AST) -> Iterator[_Site]:
    """Every node that may be changed, with where it hangs, always in the same order."""
    for field, value in ast.iter_fields(tree):
        if field in SKIPPED_FIELDS or (isinstance(tree, ast.ClassDef) and field == "keywords"):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(node, SKIPPED_NODES) or _is_alias(node):
                continue
            yield _Site(tree, field, index, node)
            yield from _sites(node)


def _is_alias(node: ast.AST) -> bool:
    """Whether it names a type (`Covers = Literal[…]`): constants are in capitals."""
    if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
        return False
    name = node.targets[0].id
    return name[:1].isupper() and not name.isupper() and isinstance(node.value, ast.Subscript | ast.BinOp)


def _variations(node: ast.AST) -> list[ast.AST]:
    """What may stand for a node."""
    new: list[ast.AST] = []
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                changed = copy.deepcopy(node)
                changed.ops[place] = COMPARISONS[type(operator)]()
                new.append(changed)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS:
        operation = copy.deepcopy(node)
        operation.op = OPERATORS[type(node.op)]()
        new.append(operation)
    elif isinstance(node, ast.BoolOp):
        joined = copy.deepcopy(node)
        joined.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        new.append(joined)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        new.append(copy.deepcopy(node.operand))
    elif isinstance(node, ast.Constant):
        new.extend(ast.Constant(value) for value in _other_values(node.value))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        called = copy.deepcopy(node)
        called.func = ast.Name(CALLS[node.func.id], ast.Load())
        new.append(called)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        new.append(ast.Return(ast.Constant(None)))
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        negated = copy.deepcopy(node)
        negated.test = ast.UnaryOp(ast.Not(), negated.test)
        new.append(negated)
    if isinstance(node, ast.comprehension) and node.ifs:
        unconditional = copy.deepcopy(node)
        unconditional.ifs = []
        new.append(unconditional)
    if isinstance(node, DROPPED) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.YieldFrom)):
        new.append(ast.Pass())
    return new


def _other_values(value: object) -> list[bool | int | float]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    return [value * 2 if value else 1.0] if isinstance(value, float) else []


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _short(text: str, longest: int = 110) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
