"""Results of a measuring pool, made from recorded conversations with real miners: their shares verify."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import cast

from msgspec.structs import replace

from hashwatt.bench.asic.measure import Watched, reported_measurement
from hashwatt.bench.asic.reading import Place, Reading, ReportedRate
from hashwatt.bench.pool.result import measurement
from hashwatt.bench.pool.server import Connection
from hashwatt.bench.pool.session import Session
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.kernels.device import Kind

from ..bench.pool.recorded import CHALLENGE, FOLDER, replayed
from .factory import result
from .samples import MACHINE

SECONDS = 6.0


@cache
def session_of(miner: str) -> Session:
    """A session at the end of a recorded conversation."""
    *_, (session, _) = replayed(FOLDER / f"{miner}.jsonl.gz", SECONDS)
    return session


def served(miner: str = "minerd-2.5.1", name: str = "Served 1", kind: Kind = "asic") -> Measurement:
    """What a pool's result says of a recorded miner."""
    worker = Connection(session_of(miner), "192.0.2.9", 0.0, cast("asyncio.StreamWriter", None))
    found = measurement(worker, "worker:1", MACHINE.id, kind, interrupted=False)
    return replace(found, device=replace(found.device, name=name))


def reported(rate_hs: float = 14.1e6, host: str = "192.0.2.9") -> Measurement:
    """What a miner says of itself."""
    rates = (ReportedRate("MHS 20s", rate_hs, 20.0),)
    reading = Reading(host, "bfgminer", "Rig 1", rates, None, (), None, 60.0)
    return reported_measurement(Watched(Place("cgminer", host, None), (reading,), SECONDS), MACHINE.id)


def served_result(*devices: Measurement, run: int = 0) -> Result:
    """The result that they stand in."""
    return result(*devices, run=run, challenge=CHALLENGE)
