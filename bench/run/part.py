"""A run that is one machine's part of a larger one: what the larger one decides for all of its machines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec.structs import replace

from ..machine.identity import ID_DIGITS
from ..result.machine import Machine


def at_once() -> None:
    """Wait for nobody."""


@dataclass
class Part:
    """What a run takes from the larger one.

    `run_id` is the larger one's, so that one file holds all machines' evidence: inputs derive from the machine, too.
    `trial`: which of several processes of one machine this is, each standing for a machine of its own; None: the
    machine is itself. `ready` is called once, when the first device could take its samples, and returns when it may.
    """

    run_id: str
    trial: str | None = None
    ready: Callable[[], None] = at_once
    _waited: bool = field(default=False, init=False)

    def named(self, machine: Machine) -> Machine:
        """The machine under the id that it has in the larger run."""
        return machine if self.trial is None else replace(machine, id=trial_id(machine.id, self.trial))

    def wait(self) -> float:
        """Wait for the others, the first time; tells for how many seconds. Raises KeyboardInterrupt."""
        if self._waited:
            return 0.0
        self._waited = True
        begun_s = time.monotonic()
        self.ready()
        return time.monotonic() - begun_s


# As a budget is, it is known to whatever is called within: a dozen signatures need not hand it on.
_PART: ContextVar[Part | None] = ContextVar("the larger run", default=None)


def trial_id(machine_id: str, trial: str) -> str:
    """The id of one of several processes that stand for machines, on the machine with that id."""
    return sha256(f"hashwatt trial {machine_id} {trial}".encode()).hexdigest()[:ID_DIGITS]


@contextmanager
def as_part(part: Part) -> Iterator[None]:
    """What is measured within is a part of a larger run."""
    token = _PART.set(part)
    try:
        yield
    finally:
        _PART.reset(token)


def current_part() -> Part | None:
    """The part that this is; None where a run stands for itself."""
    return _PART.get()
