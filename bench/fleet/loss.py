"""The ways in which a fleet loses a machine, a sentence each: never a task's fault, and what helps."""

from __future__ import annotations

GONE = "its worker has gone (killed, preempted, or out of memory); start it again and run again"
RESTARTED = "its worker was restarted while it measured; run again"
NO_SCHEDULER = "the scheduler has gone; start it again and run again"
NOT_LET_GO = "it could not be let go with the others (the network was too slow); run again, or leave --together out"
NOT_ENDED = "it did not end after the interrupt"
NO_HASHWATT = "it has no hashwatt; install the same version there as here"


class LostMachine(Exception):
    """A machine that gives no result; its argument is the sentence that says why."""


def silent(seconds: float, shortage: str = "") -> str:
    """Of a worker that gives no answer; `shortage`: what was lacking for one, where that is known."""
    if shortage:
        return f"its worker has not answered for {seconds:.0f} s: {shortage}"
    return f"its worker has not answered for {seconds:.0f} s (it hangs, or the network is cut); run again"


def other_hashwatt(there: str, here: str) -> str:
    """Of a machine with another version of ours."""
    return f"it has hashwatt {there}, and here is {here}; install the same version on all machines"


def other_python(there: str, here: str) -> str:
    """Of a machine with another Python."""
    return f"it has Python {there}, and here is {here}; install the same version on all machines"


def not_ready(seconds: float) -> str:
    """Of a machine that the others did not wait for any longer."""
    return f"it was not ready {seconds:.0f} s after the first one (--together); run again, or leave --together out"


def not_understood(what: str) -> str:
    """Of an answer that is none."""
    return f"its {what} cannot be read; install the same version of hashwatt on all machines"


def untrue(fault: str) -> str:
    """Of a result that does not verify."""
    return f"its result does not verify ({fault:.200})"
