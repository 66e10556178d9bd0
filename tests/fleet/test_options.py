"""What a fleet's run can be asked for."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from hashwatt.bench.api import run
from hashwatt.bench.fleet.fleet import OPTIONS, Fleet
from hashwatt.kernels.errors import InputError


@pytest.mark.parametrize("name", ["devices", "second", "progres\x1b"])
def test_an_option_that_no_run_has_is_refused_before_anybody_is_asked(name: str) -> None:
    # Not entered: whatever needs the scheduler would fail in another way.
    options: dict[str, Any] = {name: 1}
    with pytest.raises(
        InputError, match=r"a run has no option '(devices|second|progres\\x1b)'; give those of hashwatt"
    ):
        Fleet("tcp://127.0.0.1:1").run(**options)


def test_every_option_of_a_run_is_one_of_a_fleets_or_the_fleets_own() -> None:
    own = set(signature(Fleet.run).parameters)
    assert set(signature(run).parameters) <= OPTIONS | own
    assert "seconds" in OPTIONS
