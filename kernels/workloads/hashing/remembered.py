"""Races between a hash's kernels that were run already: see `kept`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...device import Candidate, DeviceInfo
from ..kept import place_of, read, write
from .kernel import HashKernel

FOLDER = "hash-races"


class Outcome(msgspec.Struct, frozen=True):
    """The candidates, fastest first; `threads`: the host's threads that they ran on, None where nobody told."""

    candidates: tuple[Candidate, ...]
    threads: int | None


def recall(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel]) -> Outcome | None:
    """The outcome of an earlier race of just these kernels on this device, None where there is none."""
    outcome = read(_place(workload, info, kernels), Outcome)
    if outcome is None or {each.name for each in outcome.candidates} != {kernel.name for kernel in kernels}:
        return None
    rates = [each.hashrate_hs for each in outcome.candidates if each.hashrate_hs is not None]
    sound = all(0 < rate < math.inf for rate in rates) and outcome.candidates[0].hashrate_hs == max(rates, default=0.0)
    return outcome if sound else None


def remember(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel], outcome: Outcome) -> None:
    """Keep an outcome."""
    write(_place(workload, info, kernels), outcome)


def _place(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel]) -> Path | None:
    sources = [(kernel.name, kernel.source.language, kernel.source.text, kernel.most_items) for kernel in kernels]
    return place_of(FOLDER, info, [workload, sources])
