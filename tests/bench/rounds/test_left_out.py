"""A run in which others took the CPUs for a while: what is kept, what counts, what is said, what a forger may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from msgspec.structs import replace

from hashwatt.bench import api
from hashwatt.bench.api import measure, verify
from hashwatt.bench.machine.load import LoadMeter, Readings
from hashwatt.bench.rates import all_samples, counted_samples, rate_of_rounds
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from hashwatt.kernels.fakes.device import VirtualClock

from ..fakes import fake, shares_of, this_machine

# Five samples a round: the first sample of the third round to the last of the fourth.
DISTURBED = range(10, 20)
# What a sample takes on the virtual clock, about.
SAMPLE_S = 0.08


@pytest.fixture
def disturbed() -> Iterator[Result]:
    with pytest.MonkeyPatch.context() as patch:
        yield result_with(patch, lambda number: 0.9 if number in DISTURBED else 0.0)


def result_with(patch: pytest.MonkeyPatch, other_load: Callable[[int], float], hypervisor: str | None = None) -> Result:
    numbers = count()

    def stop(_self: LoadMeter) -> Readings:
        load = other_load(next(numbers))
        return Readings(
            wall_s=SAMPLE_S,
            other_cpu_s=load * SAMPLE_S,
            stolen_cpu_s=0.0,
            working_cpu_s=(2.0 - load) * SAMPLE_S,
        )

    patch.setattr(LoadMeter, "stop", stop)
    patch.setattr(api, "describe_machine", lambda: replace(this_machine(), hypervisor=hypervisor))
    clock = VirtualClock()
    return measure([fake("steady", clock)], seconds=2.0, clock=clock.now, challenge="prove it")


def only(result: Result) -> Measurement:
    (entry,) = result.results
    return entry


def changed(result: Result, **fields: object) -> Result:
    return replace(result, results=(replace(only(result), **fields),))


def refusals(result: Result) -> dict[str, str]:
    return {check.code: check.sentence for check in check_result(result)[0].checks if not check.ok}


def test_every_round_is_kept_and_the_disturbed_ones_do_not_count(disturbed: Result) -> None:
    entry = only(disturbed)
    assert [one.counted for one in entry.rounds] == [True, True, False, False, True]
    assert [one.left_out for one in entry.rounds][2:4] == ["other programs kept 0.9 CPUs busy in this round"] * 2
    assert (
        entry.amount
        == sum(sample.amount for sample in counted_samples(entry))
        < sum(sample.amount for sample in all_samples(entry))
    )
    assert entry.rate == rate_of_rounds([one.samples for one in entry.rounds if one.counted], "hash")


def test_the_run_says_how_many_do_not_count_and_why_and_blames_nobody_for_the_rest(disturbed: Result) -> None:
    told = {warning.code: warning.text for warning in only(disturbed).warnings}
    assert "2 of 5 rounds do not count" in told["rounds_left_out"]
    assert "other programs kept 0.9 CPUs busy" in told["rounds_left_out"]
    assert "contention" not in told


def test_what_was_done_in_rounds_that_do_not_count_is_proven_too(disturbed: Result) -> None:
    assert verify(disturbed).ok
    proven = sum(span.nonces for span in shares_of(only(disturbed)).spans)
    assert proven == sum(sample.amount for sample in all_samples(only(disturbed)))


def test_where_others_are_about_most_of_the_time_all_rounds_count_and_the_run_says_so() -> None:
    with pytest.MonkeyPatch.context() as patch:
        entry = only(result_with(patch, lambda number: 0.0 if number < 10 else 0.9))
    assert all(one.counted for one in entry.rounds)
    told = {warning.code: warning.text for warning in entry.warnings}
    assert "0.54 CPUs busy" in told["contention"]
    assert "rounds_left_out" not in told


def test_a_share_of_the_cpus_widens_the_interval() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hashwatt.bench.run.preparing.allowed_cpus", lambda: 2)
        entry = only(result_with(patch, lambda _: 1.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hashwatt.bench.run.preparing.allowed_cpus", lambda: 64)
        roomy = only(result_with(patch, lambda _: 1.0))
    assert entry.rate is not None
    assert entry.rate.low is not None
    assert roomy.rate is not None
    assert roomy.rate.low is not None
    assert entry.rate.low / entry.rate.value < 0.92, "half of the CPUs were others'"
    assert roomy.rate.low / roomy.rate.value > 0.985, "there were enough for both"


def test_a_virtual_machine_says_so_in_the_interval_and_cannot_unsay_it() -> None:
    with pytest.MonkeyPatch.context() as patch:
        result = result_with(patch, lambda _: 0.0, hypervisor="KVM")
    entry = only(result)
    assert entry.rate is not None
    assert entry.rate.low is not None
    assert 0.02 < 1 - entry.rate.low / entry.rate.value < 0.03
    assert "wide_interval" not in {warning.code for warning in entry.warnings}, "no longer run would narrow it"
    assert verify(result).ok
    assert entry.settings is not None
    assert "rate" in refusals(changed(result, settings=replace(entry.settings, virtual_machine=False)))


def test_rounds_cannot_be_left_out_for_their_rate_nor_counted_against_their_load(disturbed: Result) -> None:
    rounds = list(only(disturbed).rounds)
    for index, one in enumerate(rounds):
        forged = (*rounds[:index], replace(one, counted=not one.counted), *rounds[index + 1 :])
        counts = "does not count" if index in (2, 3) else "counts"
        told = refusals(changed(disturbed, rounds=forged))["rounds"]
        assert f"by the load that was measured round {index + 1} {counts}" in told


def test_a_round_that_is_left_away_altogether_is_missed(disturbed: Result) -> None:
    entry = only(disturbed)
    assert refusals(changed(disturbed, rounds=entry.rounds[:2] + entry.rounds[3:]))


def test_rounds_that_overlap_or_are_empty_are_refused(disturbed: Result) -> None:
    first, second, *others = only(disturbed).rounds
    sooner = replace(second, start_s=first.start_s)
    empty = replace(second, samples=())
    assert (
        "before the one before it had ended" in refusals(changed(disturbed, rounds=(first, sooner, *others)))["rounds"]
    )
    assert "has no samples" in refusals(changed(disturbed, rounds=(first, empty, *others)))["rounds"]


def test_an_interval_that_does_not_follow_from_the_rounds_is_refused(disturbed: Result) -> None:
    entry = only(disturbed)
    assert entry.rate is not None
    samples = [counted_samples(entry)]
    assert "interval" in refusals(changed(disturbed, rate=rate_of_rounds(samples, "hash")))["rate"]
