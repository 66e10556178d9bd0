"""The clock of this machine's cores by what they do with it: a chain of operations, each of which waits for the last.

Such a chain does one operation a cycle, whatever else the core could do, and however a hypervisor names its clock or
hides it. It runs on all the cores that work, at once, right after they have worked.
"""

from __future__ import annotations

from functools import cache
from statistics import fmean

from .bursts import burst_rate, iterations_for
from .cores.topology import read_topology
from .jit import Compiled, compile_variant
from .placement import cpus_for
from .variants import CLOCK, variant
from .workers import Workers

# Its chain is the same in every variant, and every CPU has this one.
ANY_VARIANT = "scalar-x1"
# Whatever takes the core away meanwhile slows most bursts of a longer kind, but never all of these.
BURST_S = 1e-4
BURSTS = 15
# What disturbs a burst makes it slower, but for the clock of a thread that a hypervisor stopped meanwhile: a single one
# may look up to 6 % too fast (virtual Zen 5). So not the fastest counts, but the third.
COUNTS = 3


def core_clock_hz(threads: int | None = None) -> float:
    """Cycles a second, the mean of the cores that so many threads work on (None: one a core).

    The first call compiles. Raises DeviceError where nothing can be compiled or timed, InputError for a number of
    threads that cannot be had.
    """
    chain, iterations = _chain()
    workers = Workers(cpus_for(read_topology(), threads), pin=True)
    try:
        return fmean(workers.on_all(lambda: sorted(burst_rate(chain, iterations) for _ in range(BURSTS))[-COUNTS]))
    finally:
        workers.close()


@cache
def _chain() -> tuple[Compiled, int]:
    """The chain, and iterations of it for a burst."""
    chain = compile_variant(variant(ANY_VARIANT), CLOCK)
    return chain, iterations_for(chain, BURST_S)
