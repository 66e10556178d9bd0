"""The roof of a hash's kernel: its own operations, in its own proportions, with nothing to wait for.

Measured on the device, as `kernels/cpu/roof.py` does it for the kernels that scan by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ...device import Executes, Launch, Roof
from .kernel import HashKernel, Stream
from .streams import MIX

MeasureRoof = Callable[[Executes, HashKernel], Roof | None]

# Short and many, for devices that tell no time of their own: a moment in which all threads run is rare.
TRIAL_S = 0.003
TRIALS = 25
# Of one kind alone, which says what binds and makes no roof.
TRIALS_ALONE = 9
MOST_BATCHES = 1 << 22


def measure_roof(device: Executes, kernel: HashKernel) -> Roof | None:
    """The roof in hashes a second; None where the kernel's operations cannot be streamed."""
    if not kernel.streams:
        return None
    buffer = device.allocate(max(4096, 8 * kernel.stream_items))
    rates = {
        kind: _rate(device, buffer, kernel, stream, TRIALS if kind == MIX else TRIALS_ALONE)
        for kind, stream in kernel.streams.items()
    }
    total = sum(kernel.mix.values())
    return Roof(
        rate_per_s=rates[MIX] / total * kernel.nonces_an_item,
        clock_hz=None,
        cycles_per_unit=None,
        throughput={},
        explanation=(
            f"The roof is that of the kernel's {total:,} operations for {kernel.nonces_an_item} hashes, run in the "
            f"same proportions with nothing to wait for.{_what_binds(kernel, rates)} Beyond them the kernel pays for "
            "operands that arrive late, for those that find no register, and for ports that do not fill evenly."
        ),
        binds="logic",
    )


def _what_binds(kernel: HashKernel, rates: Mapping[str, float]) -> str:
    """A sentence on each kind alone, where they could be measured alone."""
    if not set(kernel.mix) <= set(rates):
        parts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kernel.mix.items(), key=lambda one: -one[1]))
        return f" They are {parts}; together {rates[MIX] / 1e9:.3g} billion vector operations a second."
    total = sum(kernel.mix.values())
    alone = {kind: kernel.mix[kind] / rates[kind] for kind in kernel.mix}
    scarce = max(alone, key=lambda kind: alone[kind])
    together = total / max(rates[kind] for kind in kernel.mix)
    binds = f"the ports for {scarce}" if alone[scarce] > together else "the ports for all operations together"
    told = ", ".join(f"{kind} {rates[kind] / 1e9:.3g}" for kind in sorted(kernel.mix, key=lambda kind: -rates[kind]))
    return f" Billions of vector operations a second, one kind alone: {told}. What binds is {binds}."


def _rate(device: Executes, buffer: int, kernel: HashKernel, stream: Stream, trials: int) -> float:
    """Operations a second, the best of so many times."""
    number, _ = device.compile(stream.source)

    def seconds_of(batches: int) -> float:
        launch = Launch(number, (buffer,), (batches,), kernel.stream_items, grain=kernel.stream_grain)
        started = time.perf_counter()
        # Of a thread on average: beside other programs no trial may meet a moment in which all threads run.
        return max(device.launch(launch).own_s(time.perf_counter() - started), 1e-9)

    # Some compilers begin at the first launch.
    seconds_of(1)
    batches = 64
    while (seconds := seconds_of(batches)) < TRIAL_S and batches < MOST_BATCHES:
        batches *= 4 if seconds < TRIAL_S / 4 else 2
    fewest = min(seconds_of(batches) for _ in range(trials))
    return kernel.stream_items * batches * stream.operations / fewest
