"""The operations in OpenCL C: neighbouring work-items read neighbouring addresses, on a host a line of a cache each.

Of the dot product a work-item adds up one block: the host's cores read it line by line, while on a card neighbours
read neighbouring addresses, each a number of every so many.
"""

from __future__ import annotations

from collections.abc import Sequence

from .counts import BLOCK, DOT, NUMBER_BYTES, OPERATIONS

# Vectors of 512 bits are wrong on some runtimes, so a line of a cache takes two.
HOST_VECTOR, LINE_BYTES = 4, 64
VECTOR_BYTES = HOST_VECTOR * NUMBER_BYTES
VECTORS_A_LINE = LINE_BYTES // VECTOR_BYTES
# How many numbers a work-item of the host has, but for the dot product.
HOST_NUMBERS = LINE_BYTES // NUMBER_BYTES
# The host's cores ask for what they read so many bytes ahead, as our own kernels do, to lie as near as L1 (3) or L2
# (2), each line once: asking with each of its vectors lost 10 % on Xeon model 167.
HOST_AHEAD = {4096: 2, 2048: 3}
# What is read, without the letter that makes it many.
NAMES = ("older", "newer")
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
    size_t item = get_global_id(0) * {vectors};
{body}}}
"""
ONE = """\
    {{
        {kind} older = olders[item + {vector}], newer = newers[item + {vector}];
        STORE({expression}, &target[item + {vector}]);
    }}
"""
# Four vectors under way, so that none waits for the sum before it.
BLOCKS = f"""\
kernel void {ENTRIES[DOT]}(global double *sums, global const double4 *olders, global const double4 *newers)
{{{{
    size_t first = get_global_id(0) * {{across}};
    double4 a = 0, b = 0, c = 0, d = 0;
    for (size_t number = 0; number < {BLOCK // HOST_VECTOR}; number += 4) {{{{
        size_t item = {{place}};
{{asked_first}}        a += olders[item] * newers[item];
        b += olders[item + {{step}}] * newers[item + {{step}}];
{{asked_next}}        c += olders[item + 2 * {{step}}] * newers[item + 2 * {{step}}];
        d += olders[item + 3 * {{step}}] * newers[item + 3 * {{step}}];
    }}}}
    double4 sum = (a + b) + (c + d);
    sums[get_global_id(0)] += (sum.x + sum.y) + (sum.z + sum.w);
}}}}
"""
IN_A_ROW = {"across": str(BLOCK // HOST_VECTOR), "place": "first + number", "step": "1"}
SIDE_BY_SIDE = {"across": "1", "place": "first + number * get_global_size(0)", "step": "get_global_size(0)"}


def text(name: str, on_host: bool, ahead: bool = False) -> str:
    """The source of an operation; on a card the blocks of the dot product lie side by side, else one after another.

    `ahead`: it asks for what later work-items read, which some simulators do not know.
    """
    head = HEAD + (ASK if ahead else "")
    if name == DOT:
        parts = enumerate(("asked_first", "asked_next"))
        asked = {part: _asked(NAMES, 2, line) if ahead else "" for line, part in parts}
        return head + BLOCKS.format(**(IN_A_ROW if on_host else SIDE_BY_SIDE), **asked)
    kind, vectors = (f"double{HOST_VECTOR}", VECTORS_A_LINE) if on_host else ("double", 1)
    expression = OPERATIONS[name].expression
    asked_for = _asked([each for each in NAMES if each in expression], 1) if ahead else ""
    ones = (ONE.format(kind=kind, vector=vector, expression=expression) for vector in range(vectors))
    return head + EACH.format(entry=ENTRIES[name], kind=kind, vectors=vectors, body=asked_for + "".join(ones))


def _asked(names: Sequence[str], level: int, line: int = 0) -> str:
    """What asks for a line that is read later, of each of these arrays; `line`: how many lines after that of `item`."""
    return "".join(
        f"{4 * level * ' '}ASK(&{name}s[item + {ahead // VECTOR_BYTES + line * VECTORS_A_LINE}], {nearness});\n"
        for ahead, nearness in HOST_AHEAD.items()
        for name in names
    )
