"""Which logical CPUs to run on: one of each core, or with SMT all of them, whichever hashes faster here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ..errors import InputError
from .cores.clock import timed
from .cores.topology import Topology
from .jit import Compiled
from .race import race_words
from .workers import Workers

TRIAL_NONCES = 1 << 21
TRIALS = 5


@dataclass(frozen=True)
class Placement:
    """The CPUs that get a thread each, and why these, in words."""

    cpus: tuple[int, ...]
    reason: str


def place(topology: Topology, threads: int | None, kernel: Compiled) -> Placement:
    """As many threads as asked for, spread over cores first; else what a short race finds. Raises InputError."""
    if threads is not None:
        return Placement(cpus_for(topology, threads), "as asked for, one thread a core first")
    one_a_core = cpus_for(topology, None)
    if not topology.has_smt or topology.quota is not None:
        return Placement(one_a_core, "one thread a core")
    everywhere = tuple(topology.cpus)
    few, many = _rates([one_a_core, everywhere], kernel)
    compared = f"{few / 1e6:.4g} MH/s against {many / 1e6:.4g} with all {len(everywhere)} logical CPUs"
    if many > few:
        return Placement(everywhere, f"all logical CPUs of every core: one a core gave {compared}")
    return Placement(one_a_core, f"one thread a core: {compared}")


def cpus_for(topology: Topology, threads: int | None) -> tuple[int, ...]:
    """The CPUs of so many threads, spread over cores first; one a core by default. Raises InputError."""
    if threads is None:
        return tuple(topology.cpus[: topology.default_threads])
    if not 1 <= threads <= len(topology.cpus):
        raise InputError(
            f"--threads must lie between 1 and {len(topology.cpus)}, the CPUs this process may use, not {threads}"
        )
    return tuple(topology.cpus[:threads])


def _rates(placements: Sequence[Sequence[int]], kernel: Compiled) -> list[float]:
    """The best of a few alternated trials each, in hashes a second."""
    prefixes, words = race_words(kernel)
    teams = [Workers(cpus, pin=True) for cpus in placements]
    best = [0.0] * len(teams)
    nonces = range(TRIAL_NONCES // prefixes)
    for _ in range(TRIALS):
        for index, team in enumerate(teams):
            times, seconds = timed(partial(team.scan, kernel, words, prefixes, nonces), time.perf_counter)
            best[index] = max(best[index], len(nonces) * prefixes * times / seconds)
    for team in teams:
        team.close()
    return best
