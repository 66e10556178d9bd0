"""The operations in OpenCL C: neighbouring work-items read neighbouring addresses, on a host four numbers each.

Of the dot product a work-item adds up one block: the host's cores read it number by number, while on a card neighbours
read neighbouring addresses, each a number of every so many.
"""

from __future__ import annotations

from .counts import BLOCK, DOT, OPERATIONS

HOST_VECTOR = 4
# The host's cores ask for what they read so many vectors ahead to come into L2: on Emerald Rapids copy and mul gained 7
# to 10 % by it, and lost 20 where the array that they do not read was asked for, too.
HOST_AHEAD = 16384 // (8 * HOST_VECTOR)
# The language has a function `dot` of its own.
ENTRIES = {name: f"stream_{name}" for name in OPERATIONS}
HAS_BUILTIN = """\
#ifndef __has_builtin
#define __has_builtin(name) 0
#endif
"""
HEAD = f"""\
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

{HAS_BUILTIN}#if __has_builtin(__builtin_nontemporal_store)
#define STORE(value, place) __builtin_nontemporal_store(value, place)
#else
#define STORE(value, place) (*(place) = (value))
#endif
"""
ASK = """\
#if __has_builtin(__builtin_prefetch)
#define ASK(place, nearness) __builtin_prefetch((const void *)(size_t)(place), 0, nearness)
#else
#define ASK(place, nearness)
#endif
"""
EACH = """\
kernel void {entry}(global {kind} *target, global const {kind} *olders, global const {kind} *newers, double factor)
{{
    size_t item = get_global_id(0);
{asked}    {kind} older = olders[item], newer = newers[item];
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


def text(name: str, on_host: bool, ahead: bool = False) -> str:
    """The source of an operation; on a card the blocks of the dot product lie side by side, else one after another.

    `ahead`: it asks for what later work-items read, which some simulators do not know.
    """
    if name == DOT:
        return HEAD + BLOCKS.format(**(IN_A_ROW if on_host else SIDE_BY_SIDE))
    kind = f"double{HOST_VECTOR}" if on_host else "double"
    expression = OPERATIONS[name].expression
    read = [each for each in ("older", "newer") if ahead and each in expression]
    asked = "".join(f"    ASK(&{each}s[item + {HOST_AHEAD}], 2);\n" for each in read)
    head = HEAD + (ASK if read else "")
    return head + EACH.format(entry=ENTRIES[name], expression=expression, kind=kind, asked=asked)
