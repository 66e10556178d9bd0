"""LLVM IR of a convolution's sums by AMX: some tiles of positions with all channels, their sums in tile registers.

Images and weights are read as they lie for `dot_tile`: a tile of an image is 64 bytes of channels of 16 positions in a
row, a tile of weights 16 groups of four of them for 16 output channels. So nothing is rearranged.
"""

from __future__ import annotations

from ..native import ATTRIBUTES
from .amx_ir import MULTIPLY, ROW_BYTES, ROWS, TILE_BYTES, amx
from .dot_tile import BLOCK, GROUP_BYTES, TAPS, weights_at

# Each tile of weights is multiplied with so many of the image at most: more sums than a product takes to be ready for
# the next one (52 cycles, of which a product begins in each 16th), with few loads for each.
MOST_TILES = 4
# Tile registers: sums first, then two each by turns, so that the next is loaded while one is multiplied.
IMAGES, WEIGHTS = (4, 5), (6, 7)
# General registers: three rows of the image, the weights and the sums; bytes from row to row of their tiles.
IMAGE_ROWS, WEIGHTS_AT, SUMS_AT = ("rdi", "rsi", "rdx"), "rcx", "r8"
IMAGE_STEP, WEIGHTS_STEP, SUMS_STEP = "rax", "r9", "r10"
LINE_BYTES = 64
NUMBER = "int8"


def strip(symbol: str, channels: int, tiles: int) -> str:
    """The IR of `void symbol(ptr x, ptr w, ptr out, i64 row_bytes)`: all sums of `tiles` × ROWS positions in a row.

    See `dot_tile.tile`, but for `w`: all weights. The registers are configured; where they have fewer rows (`tiles` is
    1 then), so many positions.
    """
    lines = [
        f"define internal void @{symbol}(ptr %x, ptr %w, ptr %out, i64 %row_bytes) {ATTRIBUTES} {{",
        "entry:",
        "  %second = getelementptr i8, ptr %x, i64 %row_bytes",
        "  %third = getelementptr i8, ptr %second, i64 %row_bytes",
        "  br label %block",
        "block:",
        "  %k = phi i64 [0, %entry], [%k.next, %block]",
        f"  %w.at = mul i64 %k, {weights_at(BLOCK, channels, NUMBER)}",
        "  %wk = getelementptr i8, ptr %w, i64 %w.at",
        f"  %out.at = mul i64 %k, {BLOCK * GROUP_BYTES}",
        "  %to = getelementptr i8, ptr %out, i64 %out.at",
        amx(
            block_of_channels(channels, tiles),
            dict(zip((*IMAGE_ROWS, WEIGHTS_AT, SUMS_AT), ("%x", "%second", "%third", "%wk", "%to"), strict=True)),
            (IMAGE_STEP, WEIGHTS_STEP, SUMS_STEP),
        ),
        "  %k.next = add i64 %k, 1",
        f"  %more = icmp ult i64 %k.next, {channels // BLOCK}",
        "  br i1 %more, label %block, label %end",
        "end:",
        "  ret void",
        "}",
    ]
    return "\n".join(lines)


def block_of_channels(channels: int, tiles: int) -> list[str]:
    """The assembly for BLOCK output channels of `tiles` × ROWS positions."""
    sums_step = channels * GROUP_BYTES
    lines = [f"mov eax, {channels}", f"mov r9d, {ROW_BYTES}", f"mov r10d, {sums_step}"]
    lines += [f"tilezero tmm{tile}" for tile in range(tiles)]
    # Sums that are not in a cache would be waited for when they are stored: their lines are asked for meanwhile.
    wanted = [
        f"prefetchw [{SUMS_AT} + {(tile * ROWS + row) * sums_step}]" for tile in range(tiles) for row in range(ROWS)
    ]
    steps = [(y, x, part) for y in range(TAPS) for x in range(TAPS) for part in range(0, channels, ROW_BYTES)]
    for number, (y, x, part) in enumerate(steps):
        weights = WEIGHTS[number % len(WEIGHTS)]
        lines.append(f"tileloadd tmm{weights}, [{WEIGHTS_AT} + {WEIGHTS_STEP} + {number * TILE_BYTES}]")
        for tile in range(tiles):
            image, at = IMAGES[tile % len(IMAGES)], (x + tile * ROWS) * channels + part
            lines.append(f"tileloadd tmm{image}, [{IMAGE_ROWS[y]} + {IMAGE_STEP} + {at}]")
            lines.append(f"{MULTIPLY[NUMBER]} tmm{tile}, tmm{image}, tmm{weights}")
            # With fewer rows only those are asked for that there are.
            if wanted and tiles > 1:
                lines.append(wanted.pop(0))
    lines += [f"tilestored [{SUMS_AT} + {SUMS_STEP} + {tile * ROWS * sums_step}], tmm{tile}" for tile in range(tiles)]
    return lines
