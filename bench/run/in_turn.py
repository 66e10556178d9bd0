"""Devices, or settings of one, measured in turn: A B C A B C …, so that what changes meanwhile meets them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from ...kernels.device import Found
from ..energy.joules.record import missing_record
from ..progress import Progress
from ..result.measurement import Measurement
from ..result.model import Together
from ..sampling.stopwatch import Clock
from .alternation import Turn, in_turns
from .assignment import Assignment, Work, failure_sentence
from .session import Session
from .suite_times import SuiteTimes
from .together import measure_together

LOG = logging.getLogger(__name__)


def measure_all(
    turns: Sequence[tuple[Found, Work]], assignment: Assignment, shown: Progress, clock: Clock, together: bool
) -> tuple[list[Measurement], Together | None]:
    """The devices in turn, then at once where that is wished. Raises InputError where no device takes the options."""
    sessions = [Session(one, work, assignment, shown, clock) for one, work in turns]
    at_once: Together | None = None

    def measured_at_once(results: list[Measurement]) -> None:
        nonlocal at_once
        if together:
            at_once = measure_together(turns, results, assignment, shown, clock)

    results = _measured(
        sessions, partial(measure_in_turn, sessions, times=assignment.times), assignment, shown, measured_at_once
    )
    # What no device takes (a kernel that does not exist) is the user's mistake, not the devices' failure.
    refused = [session.refused_input for session in sessions if session.refused_input is not None]
    if refused and len(refused) == len(results):
        raise refused[0]
    return [_settled(session, result) for session, result in zip(sessions, results, strict=True)], at_once


def measure_pairs(
    pairs: Sequence[tuple[Turn, Turn]], assignment: Assignment, shown: Progress, clock: Clock
) -> list[Measurement]:
    """Pairs of settings in turns. Raises InputError where a setting cannot be had."""
    sessions = [
        (Session(a.found, a.work, a.assignment, shown, clock), Session(b.found, b.work, b.assignment, shown, clock))
        for a, b in pairs
    ]
    every = [session for pair in sessions for session in pair]
    orders = [in_turns(assignment.plan_of(a.work).rounds, assignment.run_id) for a, _ in pairs]
    results = _measured(every, partial(measure_alternately, sessions, orders), assignment, shown, lambda _: None)
    for session in every:
        if session.refused_input is not None:
            raise session.refused_input
    return [_settled(session, result) for session, result in zip(every, results, strict=True)]


def _measured(
    sessions: Sequence[Session],
    measure_them: Callable[[bool], bool],
    assignment: Assignment,
    shown: Progress,
    afterwards: Callable[[list[Measurement]], None],
) -> list[Measurement]:
    """What the sessions measured, with idleness before and after, and what is done `afterwards` if none interrupts."""
    energy = assignment.energy
    try:
        interrupted = energy.begin(shown)
        interrupted = measure_them(interrupted)
        results = [session.result() for session in sessions]
        energy.end(shown, idle=not interrupted and any(result.rate for result in results))
        if not interrupted:
            afterwards(results)
    finally:
        energy.stop()
        shown.done()
    return results


def _settled(session: Session, result: Measurement) -> Measurement:
    """The result with its energy; whatever a meter has told, it costs the energy at most."""
    try:
        return session.energy.settle(result)
    except Exception as error:
        LOG.info("%s: no energy", session.found.info.id, exc_info=True)
        return replace(result, energy=(missing_record(failure_sentence(error)),))


def measure_in_turn(sessions: Sequence[Session], interrupted: bool = False, times: SuiteTimes | None = None) -> bool:
    """Measure all, those of one kind of work in turns of a round each; tells whether the run was interrupted.

    Each is made ready just before its first round and stays open until its last, so that nothing is compiled twice;
    each has its first figure before the next is opened, which may hang. Where all are open from earlier work, all are
    made ready before the first round: so each round, the first one too, comes after others' work. `interrupted`: it was
    before it began. `times`: how long each kind of work is sampled, in the same order (None: as long as the sessions
    know).
    """
    kinds: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        kind = session.work.workload.name, str(sorted(session.work.parameters.items()))
        kinds.setdefault(kind, []).append(session)
    for alike in kinds.values():
        if times is not None and not interrupted:
            seconds = times.begin()
            for session in alike:
                session.sample_for(seconds)
        interrupted = _alternate(alike, interrupted)
    return interrupted


def measure_alternately(
    pairs: Sequence[tuple[Session, Session]], orders: Sequence[Sequence[tuple[int, int]]], interrupted: bool = False
) -> bool:
    """Measure pairs of settings, a round each in the orders of each; tells whether the run was interrupted.

    Both of a pair are made ready before the first round, so that a setting that cannot be had costs no time. Where only
    one can be measured, it is; where the user asked for what there is not, nothing is (see `refused_input`).
    """
    for pair, order in zip(pairs, orders, strict=True):
        interrupted = interrupted or _pair_in_turn(pair, order)
        for session in pair:
            session.cut_short()
    return interrupted


def _pair_in_turn(pair: tuple[Session, Session], orders: Sequence[tuple[int, int]]) -> bool:
    for session in pair:
        session.prepare()
        if session.interrupted:
            return True
        if session.refused_input is not None:
            for other in pair:
                other.leave()
            return False
    for order in orders:
        for place in order:
            session = pair[place]
            if session.goes_on:
                session.round()
            if session.interrupted:
                return True
    for session in pair:
        session.finish()
        if session.interrupted:
            return True
    return False


def _alternate(sessions: Sequence[Session], interrupted: bool) -> bool:
    """All rounds of these sessions. What is open when a run is interrupted keeps what it has, and is closed."""
    under_way = list(sessions)
    begun: set[int] = set()
    for session in sessions if not interrupted and all(one.is_open for one in sessions) else ():
        begun.add(id(session))
        session.prepare()
        interrupted = session.interrupted
        if interrupted:
            break
    while under_way and not interrupted:
        for session in list(under_way):
            if id(session) not in begun:
                begun.add(id(session))
                session.prepare()
            if session.goes_on:
                session.round()
            if not session.goes_on:
                session.finish()
                under_way.remove(session)
            interrupted = session.interrupted
            if interrupted:
                break
    for session in sessions:
        session.cut_short()
    return interrupted
