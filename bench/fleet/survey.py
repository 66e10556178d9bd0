"""Which machines a scheduler's workers are on: one worker of each is chosen, and what cannot take part is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ..result.fleet import Lost
from ..run.part import trial_id
from . import loss, on_worker
from .link import ANSWER_S, Link, NoAnswer, Worker
from .loss import LostMachine
from .words import PROTOCOL, Inspection

# Importing what it takes to answer can be slow on a network's file system.
INSPECT_S = 60.0
# So many workers are asked at once.
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Host:
    """A machine that can take part, with the worker that is to measure it.

    `boot` is alike on machines that share hardware (containers, network namespaces). `round_trip_s`: how long the
    question took that told its clock. `trial`: its number where workers of one machine stand for machines.
    """

    machine: str
    boot: str
    name: str
    address: str
    workers: int
    clock_ahead_s: float
    round_trip_s: float
    trial: str | None = None

    def lost(self, reason: str) -> Lost:
        """The record of its loss."""
        return Lost(machine=self.machine, name=self.name, address=self.address, reason=reason[:1024])


@dataclass(frozen=True)
class Survey:
    """What there is."""

    hosts: tuple[Host, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True)
class _Seen:
    worker: Worker
    told: Inspection
    clock_ahead_s: float
    round_trip_s: float


async def survey(link: Link, trial: bool) -> Survey:
    """Ask every worker where it is. Raises LostMachine where the scheduler has gone."""
    workers = await link.workers()
    gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(worker: Worker) -> _Seen | Lost:
        async with gate:
            try:
                return await _inspect(link, worker)
            except NoAnswer as error:
                reason = loss.silent(INSPECT_S, str(error)) if await _is_there(link, worker) else loss.GONE
            except LostMachine as error:
                reason = str(error)
        return Lost(machine=None, name=worker.name, address=worker.address[:1024], reason=reason)

    answers = await asyncio.gather(*(ask(worker) for worker in workers))
    seen = [answer for answer in answers if isinstance(answer, _Seen)]
    hosts = _each_a_machine(seen) if trial else _one_each(seen)
    measured = {host.machine for host in hosts}
    return Survey(
        hosts=tuple(hosts),
        lost=tuple(answer for answer in answers if isinstance(answer, Lost) and answer.machine not in measured),
    )


async def _inspect(link: Link, worker: Worker) -> _Seen:
    await link.refuse_other_versions(worker.address)
    # The first answer takes what its imports take; the second tells the clock.
    await link.call(worker.address, on_worker.inspect, answer_s=INSPECT_S)
    before_s, begun_s = time.time(), time.monotonic()
    answer = await link.call(worker.address, on_worker.inspect, answer_s=ANSWER_S)
    took_s = time.monotonic() - begun_s
    try:
        told = msgspec.json.decode(answer, type=Inspection)
    except msgspec.MsgspecError:
        raise LostMachine(loss.not_understood("description")) from None
    if told.protocol != PROTOCOL:
        raise LostMachine(loss.not_understood("way of speaking"))
    return _Seen(worker, told, told.time_s - (before_s + took_s / 2), took_s)


async def _is_there(link: Link, worker: Worker) -> bool:
    return any(other.address == worker.address for other in await link.workers())


def _one_each(seen: Iterable[_Seen]) -> list[Host]:
    """A host for each machine, by host and start: the first of its workers measures."""
    of_machine: dict[str, list[_Seen]] = {}
    for one in seen:
        of_machine.setdefault(one.told.machine, []).append(one)
    return [_host(workers[0], len(workers), None) for workers in of_machine.values()]


def _each_a_machine(seen: Iterable[_Seen]) -> list[Host]:
    return [_host(one, 1, str(number)) for number, one in enumerate(seen)]


def _host(one: _Seen, workers: int, trial: str | None) -> Host:
    told = one.told
    return Host(
        machine=told.machine if trial is None else trial_id(told.machine, trial),
        boot=told.boot,
        name=told.name if trial is None else f"{told.name}, worker {trial}",
        address=one.worker.address,
        workers=workers,
        clock_ahead_s=one.clock_ahead_s,
        round_trip_s=one.round_trip_s,
        trial=trial,
    )
