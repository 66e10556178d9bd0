"""The roof: how fast this CPU could hash if operations were all that counts.

Measured, not looked up: a stream of the kernel's own operations, in the kernel's own proportions,
on the kernel's own vectors, but with nothing to wait for and nothing to load. What the execution
ports do with that stream is the most they could do with the kernel. Streams of one kind of operation
each show which kind is scarce.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping

from ..device import Roof
from ..machines import host_machine
from .cores.clock import thread_seconds
from .jit import Compiled, compile_variant
from .variants import CLOCK, MIXES, Variant
from .workers import Workers

TRIAL_S = 0.002
TRIALS = 11


def measure_roof(kernel: Variant, prefixes: int, workers: Workers) -> Roof:
    """The roof of a kernel that hashes so many prefixes a nonce, on these workers' CPUs."""
    own, shared = kernel.operations()
    # What a version-rolled job shares is done once for all its prefixes.
    per_batch = Counter({kind: own[kind] + shared[kind] / prefixes for kind in own})

    clock = compile_variant(kernel, CLOCK)
    # In two orders: some cores do one and the same mix a tenth slower in an unlucky one, and a roof is what can be.
    mixes = [compile_variant(kernel, part) for part in MIXES]
    alone = {kind: compile_variant(kernel, kind) for kind in own}
    throughput = {kind: _beside_clock(stream, clock)[0] for kind, stream in alone.items()}
    # On all cores at once, as when the hashrate is measured: their clock is often lower then.
    on_each = workers.on_all(lambda: max(_beside_clock(mix, clock) for mix in mixes))
    batches_a_cycle = statistics.median(rate for rate, _ in on_each) / sum(per_batch.values())
    clocks = [clock_hz for _, clock_hz in on_each]
    return Roof(
        rate_per_s=sum(clocks) * batches_a_cycle * kernel.lanes,
        clock_hz=statistics.mean(clocks),
        cycles_per_unit=1 / (batches_a_cycle * kernel.lanes),
        throughput=throughput,
        explanation=_explain(kernel, per_batch, throughput),
        binds="logic",
    )


def _explain(kernel: Variant, per_batch: Mapping[str, float], throughput: Mapping[str, float]) -> str:
    kinds = ", ".join(f"{kind} {rate:.2f}" for kind, rate in sorted(throughput.items(), key=lambda item: -item[1]))
    return (
        f"The roof is that of the kernel's {sum(per_batch.values()):.0f} operations for {kernel.lanes} hashes, run in "
        f"the same proportions with nothing to wait for. Operations a cycle and core, one kind alone: {kinds}. What "
        f"binds is {_binding(kernel, per_batch, throughput)}. Beyond "
        "them the kernel pays for the nonce, the checksum and the test of each batch, for operands that arrive late "
        "and for ports that do not fill evenly."
    )


def _binding(kernel: Variant, per_batch: Mapping[str, float], throughput: Mapping[str, float]) -> str:
    # What would take longest if it were alone: one kind, rotates and shifts together where the machine's data say
    # that they share ports, or all operations at the rate of the most frequent kind.
    cycles = {kind: count / throughput[kind] for kind, count in per_batch.items()}
    host = host_machine()
    if host is not None and host.shares_shifts(32 * kernel.lanes):
        shifts = [kind for kind in ("rotr", "shr", "shl") if kind in cycles]
        if len(shifts) > 1:
            cycles[" and ".join(shifts)] = sum(cycles.pop(kind) for kind in shifts)
    cycles["the ports for all operations together"] = sum(per_batch.values()) / max(throughput.values())
    return max(cycles, key=lambda kind: cycles[kind])


def stream_rate(stream: Compiled) -> float:
    """Operations a second of a stream on the calling thread, timed once."""
    return _rate(stream, _iterations(stream))


def _beside_clock(stream: Compiled, clock: Compiled) -> tuple[float, float]:
    """Operations a cycle of a stream, and cycles a second, on the calling thread: medians of alternated trials."""
    rates, clocks = [], []
    iterations = {id(each): _iterations(each) for each in (stream, clock)}
    for _ in range(TRIALS):
        before, rate, after = (_rate(each, iterations[id(each)]) for each in (clock, stream, clock))
        rates.append(2 * rate / (before + after))
        clocks += [before, after]
    return statistics.median(rates), statistics.median(clocks)


def _rate(compiled: Compiled, iterations: int) -> float:
    """Operations a second on the calling thread, timed once."""
    started = thread_seconds()
    operations = compiled.run(0, 0, iterations, 0, 0, 0)
    return operations / (thread_seconds() - started)


def _iterations(compiled: Compiled) -> int:
    """How many iterations take about TRIAL_S."""
    iterations = 1 << 10
    while True:
        started = thread_seconds()
        compiled.run(0, 0, iterations, 0, 0, 0)
        if thread_seconds() - started >= TRIAL_S / 2:
            return iterations
        iterations *= 2
