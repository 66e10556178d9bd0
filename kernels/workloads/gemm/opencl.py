"""The product in OpenCL C: one that keeps a tile in each work-item's registers, and one that shares tiles in a group.

On a CPU a work-item makes many lines of some tiles' columns. It takes DEPTH lines of B at a time into a block of its
own, where a tile's columns lie together: in the matrix each line is another page, of which a core remembers few.
A GPU's work-items read theirs through local memory, some columns of A and lines of B at a time. Where a product and a
sum make one rounding or two is the compiler's choice: whole numbers come out the same.
"""

from __future__ import annotations

from ..pairs.opencl import TYPES, head
from ..pairs.tiles import VECTORS, Tile

ENTRY = "multiply"
# The block's lines, in bytes and number: below the 32 KiB of local memory that each device has, so that the columns of
# a tile (a quarter of it) stay in a core's fastest cache beside lines of A.
LINE_BYTES = 256
DEPTH = 96
# Lines of A that a block serves, about: enough for it to cost little, few enough for many work-items.
MOST_ROWS = 126
# Lines lie so many bytes further apart than they must: at a power of two all would want the same place in caches.
APART_BYTES = 64
# A shared tile: 128 × 128, of which each of 256 work-items has 8 × 8: it reads 16 numbers from local memory for 64
# products. Matrices are padded to a multiple of it.
TILE = 128
GROUP = 256
EACH = 8
RUN = 4
# Of A's columns, and of B's lines, which local memory holds at a time; columns lie further apart than they must.
SHARED_BYTES = 8192
APART_IN_GROUP = 16


def rows_an_item(tile: Tile) -> int:
    """How many lines of A a work-item goes through."""
    return MOST_ROWS // tile.lines * tile.lines


def columns_an_item(number_bytes: int) -> int:
    """How many columns of B a work-item goes through."""
    return LINE_BYTES // number_bytes


