"""Rates of devices that worked at once must follow from their records, alone and together."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import RateTogether, Result, Together
from hashwatt.bench.verification.together import fault_of_rates
from tests.reports.factory import result, verified


def with_rate(entry: Measurement, value: float) -> Measurement:
    assert entry.rate is not None
    return replace(entry, rate=replace(entry.rate, value=value))


ONE, OTHER = verified("cpu"), verified("opencl:0")
ALONE = result(with_rate(ONE, 100.0), with_rate(OTHER, 50.0))


def stated(entry: Measurement, rate: float, ratio: float) -> RateTogether:
    return RateTogether(
        machine=entry.machine, device=entry.device.id, workload=entry.workload, rate=rate, ratio_to_alone=ratio
    )


RIGHT = Together(
    seconds=1.0,
    reason=None,
    results=(with_rate(ONE, 80.0), with_rate(OTHER, 50.0)),
    rates=(stated(ONE, 80.0, 0.8), stated(OTHER, 50.0, 1.0)),
    sum_rate=130.0,
    unit="hash",
    warnings=(),
)


def fault(alone: Result = ALONE, **changes: Any) -> str:
    return fault_of_rates(alone, replace(RIGHT, **changes))


def test_what_follows_is_right_and_room_is_left_for_rounding_alone() -> None:
    assert fault() == ""
    assert fault(sum_rate=130.0 * (1 + 1e-10)) == ""
    assert "add up to 130" in fault(sum_rate=130.0 * (1 + 1e-8))
    assert "not to the stated 0" in fault(sum_rate=None)
    assert fault(rates=(stated(ONE, 80.0, 0.8 * (1 + 1e-10)), RIGHT.rates[1])) == ""
    assert "made 0.800 of its rate alone" in fault(rates=(stated(ONE, 80.0, 0.8 * (1 + 1e-8)), RIGHT.rates[1]))


@pytest.mark.parametrize(
    "changes",
    [
        {"rates": RIGHT.rates[:1]},
        {"rates": (*RIGHT.rates, RIGHT.rates[0])},
        {"rates": (*RIGHT.rates, stated(verified("opencl:1"), 1.0, 1.0))},
        {"results": RIGHT.results[:1]},
        {"alone": result(with_rate(ONE, 100.0))},
        {"rates": (replace(RIGHT.rates[0], machine="0" * 16), RIGHT.rates[1])},
        {"rates": (replace(RIGHT.rates[0], workload="stream"), RIGHT.rates[1])},
    ],
)
def test_each_device_measured_together_has_one_rate_and_was_measured_alone(changes: dict[str, Any]) -> None:
    assert "not those of the devices measured together" in fault(**changes)


def test_a_rate_is_the_record_s_own_even_where_its_ratio_and_the_sum_fit() -> None:
    assert "of its rate alone" in fault(rates=(stated(ONE, 81.0, 0.8), RIGHT.rates[1]))


def test_a_device_without_a_rate_is_in_no_sum() -> None:
    failed = replace(OTHER, rate=None)
    assert fault(results=(RIGHT.results[0], failed), rates=RIGHT.rates[:1], sum_rate=80.0) == ""
    assert (
        fault(
            result(with_rate(ONE, 100.0), failed),
            results=(RIGHT.results[0], failed),
            rates=RIGHT.rates[:1],
            sum_rate=80.0,
        )
        == ""
    )


def test_one_device_that_is_left_has_the_sum() -> None:
    one: dict[str, Any] = {"results": RIGHT.results[:1], "rates": RIGHT.rates[:1]}
    assert fault(**one, sum_rate=80.0) == ""
    assert "add up to 80" in fault(**one, sum_rate=130.0)


def test_only_rates_of_one_unit_are_added_up_and_it_is_the_stated_one() -> None:
    assert "different units" in fault(results=(RIGHT.results[0], replace(RIGHT.results[1], unit="byte")))
    assert fault(unit="byte") == "rates of hash are not counted in byte"
    assert fault(unit=None) == "rates of hash are not counted in None"


def test_where_nothing_was_measured_together_no_unit_and_no_sum_is_stated() -> None:
    nothing: dict[str, Any] = {"results": (), "rates": (), "sum_rate": None, "unit": None}
    assert fault(**nothing) == ""
    assert fault(**nothing | {"unit": "hash"}) == "no rates together, and yet they are counted in hash"
    assert "add up to 0, not to the stated 5" in fault(**nothing | {"sum_rate": 5.0})
