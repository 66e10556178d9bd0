"""What makes a pool's figure of a worker less sure: see `sentences` for the others of the closed list."""

from __future__ import annotations

from ..result.warning import WarningRecord


def worker_left(after_s: float, seconds: float) -> WarningRecord:
    """The worker was gone before its window ended."""
    return WarningRecord(
        code="worker_left",
        text=f"the worker left after {after_s:.0f} s of its {seconds:.0f}; the time without it counts, since a window "
        "must not end when a worker likes",
    )


def not_settled(warm_up_s: float) -> WarningRecord:
    """The rate still moved when the window began."""
    return WarningRecord(
        code="not_settled",
        text=f"the worker's rate still moved after {warm_up_s:.0f} s of warming up; let it run for a while before",
    )


def few_shares(count: int, relative: float) -> WarningRecord:
    """So few shares that the interval is wide."""
    return WarningRecord(
        code="few_shares",
        text=f"only {count} shares were found, which leaves the rate uncertain by {2 * relative:.0%}; measure longer "
        "(--seconds)",
    )


def harder_shares_only(share: float, difficulty: float) -> WarningRecord:
    """The device does not report all shares that it was asked for."""
    return WarningRecord(
        code="harder_shares_only",
        text=f"{share:.0%} of the shares exceed twice the difficulty {difficulty:g}, where half would: the device "
        "keeps easier ones to itself, so its true rate is higher; give a higher --difficulty",
    )


def refused_shares(refused: int, good: int, reason: str, late: bool) -> WarningRecord:
    """Many shares counted nothing. `late`: most of them came after their job had been taken back."""
    helps = "it hands them in late, so it may do more; give a higher --difficulty" if late else "see the miner's log"
    return WarningRecord(
        code="refused_shares",
        text=f"{refused} shares counted nothing beside {good} good ones (most often: {reason}); {helps}",
    )


def restarted() -> WarningRecord:
    """A miner's uptime went back while it was watched."""
    return WarningRecord(
        code="restarted",
        text="the miner started anew while it was watched, so its figures are of two runs; let it run, then again",
    )


def stood_still(readings: int) -> WarningRecord:
    """A miner said the same rate every time."""
    return WarningRecord(
        code="stood_still",
        text=f"all {readings} readings tell the very same rate, as a firmware does that has stopped working it out; "
        "prove it by its shares (hashwatt serve)",
    )
