"""Doing stored work again: what no forger can answer without having done it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable

from ...kernels.device import AnyDevice
from ...kernels.errors import InputError
from ...kernels.workloads.evidence import Evidence, Finding, Recompute, Shares
from ...kernels.workloads.evidence_version1 import ChunkedShares
from ...kernels.workloads.protocol import Auditable
from ...kernels.workloads.registry import load_workload
from ..progress import Progress
from ..result.measurement import Measurement
from ..result.model import Result
from ..run_id import together_run_id
from .checks import claim_of
from .verdict import Check

Entry = tuple[Measurement, str]


def recompute(result: Result, count: int, device: AnyDevice, progress: Progress) -> list[Check]:
    """Do `count` parts of the work, chosen beyond anyone's foresight, again on `device`.

    Records that the device, or this version, cannot do again are left out.
    """
    entries = _entries(result)
    parts = [
        index
        for index, (entry, _) in enumerate(entries)
        for _ in range(_parts(entry) if _can_redo(entry, device) else 0)
    ]
    chosen = Counter(secrets.SystemRandom().sample(parts, min(count, len(parts))))
    # A record's parts are about alike, so that the bar ends near its end.
    total = sum(drawn * entries[index][0].amount / parts.count(index) for index, drawn in chosen.items())
    progress.stage(device.info.id, "recomputing", total)
    return [
        check
        for index, drawn in sorted(chosen.items())
        for check in _redone(entries[index], drawn, result, device, progress)
    ]


def audit(result: Result, effort_s: float, device: AnyDevice, progress: Progress) -> list[Check]:
    """Do parts of the work again for about so many CPU seconds, shared out among the records that allow it."""
    entries = [each for each in _entries(result) if _can_redo(each[0], device) and _can_audit(each[0])]
    progress.stage(device.info.id, "recomputing", None)
    checks: list[Check] = []
    for each in entries:
        entry, run_id = each
        workload = load_workload(entry.workload)
        if isinstance(workload, Auditable) and isinstance(entry.evidence, Shares):
            claim = claim_of(entry, result.challenge, run_id, result.written_as)
            share_s = effort_s / len(entries)
            checks.extend(_checks(entry, workload.audit(entry.evidence, claim, share_s, device, _advancing(progress))))
        else:
            # The first part tells how many more the time is enough for.
            began_s = time.process_time()
            checks.extend(_redone(each, 1, result, device, progress))
            spent_s = max(time.process_time() - began_s, 1e-3)
            more = min(_parts(entry) - 1, int((effort_s / len(entries) - spent_s) / spent_s))
            if more > 0:
                checks.extend(_redone(each, more, result, device, progress))
    return checks


def _entries(result: Result) -> list[Entry]:
    entries = [(entry, result.run_id) for entry in result.results]
    if result.together is not None:
        entries.extend((entry, together_run_id(result.run_id)) for entry in result.together.results)
    return entries


def _redone(each: Entry, count: int, result: Result, device: AnyDevice, progress: Progress) -> list[Check]:
    entry, run_id = each
    assert entry.evidence is not None
    claim = claim_of(entry, result.challenge, run_id, result.written_as)
    workload = load_workload(entry.workload)
    return _checks(entry, workload.recompute(entry.evidence, claim, count, device, _advancing(progress)))


def _checks(entry: Measurement, findings: Iterable[Finding]) -> list[Check]:
    name = entry.device.id
    return [
        Check(code=finding.code, ok=finding.ok, sentence=f"{name}: {finding.sentence}", device=name)
        for finding in findings
    ]


def _parts(entry: Measurement) -> int:
    """How many parts can be drawn from."""
    evidence = entry.evidence
    return evidence.parts if isinstance(evidence, Shares | ChunkedShares | Recompute) else 0


def _can_audit(entry: Measurement) -> bool:
    evidence: Evidence | None = entry.evidence
    return isinstance(evidence, Shares | Recompute) and _parts(entry) > 0


def _can_redo(entry: Measurement, device: AnyDevice) -> bool:
    try:
        return load_workload(entry.workload).why_not(device.info, entry.parameters) is None
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
