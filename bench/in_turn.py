"""Devices, or settings of one, measured in turn: A B C A B C …, so that what changes meanwhile meets them all."""

from __future__ import annotations

from collections.abc import Sequence

from .session import Session


def measure_in_turn(sessions: Sequence[Session], interrupted: bool = False) -> bool:
    """Measure all, those of one kind of work in turns of a round each; tells whether the run was interrupted.

    Each is made ready just before its first round and stays open until its last, so that nothing is compiled twice;
    each has its first figure before the next is opened, which may hang. `interrupted`: it was before it began.
    """
    kinds: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        kind = session.work.workload.name, str(sorted(session.work.parameters.items()))
        kinds.setdefault(kind, []).append(session)
    for alike in kinds.values():
        interrupted = _alternate(alike, interrupted)
    return interrupted


def _alternate(sessions: Sequence[Session], interrupted: bool) -> bool:
    """All rounds of these sessions. What is open when a run is interrupted keeps what it has, and is closed."""
    under_way = list(sessions)
    begun: set[int] = set()
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
