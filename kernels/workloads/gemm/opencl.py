"""The product in OpenCL C: one that keeps a tile in each work-item's registers, and one that shares tiles in a group.

On a CPU a work-item makes many lines of some tiles' columns. It takes DEPTH lines of B at a time into a block of its
own, where a tile's columns lie together: in the matrix each line is another page, of which a core remembers few.
A GPU's work-items read theirs through local memory, 16 columns of A and lines of B at a time. Where a product and a sum
make one rounding or two is the compiler's choice: whole numbers come out the same.
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
# A shared tile: 64 × 64, of which each of 256 work-items has 4 × 4. Matrices are padded to a multiple of it.
TILE = 64
SHARED_DEPTH = 16
GROUP = 256
EACH = 4


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


def in_groups(number: str) -> str:
    """The source for GPUs: a group of GROUP work-items makes TILE × TILE numbers."""
    scalar = TYPES[number]
    return f"""{head(number)}#pragma OPENCL FP_CONTRACT ON
kernel __attribute__((reqd_work_group_size({GROUP}, 1, 1)))
void {ENTRY}(global {scalar} *products, global const {scalar} *lefts, global const {scalar} *rights,
              long size, long side, long pair, long count)
{{
    local {scalar} a[{SHARED_DEPTH}][{TILE} + 1], b[{SHARED_DEPTH}][{TILE}];
    long across = size / {TILE}, group = get_group_id(0), place = group / (across * across);
    long tile = group % (across * across), line = tile / across * {TILE}, column = tile % across * {TILE};
    long number = pair + place;
    int me = get_local_id(0), mine = me % {TILE // EACH}, row = me / {TILE // EACH} * {EACH};
    global const {scalar} *left = lefts + (number % side * size + line) * size;
    global const {scalar} *right = rights + number / side * size * size + column;
    {scalar} sums[{EACH}][{EACH}];
    for (int i = 0; i < {EACH}; i++)
        for (int j = 0; j < {EACH}; j++) sums[i][j] = 0;
    for (long k = 0; k < size; k += {SHARED_DEPTH}) {{
        for (int n = me; n < {TILE * SHARED_DEPTH}; n += {GROUP}) {{
            a[n % {SHARED_DEPTH}][n / {SHARED_DEPTH}] = left[n / {SHARED_DEPTH} * size + k + n % {SHARED_DEPTH}];
            b[n / {TILE}][n % {TILE}] = right[(k + n / {TILE}) * size + n % {TILE}];
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int d = 0; d < {SHARED_DEPTH}; d++) {{
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
