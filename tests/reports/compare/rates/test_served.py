"""Rates that a pool counted are compared by the number of their shares; what a device says of itself is not."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.workloads.evidence import ServedShares
from hashwatt.kernels.workloads.proof.share_rate import share_rate
from hashwatt.reports.collect.gather import entries_of
from hashwatt.reports.compare.rates.rate_series import series_of
from hashwatt.reports.compare.rates.run_rates import run_rate
from hashwatt.reports.compare.sides.sides import Side
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare

from ...factory import verified
from ...served import reported, served, served_result


def side_of(device: Measurement, run: int) -> Side:
    entries = entries_of(served_result(device, run=run), [])
    return Side(runs=(tuple(series_of(entry, entry.device.device.name) for entry in entries),))


def compared(base: Measurement, new: Measurement) -> Comparison:
    (found,) = compare(side_of(base, 0), side_of(new, 1))
    return found


def with_shares(device: Measurement, count: int, window: int = 0) -> Measurement:
    """The same device, as if it had been counted by so many shares in another window."""
    evidence = device.evidence
    assert isinstance(evidence, ServedShares)
    assert device.rate is not None
    rate = share_rate(count, evidence.difficulty, evidence.seconds)
    stated = replace(device.rate, value=rate.value, low=rate.low, high=rate.high)
    return replace(device, evidence=replace(evidence, count=count, fresh_hex=f"{window:032x}"), rate=stated)


def test_a_miner_that_was_served_before_and_after_is_compared() -> None:
    slow, fast = with_shares(served("minerd-2.5.1"), 194, 1), with_shares(served("cpuminer-opt-26.1"), 307, 2)
    found = compared(slow, fast)
    assert found.judgement == "faster", found.because
    assert found.ratio is not None
    assert found.ratio.low > 1
    found = compared(fast, slow)
    assert found.judgement == "slower"


@pytest.mark.parametrize("count", [20, 200, 2000])
def test_what_a_run_leaves_open_follows_from_the_number_of_its_shares(count: int) -> None:
    (series,) = side_of(with_shares(served(), count), 0).runs[0]
    rate = run_rate(series, "work ÷ time")
    assert rate.error == pytest.approx(1 / math.sqrt(count), rel=0.1)
    assert rate.moved == 0


def test_twenty_shares_and_thirty_tell_nothing_apart_but_two_thousand_and_three_do() -> None:
    miner = served()
    few = compared(with_shares(miner, 20, 1), with_shares(miner, 30, 2))
    assert few.judgement == "cannot tell"
    assert few.ratio is not None
    assert few.ratio.low < 1 < few.ratio.high
    assert compared(with_shares(miner, 2000, 1), with_shares(miner, 3000, 2)).judgement == "faster"


def test_windows_that_count_as_many_shares_are_two_runs_and_a_copy_is_one() -> None:
    miner = served()
    assert compared(with_shares(miner, 200, 1), with_shares(miner, 200, 2)).ratio is not None
    copied = compared(with_shares(miner, 200, 1), with_shares(miner, 200, 1))
    assert "the same run stands on both sides" in copied.because


def test_fewer_shares_than_ten_are_told_as_such() -> None:
    found = compared(with_shares(served(), 9), served())
    assert found.judgement == "cannot tell"
    assert found.because == "there are fewer than 10 shares; measure longer (--seconds 600)"
    assert compared(with_shares(served(), 10, 1), with_shares(served(), 10, 2)).ratio is not None


def test_the_devices_own_word_is_not_compared() -> None:
    found = compared(reported(14e6), reported(20e6))
    assert found.judgement == "cannot tell"
    assert "says of itself" in found.because
    assert found.ratio is None


def test_a_run_of_samples_is_still_asked_for_samples() -> None:
    found = compared(verified(run=0, samples=4), verified(run=1, samples=4))
    assert "fewer than 10 samples" in found.because
