"""The start-up race: every kernel this CPU can run, timed for a fraction of a second on one core.

Which kernel is fastest depends on the machine in ways no table holds, so it is measured, once: the
result is kept with the compiled kernels until the CPU, a library or the generator changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec

from ..device import Candidate
from ..errors import DeviceError, InputError, WrongResult
from ..headers.job import Job, roll_versions
from ..headers.oracle import reference_scan
from ..system.own_files import read_regular, write_atomically
from .cores.clock import timed
from .finals import BURST_S, MOST_TURNS, shares_of_fastest
from .jit import Compiled, compile_variant, generator_hash
from .job_words import job_array
from .kept_code import folder_of
from .variants import Variant, variants
from .workers import Words, record_space, scan_chunk

ROUNDS = 5
ROUND_S = 0.004
# Those that come so close to the fastest go to the finals (kernels of SHA instructions are half as fast as those of
# vectors on some cores, and twice as fast on others).
CLOSE = 0.9
FINALS_S = 0.6
FEWEST_TURNS = 10
# Where some pages of a kernel's code happen to collide in the instruction cache it runs at half its speed or less
# (AMD Zen 5: one of ten placements or so). Loaded again it lies elsewhere.
PLACEMENTS = 4
BADLY_PLACED = 0.85
# No kernel is badly placed by more than that.
HOPELESS = 0.3
# A prefix for racing and checking; its bytes do not matter.
PREFIX = bytes(range(76))
ROLLED_PREFIXES = 64
MOST_BYTES = 1 << 16

# A kernel with its rate, in hashes a second.
Rated = tuple[float, Compiled]


def choose(rolled: bool, wanted: str | None = None, anew: bool = False) -> tuple[Compiled, tuple[Candidate, ...]]:
    """The fastest kernel of its sort on this machine (or the one named), and the table of the race.

    `anew`: race although an earlier race is remembered.

    Raises InputError for an unknown name or one this CPU cannot run, WrongResult when the chosen
    kernel's answers are not hashlib's.
    """
    known = {variant.name: variant for variant in variants(rolled)}
    if wanted is not None and wanted not in known:
        raise InputError(f"there is no CPU kernel {wanted!r:.40}; `hashwatt devices --kernels` lists them")
    if wanted is not None and (reason := known[wanted].missing()):
        raise InputError(f"no {wanted} here: {reason}; see `hashwatt devices --kernels`")
    if wanted is not None:
        return _checked(_well_placed(known[wanted], None)), ()
    candidates = None if anew else _remembered(rolled)
    if candidates is not None:
        # What is wrong with it now is found out in the race.
        with suppress(DeviceError):
            return _winner(known, candidates), candidates
    candidates = race(known.values())
    while candidates[0].hashrate_hs is not None:
        try:
            winner = _winner(known, candidates)
        except DeviceError as error:
            # It ran a moment ago: the next one takes over.
            ran = [each for each in candidates[1:] if each.hashrate_hs is not None]
            refused = Candidate(candidates[0].name, None, None, str(error))
            candidates = (*ran, refused, *candidates[1 + len(ran) :])
            continue
        _remember(rolled, candidates)
        return winner, candidates
    cause, *_ = str(candidates[0].reason).partition(";")
    raise DeviceError(f"no CPU kernel runs here: {cause}")


def _winner(known: Mapping[str, Variant], candidates: Sequence[Candidate]) -> Compiled:
    return _checked(_well_placed(known[candidates[0].name], candidates[0].hashrate_hs))


def race(entrants: Iterable[Variant]) -> tuple[Candidate, ...]:
    """Time the variants in turn, some rounds of it, on the calling thread; those that are close go to the finals.

    Of each the best round counts; of those in the finals, the fastest one's by the share of it that they reached there.
    Fastest first, then those that were refused, and at last those that were not tried.
    """
    refused: list[Candidate] = []
    out: list[Candidate] = []
    compiled: list[Compiled] = []
    entrants = list(entrants)
    runnable = {variant.name for variant in entrants if not variant.missing()}
    for variant in entrants:
        reason = variant.missing()
        if variant.outdone_by in runnable:
            reason = f"{variant.outdone_by} does the same with better instructions"
        if reason:
            out.append(Candidate(variant.name, None, None, reason))
        else:
            compiled += _loaded(variant, refused)
    ran = _after_finals(_at_two_places(list(zip(_best_rates(compiled), compiled, strict=True)), refused))
    return (*(Candidate(each.variant.name, rate, each.compile_s) for rate, each in ran), *refused, *out)


def _loaded(variant: Variant, refused: list[Candidate]) -> list[Compiled]:
    """The kernel, held against hashlib; none where it is wrong or LLVM refuses it: then it is among the `refused`."""
    try:
        return [_checked(compile_variant(variant))]
    except DeviceError as error:
        refused.append(Candidate(variant.name, None, None, str(error)))
        return []


def _at_two_places(ran: list[Rated], refused: list[Candidate]) -> list[Rated]:
    """Of each kernel that is not hopeless the faster of two placements; without those that are refused by then."""
    hopeless = HOPELESS * max((rate for rate, _ in ran), default=0.0)
    better = [each for each in ran if each[0] <= hopeless]
    hopeful = [each for each in ran if each[0] > hopeless]
    again = [(rate, one, other) for rate, one in hopeful for other in _loaded(one.variant, refused)]
    for (rate, one, other), now in zip(again, _best_rates([other for *_, other in again]), strict=True):
        better.append((now, replace(other, compile_s=one.compile_s)) if now > rate else (rate, one))
    return better


def _after_finals(ran: Sequence[Rated]) -> list[Rated]:
    """Rates and kernels, fastest first: the rates of those that are close are shares of the fastest's then."""
    fastest = max((rate for rate, _ in ran), default=0.0)
    close = [each for each in ran if each[0] > CLOSE * fastest]
    others = [each for each in ran if each[0] <= CLOSE * fastest]
    if len(close) > 1:
        # Of rates that are so close the best is a matter of luck: one of them meets a moment of a higher clock.
        shares = shares_of_fastest([_burst_of(*each) for each in close], _turns(close))
        close = [(fastest * share, each) for share, (_, each) in zip(shares, close, strict=True)]
    return sorted((*close, *others), key=lambda each: -each[0])


