"""From what a pool has seen to a result: one measurement a worker."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ...kernels.bounded import MOST_WARNINGS
from ...kernels.device import Kind
from ...kernels.stratum.difficulty import hashes_a_share
from ...kernels.stratum.packing import pack
from ...kernels.workloads.evidence import ServedShares
from ...kernels.workloads.quantity import HASH
from ..result.measurement import DeviceRecord, Measurement, Round, Sample
from ..result.printable import printable
from ..result.warning import WarningRecord
from ..warnings.pool import few_shares, harder_shares_only, not_settled, refused_shares, worker_left
from .rate import rate_of_shares
from .server import Connection
from .session import EXTRANONCE2_BYTES, MOST_HASHES, NO_SUCH_JOB, Session, Window

WORKLOAD = "sha256d"
BACKEND = "stratum"
# Below this the interval is wider than ±10 %.
FEWEST_SHARES = 385
# So many standard deviations off are no chance (one worker in 30,000).
BEYOND_CHANCE = 4.0
MOST_ID_CHARACTERS = 60


def worker_ids(workers: Sequence[Connection]) -> list[str]:
    """An id for each worker, from its name, and told apart where names are alike."""
    ids: list[str] = []
    for worker in workers:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", worker.session.name).strip("._-")[:MOST_ID_CHARACTERS] or "unnamed"
        name, number = f"worker:{stem}", 2
        while name in ids:
            name, number = f"worker:{stem}:{number}", number + 1
        ids.append(name)
    return ids


def measurement(worker: Connection, worker_id: str, machine: str, kind: Kind, interrupted: bool) -> Measurement:
    """The record of one worker. `interrupted`: the server was ended before all windows were."""
    session = worker.session
    window = session.window
    device = DeviceRecord(
        id=worker_id,
        kind=kind,
        name=printable(session.name) or "unnamed",
        vendor=printable(session.agent),
        backend=BACKEND,
        driver="Stratum v1",
        compute_units=None,
        runs_on_host_cpu=None,
        simulator=False,
        pci_address=None,
        limits={"address": printable(worker.address, 200)},
    )
    seconds = session.settings.seconds
    whole = window is not None and (session.phase == "done") and not (interrupted and window.left_after_s is not None)
    hashes = 0 if window is None else round(len(window.shares) * hashes_a_share(window.difficulty))
    if window is None or not whole or not window.shares or window.overflowed or hashes > MOST_HASHES:
        status, reason = _why_not(session, window, interrupted)
        return _record(device, machine, status=status, reason=reason)
    evidence = evidence_of(session, window)
    rate = rate_of_shares(evidence)
    sample = Sample(
        amount=hashes,
        seconds=seconds,
        device_s=None,
        cpu_s=None,
        clock_hz=None,
        temperature_c=None,
        other_load=None,
        stolen_load=None,
    )
    rounds = Round(start_s=None, warmup_s=window.warm_up_s, counted=True, left_out=None, samples=(sample,))
    return _record(
        device,
        machine,
        status="measured",
        rate=rate,
        rounds=(rounds,),
        amount=hashes,
        seconds=seconds,
        evidence=evidence,
        warnings=tuple(_warnings(session, window))[:MOST_WARNINGS],
    )


def evidence_of(session: Session, window: Window) -> ServedShares:
    """What a stranger needs to make each header and hash it again."""
    rolls = session.mask != 0
    return ServedShares(
        fresh_hex=window.fresh.hex(),
        extranonce1_hex=session.extranonce1.hex(),
        extranonce2_bytes=EXTRANONCE2_BYTES,
        difficulty=window.difficulty,
        seconds=session.settings.seconds,
        first_job=window.first_job,
        job_times=tuple(window.job_times),
        version_rolling=rolls,
        count=len(window.shares),
        packed=pack(window.shares, rolls),
    )


def _why_not(session: Session, window: Window | None, interrupted: bool) -> tuple[str, str]:
    if interrupted and (window is None or not window.overflowed):
        return "interrupted", "the server was ended within the worker's window; one that is cut short proves nothing"
    if window is None:
        return "failed", session.reason or "it left before its rate was steady"
    if window.shares and not window.overflowed:
        return "failed", "it did more hashes than a result holds; give a shorter --seconds"
    if window.overflowed:
        return "failed", "it found more shares than a result holds; give a higher --difficulty"
    return "failed", f"it found no share of difficulty {window.difficulty:g} in the window; measure longer (--seconds)"


def _warnings(session: Session, window: Window) -> list[WarningRecord]:
    found = []
    count = len(window.shares)
    if window.left_after_s is not None:
        found.append(worker_left(window.left_after_s, session.settings.seconds))
    if not window.settled:
        found.append(not_settled(window.warm_up_s))
    if count < FEWEST_SHARES:
        found.append(few_shares(count, math.sqrt(1 / count)))
    # Half of all shares exceed twice the difficulty; a device that reports only hard ones shows more.
    if window.at_twice_the_difficulty - count / 2 > BEYOND_CHANCE * math.sqrt(count) / 2:
        found.append(harder_shares_only(window.at_twice_the_difficulty / count, window.difficulty))
    refused = session.refused.total()
    if refused > count / 100:
        word, _ = session.refused.most_common(1)[0]
        found.append(refused_shares(refused, count, word, late=word == NO_SUCH_JOB))
    return found


def _record(device: DeviceRecord, machine: str, **known: object) -> Measurement:
    empty: dict[str, object] = {
        "parameters": {"prefixes": 1},
        "reason": None,
        "kernel": None,
        "settings": None,
        "rate": None,
        "rate_per_cpu_s": None,
        "rounds": (),
        "amount": 0,
        "seconds": 0.0,
        "roof": None,
        "energy": (),
        "telemetry": (),
        "evidence": None,
        "warnings": (),
    }
    return Measurement(device=device, machine=machine, workload=WORKLOAD, unit=HASH.unit, **(empty | known))  # type: ignore[arg-type]
