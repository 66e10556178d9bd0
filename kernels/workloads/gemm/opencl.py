"""The product in OpenCL C: one that keeps a tile in each work-item's registers, and one that shares tiles in a group.

A CPU's runtime turns the first one's vectors into its own and its caches share the operands; a GPU's work-items read
theirs through local memory, 16 columns of A and lines of B at a time. Where a product and a sum make one rounding or
two is the compiler's choice: whole numbers come out the same.
"""

from __future__ import annotations

from ..pairs.opencl import TYPES, head

ENTRY = "multiply"
# Matrices are padded to a multiple of it.
GRAIN = 64
# A register tile: lines, vectors, and numbers in a vector of 256 bits (wider ones, pip's PoCL computes wrongly).
LINES = 4
VECTORS = 2
VECTOR_BYTES = 32
# A shared tile: 64 × 64, of which each of 256 work-items has 4 × 4.
TILE = 64
DEPTH = 16
GROUP = 256
EACH = 4


def columns_each(number_bytes: int) -> int:
    """How many columns a register tile has."""
    return VECTORS * VECTOR_BYTES // number_bytes


def in_registers(number: str, number_bytes: int) -> str:
    """The source for CPUs: one work-item makes LINES × `columns_each` numbers."""
    width = VECTOR_BYTES // number_bytes
    scalar, vector = TYPES[number], f"{TYPES[number]}{width}"
    sums = [(i, j) for i in range(LINES) for j in range(VECTORS)]
    declare = "\n    ".join(f"{vector} s{i}{j} = 0;" for i, j in sums)
    load = " ".join(f"{vector} w{j} = b[k * wide + {j}];" for j in range(VECTORS))
    steps = "\n        ".join(
        f"{{ {scalar} x = a[{i} * size + k]; "
        + " ".join(f"s{i}{j} = w{j} * x + s{i}{j};" for j in range(VECTORS))
        + " }"
        for i in range(LINES)
    )
    store = "\n    ".join(f"c[{i} * wide + {j}] = s{i}{j};" for i, j in sums)
    return f"""{head(number)}#pragma OPENCL FP_CONTRACT ON
kernel void {ENTRY}(global {scalar} *products, global const {scalar} *lefts, global const {scalar} *rights,
                     long size, long side, long pair, long count)
{{
    long wide = size / {width}, across = wide / {VECTORS}, each = across * (size / {LINES});
    long item = get_global_id(0), place = item / each, tile = item % each;
    long line = tile / across * {LINES}, column = tile % across * {VECTORS}, number = pair + place;
    global const {scalar} *a = lefts + (number % side * size + line) * size;
    global const {vector} *b = (global const {vector} *)(rights + number / side * size * size) + column;
    global {vector} *c = (global {vector} *)(products + (place * size + line) * size) + column;
    {declare}
    for (long k = 0; k < size; k++) {{
        {load}
        {steps}
    }}
    {store}
}}
"""


def in_groups(number: str) -> str:
    """The source for GPUs: a group of GROUP work-items makes TILE × TILE numbers."""
    scalar = TYPES[number]
    return f"""{head(number)}#pragma OPENCL FP_CONTRACT ON
kernel __attribute__((reqd_work_group_size({GROUP}, 1, 1)))
void {ENTRY}(global {scalar} *products, global const {scalar} *lefts, global const {scalar} *rights,
              long size, long side, long pair, long count)
{{
    local {scalar} a[{DEPTH}][{TILE} + 1], b[{DEPTH}][{TILE}];
    long across = size / {TILE}, group = get_group_id(0), place = group / (across * across);
    long tile = group % (across * across), line = tile / across * {TILE}, column = tile % across * {TILE};
    long number = pair + place;
    int me = get_local_id(0), mine = me % {TILE // EACH}, row = me / {TILE // EACH} * {EACH};
    global const {scalar} *left = lefts + (number % side * size + line) * size;
    global const {scalar} *right = rights + number / side * size * size + column;
    {scalar} sums[{EACH}][{EACH}];
    for (int i = 0; i < {EACH}; i++)
        for (int j = 0; j < {EACH}; j++) sums[i][j] = 0;
    for (long k = 0; k < size; k += {DEPTH}) {{
        for (int n = me; n < {TILE * DEPTH}; n += {GROUP}) {{
            a[n % {DEPTH}][n / {DEPTH}] = left[n / {DEPTH} * size + k + n % {DEPTH}];
            b[n / {TILE}][n % {TILE}] = right[(k + n / {TILE}) * size + n % {TILE}];
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int d = 0; d < {DEPTH}; d++) {{
            {scalar} x[{EACH}], y[{EACH}];
            for (int i = 0; i < {EACH}; i++) x[i] = a[d][row + i];
            for (int j = 0; j < {EACH}; j++) y[j] = b[d][mine + j * {TILE // EACH}];
            for (int i = 0; i < {EACH}; i++)
                for (int j = 0; j < {EACH}; j++) sums[i][j] = x[i] * y[j] + sums[i][j];
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
    }}
    global {scalar} *c = products + (place * size + line + row) * size + column + mine;
    for (int i = 0; i < {EACH}; i++)
        for (int j = 0; j < {EACH}; j++) c[i * size + j * {TILE // EACH}] = sums[i][j];
}}
"""
