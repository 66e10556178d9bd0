"""Products beside a peer's, in turns on one thread and by its CPU time; and operands as devices have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hashwatt.kernels.cpu.cores.clock import thread_seconds
from hashwatt.kernels.workloads.pairs.inputs import values
from hashwatt.kernels.workloads.pairs.product import Product

# A product takes some hundredths of a second, and a goal of one in a hundred wants many of them.
ROUNDS = 61


def alternated(ours: Callable[[], object], peer: Callable[[], object]) -> list[float]:
    """The peer's time over ours, round by round."""
    ours()
    peer()
    ratios = []
    for number in range(ROUNDS):
        seconds = {}
        for work in (ours, peer) if number % 2 else (peer, ours):
            started = thread_seconds()
            work()
            seconds[work] = thread_seconds() - started
        ratios.append(seconds[peer] / seconds[ours])
    return ratios


def filled(product: Product, number: str) -> tuple[Any, Any]:
    """A left and a right operand as a device has them."""
    made = []
    for box, seed in ((product.left, 1), (product.right, 2)):
        whole = np.zeros((box.lines, box.line), number)
        whole[box.top : box.top + box.rows, box.left : box.left + box.columns] = values(box, seed)
        made.append(aligned(whole))
    return made[0], made[1]


def aligned(array: Any) -> Any:
    """The same numbers, from a page on."""
    room = np.empty(array.nbytes + 4096, np.uint8)
    begin = -room.ctypes.data % 4096
    placed = room[begin : begin + array.nbytes].view(array.dtype)
    placed[:] = array.ravel()
    return placed
