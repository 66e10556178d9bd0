"""The convolution in OpenCL C: a work-item makes some positions of some output channels.

On a CPU these are a tile that stays in registers, and neighbours have neighbouring positions: all of them read the same
weights, which stay in a core's cache. On a GPU neighbours have neighbouring channels, so that they read weights one
after another and the same numbers of the image. Groups of integers are taken apart by shifts: every device can do that.
"""

from __future__ import annotations

from ..pairs.opencl import TYPES
from ..pairs.tiles import VECTORS, Tile
from .shape import BLOCK, CHANNELS, GROUPED, TAPS

ENTRY = "convolve"
POSITIONS = 4
LANES = 8
SUM_BYTES = 4


def items(size: int, tile: Tile | None) -> int:
    """How many work-items an image has."""
    positions, channels = (POSITIONS, LANES) if tile is None else (tile.lines, tile.columns(SUM_BYTES))
    return size * -(-size // positions) * (CHANNELS // channels)


def _weights_at(channel: int, group: int) -> int:
    """How far the weights of an output channel lie behind the first's."""
    return (channel // BLOCK * TAPS * TAPS * CHANNELS * BLOCK) + channel % BLOCK * group


def in_registers(number: str, tile: Tile) -> str:
    """The source for CPUs: the positions are the tile's lines."""
    group = GROUPED[number]
    bits = 32 // group
    made = "float" if number == "float32" else "int"
    width, channels = tile.width(SUM_BYTES), tile.columns(SUM_BYTES)
    vector, vectors, lines = f"{made}{width}", range(VECTORS), range(tile.lines)
    places = "\n    ".join(
        f"long x{line} = min(column + {line}, size - 1), xs{line} = (x{line} - column) * {CHANNELS};" for line in lines
    )
    # What a step adds to a vector of sums, by the weights of each part of a group.
    load = " ".join(f"{vector} {'w' if group == 1 else 'p'}{j} = W({j});" for j in vectors)
    steps = "\n            ".join(
        "{ "
        + (" ".join(f"{vector} w{j} = {_part(f'p{j}', part, bits)};" for j in vectors) if group > 1 else "")
        + "\n              ".join(
            f"{{ {made} i = x[xs{line}{f' + {part}' if part else ''}]; "
            + " ".join(f"s{line}_{j} = w{j} * i + s{line}_{j};" for j in vectors)
            + " }"
            for line in lines
        )
        + " }"
        for part in range(group)
    )
    store = "\n    ".join(
        f"*(global {vector} *)(out + x{i} * {CHANNELS} + {j * width}) = s{i}_{j};" for i, j in tile.sums
    )
    return f"""#pragma OPENCL FP_CONTRACT ON
#define W(j) *(global const {vector} *)(weights + (j) * {_weights_at(width, group)})
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void {ENTRY}(global {made} *products, global const {TYPES[number]} *images,
              global const {TYPES[number]} *kernels, long size, long side, long pair, long count)
{{
    long across = (size + {tile.lines - 1}) / {tile.lines}, lines = size * count, item = get_global_id(0);
    long column = item % across * {tile.lines}, line = item / across % lines;
    long channel = item / across / lines * {channels}, row = line % size, place = line / size, number = pair + place;
    global const {TYPES[number]} *image =
        images + ((number % side * (size + 2) + row) * (size + 2) + column) * {CHANNELS};
    global const {TYPES[number]} *weights = kernels + number / side * {(TAPS * CHANNELS) ** 2}
        + channel / {BLOCK} * {TAPS * TAPS * CHANNELS * BLOCK} + channel % {BLOCK} * {group};
    {places}
    {vector} {", ".join(f"s{i}_{j} = 0" for i, j in tile.sums)};
    for (int tap = 0; tap < {TAPS * TAPS}; tap++) {{
        global const {TYPES[number]} *x = image + (tap / {TAPS} * (size + 2) + tap % {TAPS}) * {CHANNELS};
        for (int k = 0; k < {CHANNELS // group}; k++, x += {group}, weights += {BLOCK * group}) {{
            {load}
            {steps}
        }}
    }}
    global {made} *out = products + line * size * {CHANNELS} + channel;
    {store}
}}
"""


def _part(packed: str, part: int, bits: int) -> str:
    """A part of each group of a vector, with its sign."""
    return f"({packed} << {32 - bits * (part + 1)}) >> {32 - bits}"


def in_channels(number: str) -> str:
    """The source for GPUs: four positions of eight output channels."""
    group = GROUPED[number]
    bits = 32 // group
    made = "float" if number == "float32" else "int"
    if group == 1:
        take = "float8 w = vload8(0, weights);"
        steps = " ".join(f"s{position} = w * x[xs{position}] + s{position};" for position in range(POSITIONS))
    else:
        take = "int8 packed = vload8(0, (global const int *)weights);"
        steps = "\n            ".join(
            f"{{ int8 w = (packed << {32 - bits * (part + 1)}) >> {32 - bits}; "
            + " ".join(f"s{position} += w * (int)x[xs{position} + {part}];" for position in range(POSITIONS))
            + " }"
            for part in range(group)
        )
    places = "\n    ".join(
        f"long x{position} = min(column + {position}, size - 1), xs{position} = (x{position} - column) * {CHANNELS};"
        for position in range(POSITIONS)
    )
    declare = " ".join(f"{made}8 s{position} = 0;" for position in range(POSITIONS))
    store = "\n    ".join(f"vstore8(s{position}, 0, out + x{position} * {CHANNELS});" for position in range(POSITIONS))
    return f"""#pragma OPENCL FP_CONTRACT ON
kernel void {ENTRY}(global {made} *products, global const {TYPES[number]} *images,
                     global const {TYPES[number]} *kernels, long size, long side, long pair, long count)
{{
    long across = (size + {POSITIONS - 1}) / {POSITIONS}, vectors = {CHANNELS // LANES};
    long item = get_global_id(0), channel = item % vectors * {LANES};
    long column = item / vectors % across * {POSITIONS}, line = item / vectors / across;
    long row = line % size, place = line / size, number = pair + place;
    global const {TYPES[number]} *image =
        images + ((number % side * (size + 2) + row) * (size + 2) + column) * {CHANNELS};
    global const {TYPES[number]} *weights = kernels + number / side * {(TAPS * CHANNELS) ** 2}
        + channel / {BLOCK} * {TAPS * TAPS * CHANNELS * BLOCK} + channel % {BLOCK} * {group};
    {places}
    {declare}
    for (int tap = 0; tap < {TAPS * TAPS}; tap++) {{
        global const {TYPES[number]} *x = image + (tap / {TAPS} * (size + 2) + tap % {TAPS}) * {CHANNELS};
        for (int k = 0; k < {CHANNELS // group}; k++, x += {group}, weights += {BLOCK * group}) {{
            {take}
            {steps}
        }}
    }}
    global {made} *out = products + line * size * {CHANNELS} + channel;
    {store}
}}
"""
