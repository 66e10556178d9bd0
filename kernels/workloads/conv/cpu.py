"""The convolution on the CPU: tiles in registers, made for the machine, driven by loops that Numba compiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ...cpu.codegen.dot_tile import host_target, weights_at
from ...cpu.tiles import tile_call
from .shape import CHANNELS, ITEMS, TAPS

# So many rows of sums are done with some channels' weights, then with the next ones': half a MiB of a second cache
# holds their part of the image and such weights of 32-bit numbers, so that neither is fetched anew all the time.
ROWS_TOGETHER = 4


def _kernel(number: str) -> Any:
    target = host_target(number)
    wide = target.lanes * target.vectors
    long = target.positions
    full, four, two, one = (
        tile_call(number, CHANNELS, positions, name)
        for positions, name in ((long, "full"), (4, "four"), (2, "two"), (1, "one"))
    )
    number_bytes = np.dtype(number).itemsize
    step = weights_at(wide, CHANNELS, number) // number_bytes
    within = wide * 4 // number_bytes
    block = weights_at(16, CHANNELS, number) // number_bytes
    weights = CHANNELS * CHANNELS * TAPS * TAPS

    @njit(nogil=True)  # type: ignore[untyped-decorator]
    def rows(
        products: Any, images: Any, kernels: Any, out: int, image: int, kernel: int, size: int, count: int
    ) -> None:
        """`count` rows of an image's sums; `out`, `image`, `kernel` say where each begins."""
        row = (size + 2) * CHANNELS
        row_bytes = row * number_bytes
        for first in range(0, count, ROWS_TOGETHER):
            for channel in range(0, CHANNELS, wide):
                if wide >= 16:
                    w = kernel + channel // wide * step
                else:
                    w = kernel + channel // 16 * block + channel % 16 // wide * within
                for y in range(first, min(first + ROWS_TOGETHER, count)):
                    x = 0
                    while x < size:
                        i = image + y * row + x * CHANNELS
                        o = out + (y * size + x) * CHANNELS + channel
                        if size - x >= long:
                            full(images, i, kernels, w, products, o, row_bytes)
                            x += long
                        elif size - x >= 4:
                            four(images, i, kernels, w, products, o, row_bytes)
                            x += 4
                        elif size - x >= 2:
                            two(images, i, kernels, w, products, o, row_bytes)
                            x += 2
                        else:
                            one(images, i, kernels, w, products, o, row_bytes)
                            x += 1

    def convolve(
        products: Any, images: Any, kernels: Any, size: int, side: int, pair: int, count: int, start: int, stop: int
    ) -> None:
        first, last = start * size * count // ITEMS, stop * size * count // ITEMS
        image_elements = (size + 2) * (size + 2) * CHANNELS
        while first < last:
            place, y = first // size, first % size
            number = pair + place
            some = min(last - first, size - y)
            image = number % side * image_elements + y * (size + 2) * CHANNELS
            out = (place * size + y) * size * CHANNELS
            rows(products, images, kernels, out, image, number // side * weights, size, some)
            first += some

    return convolve


convolve_float32 = _kernel("float32")
convolve_int16 = _kernel("int16")
convolve_int8 = _kernel("int8")
