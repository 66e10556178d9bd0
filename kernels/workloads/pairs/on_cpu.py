"""Filling operands and taking prints on the CPU, compiled by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inputs import FIRST_FACTOR, SECOND_FACTOR, STEP
from .prints import FIRST_FACTOR as FIRST_PRINT_FACTOR
from .prints import PLACE_STEP
from .prints import SECOND_FACTOR as SECOND_PRINT_FACTOR

_STEP, _FIRST, _SECOND = np.uint64(STEP), np.uint64(FIRST_FACTOR), np.uint64(SECOND_FACTOR)
_PLACE = np.uint32(PLACE_STEP)
_FIRST_PRINT, _SECOND_PRINT = np.uint32(FIRST_PRINT_FACTOR), np.uint32(SECOND_PRINT_FACTOR)


def fill(
    target: Any, seed: int, offset: int, line: int, top: int, left: int, rows: int, columns: int,
    least: int, span: int, start: int, stop: int,
) -> None:  # fmt: skip
    """See inputs.values: one number an item, from `offset` on."""
    for item in range(start, stop):
        row = item // line - top
        column = item % line - left
        if row < 0 or row >= rows or column < 0 or column >= columns:
            target[offset + item] = 0
        else:
            mixed = np.uint64(row * columns + column + 1) * _STEP + np.uint64(seed)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed ^= mixed >> np.uint64(31)
            target[offset + item] = np.int64((mixed >> np.uint64(32)) * np.uint64(span) >> np.uint64(32)) + least


def take_prints(
    prints: Any, product: Any, lines: int, columns: int, line: int, elements: int, start: int, stop: int
) -> None:
    """See prints.prints_of: one line an item; products of `lines` lines, `elements` numbers apart."""
    for item in range(start, stop):
        number = item // lines
        row = item % lines
        begin = number * elements + row * line
        place = np.uint32(row * columns)
        total = np.uint32(0)
        for column in range(columns):
            mixed = np.uint32(np.int64(product[begin + column])) ^ np.uint32((place + np.uint32(column)) * _PLACE)
            mixed = np.uint32((mixed ^ (mixed >> np.uint32(16))) * _FIRST_PRINT)
            mixed = np.uint32((mixed ^ (mixed >> np.uint32(13))) * _SECOND_PRINT)
            total = np.uint32(total + (mixed ^ (mixed >> np.uint32(16))))
        prints[item] = total
