"""The roof: how fast this CPU could hash if operations were all that counts.

Measured, not looked up: a stream of the kernel's own operations, in the kernel's own proportions,
on the kernel's own vectors, but with nothing to wait for and nothing to load. What the execution
ports do with that stream is the most they could do with the kernel. Streams of one kind of operation
each show which kind is scarce.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..device import Roof
from ..machines import host_machine
from .bursts import burst_rate, iterations_for
from .cores.topology import CoreKind
from .jit import Compiled, compile_variant
from .variants import CLOCK, MIXES, Variant
from .workers import Workers

TRIAL_S = 0.002
TRIALS = 11


@dataclass(frozen=True)
class _Seen:
    """What one thread saw: the CPU it was kept on (None: none), operations a cycle, and cycles a second."""

    cpu: int | None
    rate: float
    clock_hz: float


@dataclass(frozen=True)
class _Part:
    """The threads on cores of one kind (empty name: all are alike)."""

    name: str
    seen: Sequence[_Seen]

    @property
    def operations_per_s(self) -> float:
        """What all do at most: each at its own clock, and one median for what a core of the kind does a cycle."""
        return sum(each.clock_hz for each in self.seen) * statistics.median(each.rate for each in self.seen)


def measure_roof(kernel: Variant, prefixes: int, workers: Workers, kinds: Sequence[CoreKind] = ()) -> Roof:
    """The roof of a kernel that hashes so many prefixes a nonce, on these workers' CPUs.

    Cores of several kinds have a roof each, and the device's is their sum. Raises DeviceError where no clock runs.
    """
    own, shared = kernel.operations()
    # What a version-rolled job shares is done once for all its prefixes.
    per_batch = Counter({kind: own[kind] + shared[kind] / prefixes for kind in own})

    clock = compile_variant(kernel, CLOCK)
    # In two orders: some cores do one and the same mix a tenth slower in an unlucky one, and a roof is what can be.
    mixes = [compile_variant(kernel, part) for part in MIXES]
    alone = {kind: compile_variant(kernel, kind) for kind in own}

    def see(stream: Compiled) -> _Seen:
        return _Seen(workers.cpu_here, *_beside_clock(stream, clock))

    # On all cores at once, as when the hashrate is measured: their clock is often lower then.
    parts = by_kind(workers.on_all(lambda: max(map(see, mixes), key=lambda seen: seen.rate)), kinds)
    if len(parts) > 1:
        # One kind of operation alone: on the fastest cores, whichever this thread happens to be on.
        fastest = {kind: by_kind(workers.on_all(partial(see, stream)), kinds)[0] for kind, stream in alone.items()}
        throughput = {kind: statistics.median(each.rate for each in part.seen) for kind, part in fastest.items()}
    else:
        throughput = {kind: _beside_clock(stream, clock)[0] for kind, stream in alone.items()}
    clocks = [each.clock_hz for part in parts for each in part.seen]
    rate_per_s = sum(part.operations_per_s for part in parts) / sum(per_batch.values()) * kernel.lanes
    return Roof(
        rate_per_s=rate_per_s,
        clock_hz=statistics.mean(clocks),
        cycles_per_unit=sum(clocks) / rate_per_s,
        throughput=throughput,
        explanation=_explain(kernel, per_batch, throughput) + _of_each_kind(parts),
        binds="logic",
    )


def by_kind(seen: Sequence[_Seen], kinds: Sequence[CoreKind]) -> list[_Part]:
    """The threads by the kind of core they ran on, the fastest kind first; kinds that none ran on are left out.

    Where the system keeps threads on no CPU, as many as there are fast cores are taken to have run there: those
    with the highest clocks.
    """
    if not kinds:
        return [_Part("", seen)]
    unplaced = sorted((each for each in seen if each.cpu is None), key=lambda each: -each.clock_hz)
    parts = []
    for kind in kinds:
        here = [each for each in seen if each.cpu in kind.cpus]
        # On the slowest cores run all that are left.
        room = len(kind.cpus) - len(here) if kind is not kinds[-1] else len(unplaced)
        here, unplaced = here + unplaced[: max(0, room)], unplaced[max(0, room) :]
        if here:
            parts.append(_Part(kind.name, here))
    return parts or [_Part("", seen)]


def _of_each_kind(parts: Sequence[_Part]) -> str:
    if len(parts) < 2:
        return ""
    whole = sum(part.operations_per_s for part in parts)
    shares = ", ".join(
        f"{part.operations_per_s / whole:.0%} from {len(part.seen)} threads on {part.name} cores at "
        f"{statistics.mean(each.clock_hz for each in part.seen) / 1e9:.2f} GHz"
        for part in parts
    )
    return f" The cores are of several kinds, each with a roof of its own: {shares}."


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


def _beside_clock(stream: Compiled, clock: Compiled) -> tuple[float, float]:
    """Operations a cycle of a stream, and cycles a second, on the calling thread: medians of alternated trials."""
    rates, clocks = [], []
    iterations = {id(each): iterations_for(each, TRIAL_S) for each in (stream, clock)}
    for _ in range(TRIALS):
        before, rate, after = (burst_rate(each, iterations[id(each)]) for each in (clock, stream, clock))
        rates.append(2 * rate / (before + after))
        clocks += [before, after]
    return statistics.median(rates), statistics.median(clocks)
