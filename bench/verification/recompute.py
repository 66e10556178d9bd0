"""Doing stored work again: what no forger can answer without having done it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable

from ...kernels.device import AnyDevice
from ...kernels.errors import InputError
from ...kernels.workloads.evidence import Answer, Chunk, Evidence, Recompute, Shares
from ...kernels.workloads.registry import load_workload
from ..progress import Progress
from ..result.measurement import Measurement
from ..result.model import Result
from ..run_id import together_run_id
from .checks import claim_of
from .verdict import Check


def recompute(result: Result, count: int, device: AnyDevice, progress: Progress) -> list[Check]:
    """Do `count` parts of the work, chosen beyond anyone's foresight, again on `device`.

    Records that the device, or this version, cannot do again are left out.
    """
    entries = [(entry, result.run_id) for entry in result.results]
    if result.together is not None:
        entries.extend((entry, together_run_id(result.run_id)) for entry in result.together.results)
    parts = [
        index
        for index, (entry, _) in enumerate(entries)
        for _ in range(len(_parts(entry.evidence)) if _can_redo(entry, device) else 0)
    ]
    chosen = Counter(secrets.SystemRandom().sample(parts, min(count, len(parts))))
    # A record's parts are about alike, so that the bar ends near its end.
    total = sum(drawn * entries[index][0].amount / parts.count(index) for index, drawn in chosen.items())
    progress.stage(device.info.id, "recomputing", total)
    checks: list[Check] = []
    for index, drawn in sorted(chosen.items()):
        entry, run_id = entries[index]
        assert entry.evidence is not None
        findings = load_workload(entry.workload).recompute(
            entry.evidence, claim_of(entry, result.challenge, run_id), drawn, device, _advancing(progress)
        )
        name = entry.device.id
        checks.extend(
            Check(code=finding.code, ok=finding.ok, sentence=f"{name}: {finding.sentence}", device=name)
            for finding in findings
        )
    return checks


def _parts(evidence: Evidence | None) -> tuple[Chunk, ...] | tuple[Answer, ...]:
    """What can be drawn from."""
    if isinstance(evidence, Shares):
        return evidence.chunks
    return evidence.answers if isinstance(evidence, Recompute) else ()


def _can_redo(entry: Measurement, device: AnyDevice) -> bool:
    try:
        return load_workload(entry.workload).why_not(device.info) is None
    except InputError:
        return False


def _advancing(progress: Progress) -> Callable[[int], None]:
    """Tells of amounts as they are done, with the rate since the one before."""
    before = time.perf_counter()

    def advance(amount: int) -> None:
        nonlocal before
        now = time.perf_counter()
        progress.advance(amount, amount / max(now - before, 1e-9))
        before = now

    return advance
