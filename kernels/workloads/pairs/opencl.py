"""Filling operands and taking prints in OpenCL C."""

from __future__ import annotations

from .inputs import FIRST_FACTOR, SECOND_FACTOR, STEP
from .prints import FIRST_FACTOR as FIRST_PRINT_FACTOR
from .prints import PLACE_STEP
from .prints import SECOND_FACTOR as SECOND_PRINT_FACTOR

# numpy's names of the types, in OpenCL C.
TYPES = {"float64": "double", "float32": "float", "int32": "int", "int16": "short", "int8": "char"}
FP64 = "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"


def head(*numbers: str) -> str:
    """What a source with these types begins with."""
    return FP64 if "float64" in numbers else ""


def fill(number: str) -> str:
    """The source of `fill`, see inputs.values: one number an item, from `offset` on."""
    return f"""{head(number)}kernel void fill(global {TYPES[number]} *target, long seed, long offset, long line,
                 long top, long left, long rows, long columns, long least, long span)
{{
    long item = get_global_id(0);
    long row = item / line - top, column = item % line - left;
    if (row < 0 || row >= rows || column < 0 || column >= columns) {{
        target[offset + item] = 0;
        return;
    }}
    ulong mixed = (ulong)(row * columns + column + 1) * {STEP:#x}UL + (ulong)seed;
    mixed = (mixed ^ (mixed >> 30)) * {FIRST_FACTOR:#x}UL;
    mixed = (mixed ^ (mixed >> 27)) * {SECOND_FACTOR:#x}UL;
    mixed ^= mixed >> 31;
    target[offset + item] = ({TYPES[number]})((long)((mixed >> 32) * (ulong)span >> 32) + least);
}}
"""


def take_prints(number: str) -> str:
    """The source of `take_prints`, see prints.prints_of: one line an item."""
    return f"""{head(number)}kernel void take_prints(global uint *prints, global const {TYPES[number]} *product,
                        long lines, long columns, long line, long elements)
{{
    long item = get_global_id(0);
    long row = item % lines;
    global const {TYPES[number]} *begin = product + item / lines * elements + row * line;
    uint place = (uint)(row * columns);
    uint total = 0;
    for (uint column = 0; column < (uint)columns; column++) {{
        uint mixed = (uint)(int)begin[column] ^ ((place + column) * {PLACE_STEP:#x}u);
        mixed = (mixed ^ (mixed >> 16)) * {FIRST_PRINT_FACTOR:#x}u;
        mixed = (mixed ^ (mixed >> 13)) * {SECOND_PRINT_FACTOR:#x}u;
        total += mixed ^ (mixed >> 16);
    }}
    prints[item] = total;
}}
"""
