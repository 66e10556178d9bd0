"""Short bursts of a generated stream of operations on the calling thread, timed."""

from __future__ import annotations

from .cores.clock import thread_seconds, timed
from .jit import Compiled


def burst_rate(stream: Compiled, iterations: int) -> float:
    """Operations a second of one burst. Raises DeviceError where no clock runs."""
    operations = 0

    def run() -> None:
        nonlocal operations
        operations += stream.run(0, 0, iterations, 0, 0, 0)

    _, seconds = timed(run)
    return operations / seconds


def iterations_for(stream: Compiled, seconds: float) -> int:
    """How many iterations take about so long: half of it at least."""
    iterations = 1 << 10
    while True:
        started = thread_seconds()
        stream.run(0, 0, iterations, 0, 0, 0)
        if thread_seconds() - started >= seconds / 2:
            return iterations
        iterations *= 2
