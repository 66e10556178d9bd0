"""The operations in OpenCL C: neighbouring work-items read neighbouring addresses, on a host four numbers each.

Of the dot product a work-item adds up one block: the host's cores read it number by number, while on a card neighbours
read neighbouring addresses, each a number of every so many.
"""

from __future__ import annotations

from .counts import BLOCK, DOT, OPERATIONS

HOST_VECTOR = 4
# The language has a function `dot` of its own.
ENTRIES = {name: f"stream_{name}" for name in OPERATIONS}
HEAD = """\
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

#ifndef __has_builtin
#define __has_builtin(name) 0
#endif
#if __has_builtin(__builtin_nontemporal_store)
#define STORE(value, place) __builtin_nontemporal_store(value, place)
#else
#define STORE(value, place) (*(place) = (value))
#endif
"""
EACH = """\
kernel void {entry}(global {kind} *target, global const {kind} *olders, global const {kind} *newers, double factor)
{{
    size_t item = get_global_id(0);
    {kind} older = olders[item], newer = newers[item];
    STORE({expression}, &target[item]);
}}
"""
# Four vectors under way, so that none waits for the sum before it; vectors of 512 bits are wrong on some runtimes.
BLOCKS = f"""\
kernel void {ENTRIES[DOT]}(global double *sums, global const double4 *older, global const double4 *newer)
{{{{
    size_t first = get_global_id(0) * {{across}};
    double4 a = 0, b = 0, c = 0, d = 0;
    for (size_t number = 0; number < {BLOCK // 4}; number += 4) {{{{
        size_t at = {{place}};
        a += older[at] * newer[at];
        b += older[at + {{step}}] * newer[at + {{step}}];
        c += older[at + 2 * {{step}}] * newer[at + 2 * {{step}}];
        d += older[at + 3 * {{step}}] * newer[at + 3 * {{step}}];
    }}}}
    double4 sum = (a + b) + (c + d);
    sums[get_global_id(0)] += (sum.x + sum.y) + (sum.z + sum.w);
}}}}
"""
IN_A_ROW = {"across": str(BLOCK // 4), "place": "first + number", "step": "1"}
SIDE_BY_SIDE = {"across": "1", "place": "first + number * get_global_size(0)", "step": "get_global_size(0)"}


def text(name: str, on_host: bool) -> str:
    """The source of an operation; on a card the blocks of the dot product lie side by side, else one after another."""
    if name == DOT:
        return HEAD + BLOCKS.format(**(IN_A_ROW if on_host else SIDE_BY_SIDE))
    kind = f"double{HOST_VECTOR}" if on_host else "double"
    return HEAD + EACH.format(entry=ENTRIES[name], expression=OPERATIONS[name].expression, kind=kind)
