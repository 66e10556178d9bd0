"""The convolution in OpenCL C: a work-item makes four positions of eight output channels.

Neighbours have neighbouring channels, so that they read weights one after another and the same numbers of the image.
Groups of integers are taken apart by shifts: every device can do that.
"""

from __future__ import annotations

from ..pairs.opencl import TYPES
from .shape import BLOCK, CHANNELS, GROUPED, TAPS

ENTRY = "convolve"
POSITIONS = 4
LANES = 8


def source(number: str) -> str:
    """The source for images of these numbers."""
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
