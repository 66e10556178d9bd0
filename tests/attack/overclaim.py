"""How far a claim may exceed the work, and with what chance: computed, and simulated beside it.

A cheat who did 1/c of the claimed work finds a Poisson number of shares around wanted/c; `verify` asks whether that
fits the claim. A verifier who does a part of the work again at places drawn by amount sees, at each, the shares that
are missing. Simulated are the numbers of shares and the draws, not the hashes: `test_overclaim.py` holds both against
claims that were really hashed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from hashwatt.kernels.workloads.proof.bounds import fits, proven_hashes

WANTED = 10_000
CLAIMS = (1.01, 1.02, 1.03, 1.05, 1.07, 1.1, 1.5, 2.0, 12.3)
# Which part of the claimed work the verifier does again: 0.3 s of a run of 10 s on a CPU like one's own is 3 %.
EFFORTS = (0.0, 0.001, 0.01, 0.03, 0.1)
TRIES = 200_000
SEED = 14


@cache
def fewest_shares(expected: float) -> int:
    """The smallest number of shares that bears out a claim of which so many are expected."""
    low, high = 0, math.ceil(expected)
    while low < high:
        middle = (low + high) // 2
        if fits(middle, expected):
            high = middle
        else:
            low = middle + 1
    return low


def chance_of_at_least(count: int, mean: float) -> float:
    """The chance that a Poisson number around `mean` is `count` or more."""
    # Beyond twelve standard deviations nothing is left that a float could tell.
    width = 12 * math.sqrt(mean) + 60
    if count < mean - width:
        return 1.0
    terms = np.arange(count, max(count, mean) + width)
    logs = terms * math.log(mean) - mean - np.array([math.lgamma(term + 1) for term in terms])
    return float(min(1.0, np.exp(logs).sum()))


def chance_to_pass(claim: float, effort: float, wanted: int = WANTED) -> float:
    """The chance that a claim of `claim` times the work passes where `effort` of it is done again (computed)."""
    plain = chance_of_at_least(fewest_shares(float(wanted)), wanted / claim)
    # One share is expected at a place; where nothing was hashed it is missed unless there is none by chance.
    seen = (1 - 1 / claim) * -math.expm1(-1.0)
    return plain * (1 - seen) ** round(effort * wanted)


def share_that_passed(claim: float, effort: float, wanted: int = WANTED, tries: int = TRIES) -> float:
    """The same, simulated."""
    random = np.random.default_rng(SEED)
    found = random.poisson(wanted / claim, tries)
    passed = found >= fewest_shares(float(wanted))
    places = round(effort * wanted)
    if places:
        unhashed = random.binomial(places, 1 - 1 / claim, tries)
        # Each unhashed place holds a Poisson number of shares that are not stored.
        passed &= random.poisson(unhashed) == 0
    return float(passed.mean())


def highest_claim(wanted: int, chance: float) -> float:
    """By how much a claim may exceed the work so that it passes plain `verify` with this chance."""
    low, high = 1.0, 50.0
    for _ in range(40):
        middle = (low + high) / 2
        if chance_of_at_least(fewest_shares(float(wanted)), wanted / middle) > chance:
            low = middle
        else:
            high = middle
    return low


def proven_share(wanted: int) -> float:
    """What part of an honest claim is proven, where as many shares are found as are expected."""
    return proven_hashes(wanted, 1.0) / wanted


@dataclass(frozen=True)
class Gain:
    """What an attacker gets who chooses: the claim over the work, and how often what is *proven* exceeds the work."""

    middle: float
    one_in_a_thousand: float
    proven_exceeds: float


def gain_of_choosing(kind: str, wanted: int = WANTED, tries: int = 4000) -> Gain:
    """Simulated: the highest claim that plain `verify` lets pass, of an attacker who chooses after the fact.

    `none`: no choice. `challenges`: the best of 100 runs, each of which costs all its work. `stop`: stops where the
    claim is best, any time after 200 expected shares. `target`: the claim, and with it the target kept, at will.
    """
    random = np.random.default_rng(SEED)
    allowed = _allowed(2 * wanted)
    claims, exceeds = np.empty(tries), 0
    for index in range(tries):
        if kind == "stop":
            # The work, in expected shares, at which each share was found; the claim is best just after one.
            times = np.cumsum(random.exponential(size=wanted))
            later = times >= 200
            counts = np.arange(1, wanted + 1)[later]
            claims[index] = (allowed[counts] / times[later]).max()
            exceeds += bool((_proven(2 * wanted)[counts] > times[later]).any())
        elif kind == "target":
            # The lowest hash values of the work, in shares at its own target; a larger claim c keeps those below 1/c.
            values = np.sort(random.random(random.poisson(1.2 * wanted)) * 1.2)
            tried = np.linspace(1.0, 1.2, 401)
            kept = np.searchsorted(values, 1 / tried)
            passing = kept >= fewest_shares(float(wanted))
            claims[index] = tried[passing].max() if passing.any() else 1.0
            exceeds += bool((_proven(2 * wanted)[kept] * tried > wanted).any())
        else:
            found = int(random.poisson(wanted, 100 if kind == "challenges" else 1).max())
            claims[index] = allowed[found] / wanted
            exceeds += bool(_proven(2 * wanted)[found] > wanted)
    return Gain(float(np.median(claims)), float(np.quantile(claims, 0.999)), exceeds / tries)


@cache
def _allowed(most: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """For each number of shares the largest expected number that it bears out."""
    # A claim that expects x shares passes from about x − 4.9 √x found on; interpolated between a few exact ones.
    expected = np.unique(np.geomspace(20, 2 * most, 400))
    fewest = np.array([fewest_shares(float(each)) for each in expected])
    return np.interp(np.arange(most + 1), fewest, expected)


@cache
def _proven(most: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """For each number of shares what is proven, in expected shares."""
    counts = np.unique(np.geomspace(1, most, 400).astype(int))
    # In parts of a share: the bound itself is cut to whole hashes.
    return np.interp(np.arange(most + 1), counts, [proven_hashes(int(count), 1e-6) * 1e-6 for count in counts])


def claim_rows() -> Sequence[tuple[float, list[tuple[float, float]]]]:
    """For each claim the chance to pass at each effort, computed and simulated."""
    return [
        (claim, [(chance_to_pass(claim, effort), share_that_passed(claim, effort)) for effort in EFFORTS])
        for claim in CLAIMS
    ]
