"""The roof of an OpenCL device: how fast it could hash if operations were all that counts.

Measured with streams of the hash's own operations (see `stream`), in both ways to write the hash: with
logic of two words, and of three, where the device may have instructions for that. The faster is the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..cpu.cores.features import host_features
from ..device import Roof
from .codegen.stream import ADD, CHAINS, ROTATE, STREAM, XOR3, emit_stream, interleaved, operation_mix
from .codegen.variant import Variant
from .program import compiled

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
# On a GPU, an XOR of three that is this fast, held against an addition, is one instruction. (Not against an XOR of
# two: where there is one for three, compilers make one of two.) CPUs have more ports for additions than for logic
# (Zen 4 twice as many), but tell what they have.
FUSED = 0.75


def measure_roof(
    context: Any, queue: Any, kind: str, variant: Variant, units: int, rated_hz: float, cpu: str | None = None
) -> Roof:
    """The roof for a kernel of one prefix. `rated_hz`: the clock that the driver names, 0 where it names none.

    `cpu`: see `program.compiled`.
    """
    meter = _Meter(context, queue, kind, variant, units, cpu)
    alone = {name: meter.rate([name] * CHAINS) for name in (ADD, XOR3)}
    # A chain of nothing but rotations would be folded into one.
    alone["rotate and add in turns"] = meter.rate([ROTATE, ADD])
    ways = {False: operation_mix(three_operand_logic=False)}
    measured_so = alone[XOR3] >= FUSED * alone[ADD]
    if measured_so if kind == "gpu" else has_three_operand_logic():
        ways[True] = operation_mix(three_operand_logic=True)
    limits = {fused: meter.rate(interleaved(mix)) * variant.width / mix.total() for fused, mix in ways.items()}
    fused = max(limits, key=lambda way: limits[way])
    operations = ways[fused].total()
    per_cycle = {name: value / (units * rated_hz) for name, value in alone.items()} if rated_hz else {}
    logic = "three words" if fused else "two words"
    return Roof(
        rate_per_s=limits[fused],
        clock_hz=None,
        cycles_per_unit=None,
        throughput=per_cycle,
        explanation=(
            f"The roof is that of the hash's {operations} operations, run in the same proportions with nothing to "
            f"wait for, with logic of {logic} in one instruction. Throughputs are for vectors of "
            f"{variant.width} words, a compute unit and a cycle of the clock that the driver names, not of the one "
            "that it ran at."
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
    def __init__(self, context: Any, queue: Any, kind: str, variant: Variant, units: int, cpu: str | None) -> None:
        import pyopencl

        self.cpu = cpu

        self.context = context
        self.queue = queue
        self.variant = variant
        self.items = units * ITEMS[kind]
        self.local_size = LOCAL_SIZE[kind]
        self.results = pyopencl.Buffer(context, pyopencl.mem_flags.WRITE_ONLY, 4 * self.items)

    def rate(self, steps: list[str]) -> float:
        """Vector operations a second of a stream, the fastest of some trials."""
        import pyopencl

        kernel = pyopencl.Kernel(compiled(self.context, emit_stream(self.variant, steps), self.cpu), STREAM)
        operations = self.items * len(steps) * CHAINS
        # Some runtimes compile at the first launch.
        self._seconds(kernel, 1)
        turns = 1
        while (seconds := min(self._seconds(kernel, turns) for _ in range(5))) < TRIAL_S / 4 and turns < 1 << 24:
            turns *= 4
        turns = max(int(turns * TRIAL_S / seconds), 1)
        return operations * turns / fewest_seconds(lambda: self._seconds(kernel, turns))

    def _seconds(self, kernel: Any, turns: int) -> float:
        import pyopencl

        kernel.set_args(np.uint32(turns), self.results)
        started = time.perf_counter()
        pyopencl.enqueue_nd_range_kernel(self.queue, kernel, (self.items,), (self.local_size,)).wait()
        return time.perf_counter() - started
