"""Joules and hashes together: J/TH and MH/J, with intervals that combine both sides' uncertainty.

The window also holds moments that are not timed (answers are checked between samples). The likely
figure takes the mean power of the whole window for the power while hashing; the upper bound charges
every joule of the window to the hashes.
"""

from __future__ import annotations

from ...result.model import Efficiency, Energy, Hashrate, Interval

HASHES_PER_TH = 1e12
HASHES_PER_MH = 1e6


def efficiency(energy: Energy, hashrate: Hashrate | None, timed_s: float) -> Efficiency | None:
    """What the energy record and the hashrate give together; None where either is unknown or not about the device.

    `timed_s` is the time within the window in which hashes were counted.
    """
    if energy.covers not in ("the device", "the device and more") or hashrate is None:
        return None
    per_hash = j_per_hash(energy.gross_j, energy.low_j, energy.high_j, energy.window_s, hashrate, timed_s)
    if per_hash is None or per_hash[1] <= 0:
        return None
    low, value, high = per_hash
    above = j_per_hash(
        energy.above_idle_j, energy.above_idle_low_j, energy.above_idle_high_j, energy.window_s, hashrate, timed_s
    )
    return Efficiency(
        j_per_th=Interval(value=value * HASHES_PER_TH, low=low * HASHES_PER_TH, high=high * HASHES_PER_TH),
        mh_per_j=Interval(
            value=1 / (value * HASHES_PER_MH),
            low=1 / (high * HASHES_PER_MH),
            high=1 / (low * HASHES_PER_MH) if low > 0 else None,
        ),
        above_idle_j_per_th=None if above is None or above[1] <= 0 else as_interval(above),
    )


def as_interval(per_hash: tuple[float, float, float]) -> Interval:
    """Joules a hash as J/TH."""
    low, value, high = (figure * HASHES_PER_TH for figure in per_hash)
    return Interval(value=value, low=low, high=high)


def j_per_hash(
    joules: float | None,
    low_j: float | None,
    high_j: float | None,
    window_s: float | None,
    hashrate: Hashrate,
    timed_s: float,
) -> tuple[float, float, float] | None:
    """Joules a hash: at least, most likely, at most; None where a part of it is unknown."""
    if joules is None or low_j is None or high_j is None or not window_s or timed_s <= 0:
        return None
    # Clocks of another kind than the window's (a test's) must not turn the bounds around.
    timed_s = min(timed_s, window_s)
    return (
        max(0.0, low_j / window_s / hashrate.high_hs),
        joules / window_s / hashrate.value_hs,
        max(0.0, high_j / timed_s / hashrate.low_hs),
    )
