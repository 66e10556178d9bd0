"""Races between a hash's kernels that were run already, remembered on disk: a file for each hash and device.

A file that cannot be read, or says anything odd, is as good as none; one that cannot be written is not missed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from ...cpu.jit import generator_hash
from ...device import Candidate, DeviceInfo
from ...system.own_files import cache_folder, read_regular, write_atomically
from .kernel import HashKernel

FOLDER = "hash-races"
MOST_BYTES = 1 << 16


class Outcome(msgspec.Struct, frozen=True):
    """The candidates, fastest first; `threads`: the host's threads that they ran on, None where nobody told."""

    candidates: tuple[Candidate, ...]
    threads: int | None


def recall(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel]) -> Outcome | None:
    """The outcome of an earlier race of just these kernels on this device, None where there is none."""
    path = _path(workload, info, kernels)
    if path is None:
        return None
    try:
        content = read_regular(path, MOST_BYTES)
        outcome = msgspec.json.decode(content, type=Outcome) if len(content) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    if outcome is None or {each.name for each in outcome.candidates} != {kernel.name for kernel in kernels}:
        return None
    rates = [each.hashrate_hs for each in outcome.candidates if each.hashrate_hs is not None]
    sound = all(0 < rate < math.inf for rate in rates) and outcome.candidates[0].hashrate_hs == max(rates, default=0.0)
    return outcome if sound else None


def remember(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel], outcome: Outcome) -> None:
    """Keep an outcome. Written whole or not at all."""
    path = _path(workload, info, kernels)
    if path is not None:
        # A full disk costs another race the next time, not the run.
        with suppress(OSError):
            write_atomically(path, msgspec.json.encode(outcome))


def _path(workload: str, info: DeviceInfo, kernels: Sequence[HashKernel]) -> Path | None:
    folder = cache_folder(FOLDER)
    if folder is None:
        return None
    sources = [(kernel.name, kernel.source.language, kernel.source.text, kernel.most_items) for kernel in kernels]
    about = [workload, info.id, info.name, info.driver, info.compute_units, sources, generator_hash(), _own_hash()]
    return folder / f"{sha256(json.dumps(about).encode()).hexdigest()[:32]}.json"


@cache
def _own_hash() -> str:
    """Over the sources of what kernels are made from: an edited one races anew."""
    digest = sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
