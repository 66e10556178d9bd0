"""The right answers, in closed forms: what numbers are after any number of launches."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from . import on_amx
from .formats import FORMATS, STEPS
from .plain import dot_step

Numbers = npt.NDArray[Any]
Tiles = on_amx.Tiles
# The factor of floating-point steps. Modulo 2³² it is 5 modulo 8: the course is then as long as can be.
FLIP = -1
WORD = 1 << 32
# Whole numbers up to here have all their bits in a bfloat16.
LARGEST_BFLOAT16 = 1 << 7


def constants(number: str, challenge: str, device_id: str, run_id: str) -> tuple[int, int]:
    """The two constants of the steps, from the challenge: m and c."""
    drawn = _drawn("constants", number, challenge, device_id, run_id).random_raw(2)
    if number == "int32":
        return int(drawn[0]) % WORD // 8 * 8 + 5, int(drawn[1]) % WORD // 2 * 2 + 1
    if number == "int8":
        # Bytes below 128 are the same whether they are read with a sign or without.
        return int(drawn[0]) & 0x7F7F7F7F | 0x01010101, 0
    if number == "bfloat16":
        return FLIP, int(drawn[1]) % LARGEST_BFLOAT16 + 1
    return FLIP, int(drawn[1]) % (1 << FORMATS[number].seed_bits) + 1


def beginnings(number: str, count: int, challenge: str, device_id: str, run_id: str) -> Numbers:
    """The numbers that a state begins with, from the challenge."""
    bits = _drawn("numbers", number, challenge, device_id, run_id).random_raw(count)
    kept = bits >> np.uint64(64 - FORMATS[number].seed_bits)
    return kept.astype(FORMATS[number].stored)


def tiles(number: str, challenge: str, device_id: str, run_id: str) -> Tiles:
    """What AMX multiplies, from the challenge: see `on_amx`."""
    return on_amx.multiplied(number, _drawn("tiles", number, challenge, device_id, run_id))


def contents(number: str, first: Numbers, multiplied: Tiles | None) -> tuple[bytes, bytes]:
    """What a kernel's buffers hold at first; `multiplied`: the tiles of AMX's."""
    return first.tobytes(), first.tobytes() if multiplied is None else on_amx.in_memory(number, multiplied)


def _drawn(*texts: str) -> np.random.PCG64:
    text = "\0".join(("hashwatt peak 1", *texts))
    return np.random.PCG64(int.from_bytes(sha256(text.encode()).digest(), "big"))


def after(number: str, first: Numbers, turns: int, launches: int, m: int, c: int) -> Numbers:
    """What the numbers are after so many launches of so many turns."""
    if not launches:
        return first
    if number == "int8":
        values = first
        for _ in range(turns * STEPS):
            values = dot_step(values, m)
        return values
    if number == "int32":
        # A turn is x ← a·x + b, and so is any number of them.
        a, b = 1, 0
        for step in range(STEPS):
            a, b = a * m % WORD, (b * m + c + (step == STEPS - 1)) % WORD
        a, b = _power(a, b, turns * launches)
        return ((first.astype(np.uint64) * np.uint64(a) + np.uint64(b)) % np.uint64(WORD)).astype(first.dtype)
    return (first.astype(np.float64) + launches).astype(first.dtype)


def after_sweep(first: Numbers, steps: int, passes: int, c: int) -> Numbers:
    """What the sweep's numbers are after so many passes: one step gives c + 1 − x, an even number of them adds 1."""
    if steps % 2:
        return first if passes % 2 == 0 else c + 1.0 - first
    return first + passes


def _power(a: int, b: int, times: int) -> tuple[int, int]:
    """x ← a·x + b, so many times, as one such step."""
    total_a, total_b = 1, 0
    while times:
        if times & 1:
            total_a, total_b = total_a * a % WORD, (total_b * a + b) % WORD
        a, b = a * a % WORD, (a * b + b) % WORD
        times >>= 1
    return total_a, total_b