def line_in_memory(size: int, number_bytes: int) -> int:
    """How far apart lines of so many numbers lie."""
    columns = columns_an_item(number_bytes)
    return -(-size // columns) * columns + APART_BYTES // number_bytes


def items(size: int, tile: Tile, number_bytes: int) -> int:
    """How many work-items a product has."""
    return -(-size // rows_an_item(tile)) * -(-size // columns_an_item(number_bytes))


def in_registers(number: str, number_bytes: int, tile: Tile) -> str:
    """The source for CPUs: a work-item makes `rows_an_item` × `columns_an_item` numbers."""
    width, rows = tile.width(number_bytes), rows_an_item(tile)
    panels = columns_an_item(number_bytes) // tile.columns(number_bytes)
    scalar, vector = TYPES[number], f"{TYPES[number]}{width}"
    vectors = range(VECTORS)
    declare = f"{vector} {', '.join(f's{i}_{j} = 0' for i, j in tile.sums)};"
    add_to = "\n                    ".join(f"s{i}_{j} = *C({i}, {j});" for i, j in tile.sums)
    load = " ".join(f"{vector} w{j} = b[{j}];" for j in vectors)
    steps = "\n                    ".join(
        f"{{ {scalar} x = a[{i} * line]; " + " ".join(f"s{i}_{j} = w{j} * x + s{i}_{j};" for j in vectors) + " }"
        for i in range(tile.lines)
    )
    store = "\n                ".join(f"*C({i}, {j}) = s{i}_{j};" for i, j in tile.sums)
    return f"""{head(number)}#pragma OPENCL FP_CONTRACT ON
#define C(i, j) (global {vector} *)(c + i * line + j * {width})
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void {ENTRY}(global {scalar} *products, global const {scalar} *lefts, global const {scalar} *rights,
              long size, long tall, long line, long side, long pair, long count)
{{
    local {vector} block[{panels}][{DEPTH}][{VECTORS}];
    long down = (tall + {rows - 1}) / {rows}, across = line / {columns_an_item(number_bytes)};
    long item = get_global_id(0), place = item / (down * across), number = pair + place;
    long top = item % down * {rows}, column = item / down % across * {columns_an_item(number_bytes)};
    long bottom = min(top + {rows}, tall);
    global const {scalar} *left = lefts + number % side * tall * line;
    global const {scalar} *right = rights + number / side * size * line + column;
    global {scalar} *product = products + place * tall * line + column;
    for (long first = 0; first < size; first += {DEPTH}) {{
        long depth = min(size - first, {DEPTH}L);
        for (long k = 0; k < depth; k++) {{
            global const {vector} *from = (global const {vector} *)(right + (first + k) * line);
            for (int panel = 0; panel < {panels}; panel++) {{
                {" ".join(f"block[panel][k][{j}] = from[panel * {VECTORS} + {j}];" for j in vectors)}
            }}
        }}
        for (int panel = 0; panel < {panels}; panel++) {{
            for (long row = top; row < bottom; row += {tile.lines}) {{
                global const {scalar} *a = left + row * line + first;
                global {scalar} *c = product + row * line + panel * {tile.columns(number_bytes)};
                local const {vector} *b = block[panel][0];
                {declare}
                if (first > 0) {{
                    {add_to}
                }}
                for (long k = 0; k < depth; k++, a++, b += {VECTORS}) {{
                    {load}
                    {steps}
                }}
                {store}
            }}
        }}
    }}
}}
"""


def in_groups(number: str, number_bytes: int) -> str:
    """The source for GPUs: a group of GROUP work-items makes TILE × TILE numbers, EACH × EACH of them a work-item.

    A work-item has its lines and columns in two runs of RUN: neighbours then read neighbouring local memory, many bytes
    at a time, and no two of them from one bank. The next columns and lines are on their way while these are multiplied.
    """
    scalar, depth = TYPES[number], SHARED_BYTES // (TILE * number_bytes)
    fetched, across = TILE * depth // GROUP, TILE // EACH
    apart = TILE + APART_IN_GROUP // number_bytes
    return f"""{head(number)}#pragma OPENCL FP_CONTRACT ON
kernel __attribute__((reqd_work_group_size({GROUP}, 1, 1)))
void {ENTRY}(global {scalar} *products, global const {scalar} *lefts, global const {scalar} *rights,
              long size, long side, long pair, long count)
{{
    local {scalar} a[{depth}][{apart}] __attribute__((aligned(16))), b[{depth}][{TILE}] __attribute__((aligned(16)));
    long across = size / {TILE}, group = get_group_id(0), place = group / (across * across);
    long tile = group % (across * across), line = tile / across * {TILE}, column = tile % across * {TILE};
    long number = pair + place;
    int me = get_local_id(0), mine = me % {across} * {RUN}, row = me / {across} * {RUN};
    /* What this work-item fetches: a part of each line of A, and of each column of B. */
    int of_line = me % {depth}, lines = me / {depth}, of_column = me % {TILE}, columns = me / {TILE};
    global const {scalar} *left = lefts + (number % side * size + line + lines) * size + of_line;
    global const {scalar} *right = rights + (number / side * size + columns) * size + column + of_column;
    {scalar} sums[{EACH}][{EACH}], next_a[{fetched}], next_b[{fetched}];
    for (int i = 0; i < {EACH}; i++)
        for (int j = 0; j < {EACH}; j++) sums[i][j] = 0;
    for (int n = 0; n < {fetched}; n++) next_a[n] = left[n * {GROUP // depth} * size];
    for (int n = 0; n < {fetched}; n++) next_b[n] = right[n * {GROUP // TILE} * size];
    for (long k = 0; k < size; k += {depth}) {{
        for (int n = 0; n < {fetched}; n++) a[of_line][lines + n * {GROUP // depth}] = next_a[n];
        for (int n = 0; n < {fetched}; n++) b[columns + n * {GROUP // TILE}][of_column] = next_b[n];
        barrier(CLK_LOCAL_MEM_FENCE);
        left += {depth};
        right += {depth} * size;
        if (k + {depth} < size) {{
            for (int n = 0; n < {fetched}; n++) next_a[n] = left[n * {GROUP // depth} * size];
            for (int n = 0; n < {fetched}; n++) next_b[n] = right[n * {GROUP // TILE} * size];
        }}
        #pragma unroll
        for (int d = 0; d < {depth}; d++) {{
            {scalar} x[{EACH}], y[{EACH}];
            for (int i = 0; i < {EACH}; i++) x[i] = a[d][row + i / {RUN} * {TILE // 2} + i % {RUN}];
            for (int j = 0; j < {EACH}; j++) y[j] = b[d][mine + j / {RUN} * {TILE // 2} + j % {RUN}];
            for (int i = 0; i < {EACH}; i++)
                for (int j = 0; j < {EACH}; j++) sums[i][j] = x[i] * y[j] + sums[i][j];
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
    }}
    global {scalar} *c = products + (place * size + line + row) * size + column + mine;
    for (int i = 0; i < {EACH}; i++)
        for (int j = 0; j < {EACH}; j++)
            c[(i / {RUN} * {TILE // 2} + i % {RUN}) * size + j / {RUN} * {TILE // 2} + j % {RUN}] = sums[i][j];
}}
"""
