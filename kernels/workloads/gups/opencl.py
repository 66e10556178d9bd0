"""The updates in OpenCL C: a work-item a part of the table."""

from __future__ import annotations

from .stream import POLY

_TEXT = """\
__kernel void NAME(__global ulong *table, __global ulong *streams, const long mask, const long updates)
{
    const size_t part = get_global_id(0);
    __global ulong *cells = table + part * ((ulong)mask + 1);
    ulong number = streams[part];
    ulong sum = 0;
    for (long step = 0; step < updates; step++) {
        number = (number << 1) ^ ((ulong)((long)number >> 63) & POLY);
        WORK;
    }
    streams[part] = KEPT;
}
"""


def _source(name: str, work: str, kept: str) -> str:
    words = {"NAME": name, "WORK": work, "KEPT": kept, "POLY": str(POLY)}
    text = _TEXT
    for word, value in words.items():
        text = text.replace(word, value)
    return text


UPDATE = _source("update", "cells[number & (ulong)mask] ^= number", "number")
# The same places read: what the table's memory allows.
LOOK = _source("look", "sum ^= cells[number & (ulong)mask]", "sum")