def _burst_of(rate_hs: float, compiled: Compiled) -> Callable[[], float]:
    prefixes, words = race_words(compiled)
    return lambda: _timed(compiled, prefixes, words, int(rate_hs * BURST_S))[0]


def _turns(close: Sequence[Rated]) -> int:
    """As many turns as there is time for: where hashing is slow (under an emulator) a batch is longer than a burst."""
    batches = [(ROLLED_PREFIXES if each.variant.rolled else 1) * each.variant.lanes for _, each in close]
    turn_s = sum(max(BURST_S, batch / rate) for batch, (rate, _) in zip(batches, close, strict=True))
    return max(FEWEST_TURNS, min(MOST_TURNS, int(FINALS_S / turn_s)))


def _best_rates(compiled: Sequence[Compiled]) -> list[float]:
    return [max(rates) for rates in _in_turns(compiled, ROUNDS)]


def _in_turns(compiled: Sequence[Compiled], rounds: int) -> list[list[float]]:
    """Of each the rate in each round, the first of which is short."""
    rates: list[list[float]] = [[] for _ in compiled]
    nonces = [1 << 12] * len(compiled)
    jobs = [race_words(each) for each in compiled]
    for _ in range(rounds):
        for at, each in enumerate(compiled):
            rate, seconds = _timed(each, *jobs[at], nonces[at])
            rates[at].append(rate)
            nonces[at] = max(1 << 10, min(1 << 18, int(nonces[at] * ROUND_S / max(seconds, 1e-6))))
    return rates


def _well_placed(variant: Variant, hashrate_hs: float | None) -> Compiled:
    """The kernel, loaded until it is about as fast as it was (None: twice), or the fastest of a few placements."""
    placed: list[tuple[float, Compiled]] = []
    while len(placed) < PLACEMENTS:
        compiled = compile_variant(variant)
        (rate,) = _best_rates([compiled])
        placed.append((rate, compiled))
        if hashrate_hs is None and len(placed) == 2:
            break
        if rate >= BADLY_PLACED * (hashrate_hs or float("inf")):
            break
    return max(placed, key=lambda each: each[0])[1]


def _timed(compiled: Compiled, prefixes: int, words: Words, nonces: int) -> tuple[float, float]:
    nonces = max(compiled.variant.lanes, nonces // prefixes)
    records = record_space(compiled.variant.lanes, prefixes, nonces)
    times, seconds = timed(lambda: scan_chunk(compiled, words, prefixes, 0, nonces, records))
    return nonces * prefixes * times / seconds, seconds / times


def race_words(compiled: Compiled) -> tuple[int, Words]:
    """The number of prefixes and the words of a job to time the kernel with."""
    prefixes = ROLLED_PREFIXES if compiled.variant.rolled else 1
    # Target 1 is never met: the rare path stays out of the timing.
    return prefixes, job_array(compiled, Job(roll_versions(PREFIX, prefixes), 1))


def _checked(compiled: Compiled) -> Compiled:
    # A kernel is held against hashlib before it is timed: a few whole batches and a partial one.
    prefixes = 3 if compiled.variant.rolled else 1
    lanes = compiled.variant.lanes
    job = Job(roll_versions(PREFIX, prefixes), 1)
    nonces = range(2**31 - lanes - 1, 2**31 + 2 * lanes)
    records = record_space(lanes, prefixes, len(nonces))
    tally = scan_chunk(compiled, job_array(compiled, job), prefixes, nonces.start, len(nonces), records)
    if tally.xor_h7 != reference_scan(job, nonces)[1]:
        raise WrongResult(
            f"the CPU kernel {compiled.variant.name} disagrees with hashlib; "
            "choose another (--kernel) and report it with your CPU"
        )
    return compiled


def _remembered(rolled: bool) -> tuple[Candidate, ...] | None:
    folder = folder_of(generator_hash())
    if folder is None:
        return None
    try:
        content = read_regular(folder / _file_name(rolled), MOST_BYTES)
        candidates = msgspec.json.decode(content, type=tuple[Candidate, ...])
    except (OSError, ValueError, RecursionError):
        return None
    # Damaged or foreign: race again.
    return candidates if _is_of(variants(rolled), candidates) else None


def _is_of(entrants: Sequence[Variant], candidates: Sequence[Candidate]) -> bool:
    """Whether a race of these entrants on this machine can have ended so: its winner is compiled and run."""
    able = {variant.name: not variant.missing() for variant in entrants}
    if sorted(able) != sorted(each.name for each in candidates):
        return False
    ran = [(each.name, each.hashrate_hs) for each in candidates if each.hashrate_hs is not None]
    rates = [rate for _, rate in ran]
    sound = all(able[name] and 0 < rate < math.inf for name, rate in ran)
    return sound and bool(rates) and candidates[0].hashrate_hs == max(rates)


def _remember(rolled: bool, candidates: tuple[Candidate, ...]) -> None:
    folder = folder_of(generator_hash())
    if folder is not None:
        # A full disk costs another race the next time, not the run.
        with suppress(OSError):
            write_atomically(folder / _file_name(rolled), msgspec.json.encode(candidates))


def _file_name(rolled: bool) -> str:
    return "race-rolled.json" if rolled else "race-plain.json"
