"""The roof of an OpenCL device: how fast it could hash if operations were all that counts.

Measured with streams of the hash's own operations (see `stream`), in each way to write the hash: with logic of two
words, and of three, where the device has instructions for that; for a kernel that keeps both pipes of a GPU busy, with
its operations, too. The fastest is the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..cpu.cores.features import host_features
from ..device import Roof
from .codegen.stream import (
    ADD,
    CHAINS,
    ROTATE,
    STREAM,
    XOR3,
    XOR4,
    both_pipes_mix,
    emit_stream,
    interleaved,
    operation_mix,
)
from .codegen.variant import Variant
from .program import compiled, largest_group_of

# Short and many: on a CPU other programs take their turns, and one trial on all cores must go undisturbed.
TRIAL_S = 0.004
# The fastest trial must have stood for so many others: on a busy machine it takes long to meet a quiet moment.
PATIENCE = 50
MOST_TRIALS = 400
# Less than this is no improvement.
NOTICEABLE = 0.002
# Work-items a compute unit: a CPU's core needs one, and a few even the load; a GPU hides its latency with many.
ITEMS = {"gpu": 2048, "cpu": 4, "accelerator": 4}
LOCAL_SIZE = {"gpu": 64, "cpu": 1, "accelerator": 1}
# On a GPU: an XOR of four that takes so many times an XOR of three is two instructions, and that of three is one (2.0).
# Without an instruction for three they are three and two (1.5). Additions are no measure: NVIDIA's compiler gives half
# of them to another pipeline, so that they seem to be twice as fast. Nor is an XOR of two, of which compilers make one
# of three. (CPUs tell what they have.)
FUSED = 1.75


class Streams(Protocol):
    """What runs streams of operations on a device. `items`: work-items of a launch."""

    items: int

    def runner(self, variant: Variant, steps: list[str]) -> Callable[[int], float]:
        """Compile a stream; what it gives launches it with so many turns, waits, and tells the seconds."""
        ...


def measure_roof(streams: Streams, kind: str, variant: Variant, units: int, rated_hz: float, prefixes: int = 1) -> Roof:
    """The roof for a kernel that hashes so many prefixes a nonce.

    `rated_hz`: the clock that the driver names, 0 where it names none.
    """
    meter = _Meter(streams, variant)
    two, three = "logic of two words", "logic of three words"
    both = "sums and logic of three words, both pipes busy,"
    alone: dict[str, float] = {}
    if kind == "gpu":
        alone = {name: meter.rate([name] * CHAINS) for name in (ADD, XOR3)}
        # A chain of nothing but rotations would be folded into one.
        alone["rotate and add in turns"] = meter.rate([ROTATE, ADD])
        ways = {two: operation_mix(False, prefixes)}
        if alone[XOR3] >= FUSED * meter.rate([XOR4] * CHAINS):
            ways[three] = operation_mix(True, prefixes)
    else:
        # CPUs tell what they have, and compilers for them take it for logic of two words as well.
        fuses = has_three_operand_logic()
        ways = {three if fuses else two: operation_mix(fuses, prefixes)}
    if variant.pipes != "none":
        ways[both] = both_pipes_mix(variant, prefixes)
    limits = {way: meter.rate(interleaved(mix)) * variant.width / sum(mix.values()) for way, mix in ways.items()}
    best = max(limits, key=lambda way: limits[way])
    operations = round(sum(ways[best].values()))
    told = (
        f" Throughputs are for vectors of {variant.width} words, a compute unit and a cycle of the clock that the "
        "driver names, not of the one that it ran at."
    )
    per_cycle = {name: value / (units * rated_hz) for name, value in alone.items()} if rated_hz else {}
    return Roof(
        rate_per_s=limits[best],
        clock_hz=None,
        cycles_per_unit=None,
        throughput=per_cycle,
        explanation=(
            f"The roof is that of the hash's {operations} operations, run in the same proportions with nothing to "
            f"wait for, with {best} in one instruction.{told if per_cycle else ''}"
        ),
        binds="logic",
    )


def has_three_operand_logic() -> bool:
    """Whether the CPU has an instruction for any logic of three words (x86's vpternlogd)."""
    return "avx512f" in host_features()


def fewest_seconds(trial: Callable[[], float]) -> float:
    """What the fastest trial takes: tried until none has been noticeably faster for PATIENCE trials."""
    fewest = trial()
    stood = tried = 0
    while stood < PATIENCE and tried < MOST_TRIALS:
        seconds = trial()
        tried += 1
        stood = 0 if seconds < fewest * (1 - NOTICEABLE) else stood + 1
        fewest = min(fewest, seconds)
    return fewest


class _Meter:
    def __init__(self, streams: Streams, variant: Variant) -> None:
        self.streams = streams
        self.variant = variant

    def rate(self, steps: list[str]) -> float:
        """Vector operations a second of a stream, the fastest of some trials."""
        seconds_of = self.streams.runner(self.variant, steps)
        operations = self.streams.items * len(steps) * CHAINS
        # Some runtimes compile at the first launch.
        seconds_of(1)
        turns = 1
        while (seconds := min(seconds_of(turns) for _ in range(5))) < TRIAL_S / 4 and turns < 1 << 24:
            turns *= 4
        turns = max(int(turns * TRIAL_S / seconds), 1)
        return operations * turns / fewest_seconds(lambda: seconds_of(turns))


class OpenCLStreams:
    """See Streams. `cpu`: see `program.compiled`."""

    def __init__(self, context: Any, queue: Any, kind: str, units: int, cpu: str | None) -> None:
        import pyopencl

        self._context = context
        self._queue = queue
        self._cpu = cpu
        self.items = units * ITEMS[kind]
        self._group = LOCAL_SIZE[kind]
        self._results = pyopencl.Buffer(context, pyopencl.mem_flags.WRITE_ONLY, 4 * self.items)

    def runner(self, variant: Variant, steps: list[str]) -> Callable[[int], float]:
        """See Streams."""
        import pyopencl

        kernel = pyopencl.Kernel(compiled(self._context, emit_stream(variant, steps), self._cpu), STREAM)
        group = min(self._group, largest_group_of(kernel, self._context.devices[0]))

        def seconds(turns: int) -> float:
            kernel.set_args(np.uint32(turns), self._results)
            started = time.perf_counter()
            pyopencl.enqueue_nd_range_kernel(self._queue, kernel, (self.items,), (group,)).wait()
            return time.perf_counter() - started

        return seconds
