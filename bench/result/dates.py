"""Which dates of runs can be believed."""

from __future__ import annotations

from datetime import UTC, datetime

# No hashwatt is older than this day: a run that claims to be was made by a clock that was never set.
RELEASED = "2025-01-01"
FORM = "%Y-%m-%dT%H:%M:%SZ"


def is_date_sure(created: str) -> bool:
    """Whether a run can have taken place then (UTC, ISO 8601): no 13th month, nor digits of another script."""
    try:
        datetime.strptime(created, FORM).replace(tzinfo=UTC)
    except ValueError:
        return False
    return created.isascii() and created >= RELEASED


def timestamp_of(moment: datetime) -> str:
    """A moment as result files have it: UTC, whole seconds (cut, not rounded)."""
    return moment.astimezone(UTC).strftime(FORM)
