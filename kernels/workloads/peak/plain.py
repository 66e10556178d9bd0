"""Peak and sweep in plain Python, for devices of tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .formats import FORMATS, STEPS

VALUES_AN_ITEM = 8
Numbers = npt.NDArray[Any]


def _kernel(number: str) -> Callable[..., None]:
    stored = np.dtype(FORMATS[number].stored).type

    def run(last: Numbers, turns: int, factor: int, constant: int, start: int, stop: int) -> None:
        part = slice(start * VALUES_AN_ITEM, stop * VALUES_AN_ITEM)
        values = last[part].copy()
        m, c = stored(factor), stored(constant)
        for step in range(turns * STEPS):
            values = values * m + (c + stored(1) if step % STEPS == STEPS - 1 else c)
        last[part] = values + stored(1 - turns) if FORMATS[number].is_flop else values

    return run


def bfloat16(last: Numbers, turns: int, factor: int, constant: int, start: int, stop: int) -> None:
    """See `formats`."""
    part = slice(start * VALUES_AN_ITEM, stop * VALUES_AN_ITEM)
    values, c = last[part].copy(), np.float32(constant)
    for step in range(turns * STEPS):
        taken = c if step % STEPS == STEPS - 1 else c + np.float32(1)
        values = values - taken if step % 2 else values + taken
    last[part] = values + np.float32(1 - turns)


def int8(last: Numbers, first: Numbers, turns: int, factor: int, constant: int, start: int, stop: int) -> None:
    """See `formats`."""
    part = slice(start * VALUES_AN_ITEM, stop * VALUES_AN_ITEM)
    values = first[part].copy()
    for _ in range(turns * STEPS):
        values = dot_step(values, factor)
    last[part] = values


def dot_step(values: Numbers, factor: int) -> Numbers:
    """x + the four bytes of x times those of `factor`, modulo 2³²."""
    mine = values.astype("<u4").view(np.uint8).reshape(-1, 4).astype(np.uint32)
    other = np.frombuffer(factor.to_bytes(4, "little"), np.uint8).astype(np.uint32)
    added: Numbers = values + (mine * other).sum(axis=1, dtype=np.uint32)
    return added


def _sweep(steps: int) -> Callable[..., None]:
    def run(numbers: Numbers, m: float, c: float, c1: float, start: int, stop: int) -> None:
        part = numbers[start:stop]
        for step in range(steps):
            part[:] = part * m + (c1 if step == steps - 1 else c)

    return run


float64, float32, float16, int32 = (_kernel(number) for number in ("float64", "float32", "float16", "int32"))
sweep1, sweep4, sweep16, sweep64 = (_sweep(steps) for steps in (1, 4, 16, 64))
