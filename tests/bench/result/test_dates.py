"""Only what can have been is a date: whoever writes a file must not make it the newest by a month that there is not."""

from __future__ import annotations

import pytest

from hashwatt.bench.result.dates import RELEASED, is_date_sure


@pytest.mark.parametrize("created", [f"{RELEASED}T00:00:00Z", "2028-02-29T23:59:59Z", "9999-12-31T00:00:00Z"])
def test_a_day_since_the_release_is_sure(created: str) -> None:
    assert is_date_sure(created)


@pytest.mark.parametrize(
    "created",
    [
        "1970-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-99-99T99:99:99Z",
        "2027-02-29T00:00:00Z",
        "2027-13-01T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "２０２７-01-01T00:00:00Z",
        "٢٠٢٧-01-01T00:00:00Z",
    ],
)
def test_what_is_on_no_calendar_is_not(created: str) -> None:
    assert not is_date_sure(created)
