"""Filling operands and taking prints in plain Python, for devices of tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import Box, values
from .prints import prints_of


def fill(
    target: Any, seed: int, offset: int, line: int, top: int, left: int, rows: int, columns: int,
    least: int, span: int, start: int, stop: int,
) -> None:  # fmt: skip
    """See inputs.values: one number an item, from `offset` on."""
    lines = -(-stop // line)
    whole = np.zeros((max(lines, top + rows), line), np.int64)
    whole[top : top + rows, left : left + columns] = values(Box(lines, line, rows, columns, least, span), seed)
    target[offset + start : offset + stop] = whole.ravel()[start:stop]


def take_prints(
    prints: Any, product: Any, lines: int, columns: int, line: int, elements: int, start: int, stop: int
) -> None:
    """See prints.prints_of."""
    for item in range(start, stop):
        number, row = divmod(item, lines)
        begin = number * elements + row * line
        whole = np.asarray(product[begin : begin + columns]).astype(np.int64)
        prints[item] = prints_of(whole[None], row)[0]
