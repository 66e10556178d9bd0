"""The roof of a hash's kernel: its own operations, in its own proportions, with nothing to wait for.

Measured on the device, as `kernels/cpu/roof.py` does it for the kernels that scan by themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ...device import Executes, Launch, Roof
from .kernel import HashKernel, Stream

MeasureRoof = Callable[[Executes, HashKernel], Roof | None]

# Items of a launch: the host's threads share them out.
ITEMS = 240
# Short and many: beside other programs it takes long to meet a moment in which all threads run.
TRIAL_S = 0.003
TRIALS = 25
MOST_BATCHES = 1 << 22


def measure_roof(device: Executes, kernel: HashKernel) -> Roof | None:
    """The roof in hashes a second; None where the kernel's operations cannot be streamed."""
    if not kernel.streams:
        return None
    buffer = device.allocate(4096)
    rates = {kind: _rate(device, buffer, stream) for kind, stream in kernel.streams.items()}
    total = sum(kernel.mix.values())
    alone = {kind: kernel.mix[kind] / rates[kind] for kind in kernel.mix}
    scarce = max(alone, key=lambda kind: alone[kind])
    together = total / max(rates[kind] for kind in kernel.mix)
    binds = f"the ports for {scarce}" if alone[scarce] > together else "the ports for all operations together"
    told = ", ".join(f"{kind} {rates[kind] / 1e9:.3g}" for kind in sorted(kernel.mix, key=lambda kind: -rates[kind]))
    return Roof(
        rate_per_s=rates["mix"] / total * kernel.nonces_an_item,
        clock_hz=None,
        cycles_per_unit=None,
        throughput={},
        explanation=(
            f"The roof is that of the kernel's {total:,} operations for {kernel.nonces_an_item} hashes, run in the "
            "same proportions with nothing to wait for. Billions of vector operations a second, one kind alone: "
            f"{told}. "
            f"What binds is {binds}. Beyond them the kernel pays for operands that arrive late, for those that find no "
            "register, and for ports that do not fill evenly."
        ),
        binds="logic",
    )


def _rate(device: Executes, buffer: int, stream: Stream) -> float:
    """Operations a second, the best of several times."""
    kernel, _ = device.compile(stream.source)
    batches = 64
    while (seconds := _seconds(device, kernel, buffer, batches)) < TRIAL_S and batches < MOST_BATCHES:
        batches *= 4 if seconds < TRIAL_S / 4 else 2
    fewest = min(_seconds(device, kernel, buffer, batches) for _ in range(TRIALS))
    return ITEMS * batches * stream.operations / fewest


def _seconds(device: Executes, kernel: int, buffer: int, batches: int) -> float:
    started = time.perf_counter()
    device.launch(Launch(kernel, (buffer,), (batches,), ITEMS, grain=1))
    return max(time.perf_counter() - started, 1e-9)
