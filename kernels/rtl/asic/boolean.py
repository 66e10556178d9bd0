"""The boolean functions of Liberty cells, as truth tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ...errors import InputError

TOKEN = re.compile(r"\s*(?:([A-Za-z_][\w\[\]]*)|([01])|([!'&*|+^()]))")
MOST_INPUTS = 6


def names_in(expression: str) -> list[str]:
    """The inputs that an expression names, each once, in order."""
    return list(dict.fromkeys(re.findall(r"[A-Za-z_][\w\[\]]*", expression)))


def truth_table(expression: str, inputs: Sequence[str]) -> int:
    """Bit i is the function's value where input k is bit k of i. Raises InputError.

    Operators as in the Liberty reference: `!` before or `'` after for NOT; `&`, `*` or nothing for AND;
    `^` for XOR; `|`, `+` for OR, which binds least.
    """
    if len(inputs) > MOST_INPUTS:
        raise InputError(f"the function {expression!r:.60} has more than {MOST_INPUTS} inputs; use a simpler library")
    return _Parser(expression, inputs).parse()


class _Parser:
    def __init__(self, expression: str, inputs: Sequence[str]) -> None:
        self._expression = expression
        self._inputs = inputs
        self._rows = 1 << len(inputs)
        self._all = (1 << self._rows) - 1
        self._tokens = self._tokenised(expression)
        self._next = 0

    def parse(self) -> int:
        table = self._or()
        if self._next != len(self._tokens):
            raise self._fault()
        return table

    def _tokenised(self, expression: str) -> list[str]:
        tokens, position = [], 0
        text = expression.rstrip()
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise self._fault()
            tokens.append(match[1] or match[2] or match[3])
            position = match.end()
        return tokens

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _chain(self, operand: Callable[[], int], signs: str, combine: Callable[[int, int], int]) -> int:
        value = operand()
        while self._peek() and self._peek() in signs:
            self._next += 1
            value = combine(value, operand())
        return value

    def _or(self) -> int:
        return self._chain(self._xor, "|+", lambda a, b: a | b)

    def _xor(self) -> int:
        return self._chain(self._and, "^", lambda a, b: a ^ b)

    def _and(self) -> int:
        value = self._not()
        while True:
            token = self._peek()
            if token in ("&", "*"):
                self._next += 1
            elif not token or (token in "|+^)'"):
                return value
            value &= self._not()

    def _not(self) -> int:
        if self._peek() == "!":
            self._next += 1
            return self._all ^ self._not()
        value = self._atom()
        while self._peek() == "'":
            self._next += 1
            value ^= self._all
        return value

    def _atom(self) -> int:
        token = self._peek()
        self._next += 1
        if token == "(":
            value = self._or()
            if self._peek() != ")":
                raise self._fault()
            self._next += 1
            return value
        if token in ("0", "1"):
            return self._all if token == "1" else 0
        if token in self._inputs:
            index = self._inputs.index(token)
            return sum(1 << row for row in range(self._rows) if row >> index & 1)
        raise self._fault()

    def _fault(self) -> InputError:
        return InputError(
            f"the function {self._expression!r:.60} cannot be read over the inputs {', '.join(self._inputs)}; "
            "correct the Liberty file"
        )
