"""Warnings of a machine among many."""

from __future__ import annotations

from ..result.warning import WarningRecord


def clock_off(ahead_s: float) -> WarningRecord:
    """Its clock and the leader's differ."""
    how = "ahead of" if ahead_s > 0 else "behind"
    return WarningRecord(
        code="date_unsure",
        text=(
            f"its clock is {abs(ahead_s):,.0f} s {how} the clock of whoever led the run, which dates the result; "
            "seconds are measured by another clock and are right; set the clock (NTP)"
        ),
    )


def shared_hardware() -> WarningRecord:
    """It is no machine of its own."""
    return WarningRecord(
        code="shared_cores",
        text=(
            "another machine of this run is on the same hardware (containers or namespaces of one system), and they "
            "took cores from each other; let only one of them take part"
        ),
    )
