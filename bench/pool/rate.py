"""The rate that a worker's shares speak for, alike for whoever measures and verifies."""

from __future__ import annotations

from ...kernels.workloads.evidence import ServedShares
from ...kernels.workloads.proof.share_rate import CONFIDENCE, share_rate
from ...kernels.workloads.quantity import HASH, per_second
from ..result.measurement import Rate


def rate_of_shares(evidence: ServedShares) -> Rate:
    """The rate that a pool's shares (at least one) speak for: their number is by chance, and the interval is exact."""
    rate = share_rate(evidence.count, evidence.difficulty, evidence.seconds)
    return Rate(
        value=rate.value,
        low=rate.low,
        high=rate.high,
        confidence=CONFIDENCE,
        median=None,
        best=None,
        unit=per_second(HASH.unit),
        origin="measured",
    )
