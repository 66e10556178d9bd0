"""Machines' own results become one, which verifies; what is not of this run, or not true, is lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.api import verify
from hashwatt.bench.fleet.leader import Measured
from hashwatt.bench.fleet.loss import LostMachine
from hashwatt.bench.fleet.merge import Frame, Mine, merged, own_result
from hashwatt.bench.result.file import decode, encode
from hashwatt.bench.result.fleet import Lost
from hashwatt.bench.result.model import Result
from hashwatt.bench.run.alternation import parse_alternation
from hashwatt.bench.run.asked import AskedWork
from hashwatt.bench.run.part import Part, as_part, current_part, trial_id

from ..bench.fakes import measured, this_machine
from .fake_link import host

RUN_ID = "0123456789abcdef" * 2
FRAME = Frame(
    run_id=RUN_ID,
    created="2025-05-12T10:15:00Z",
    hashwatt_version="0",
    challenge="Ana",
    note="all of them",
    beacon=None,
    trial=False,
    together=False,
)


@cache
def part_of(trial: str, *behaviours: str, **options: Any) -> Mine:
    """A machine's own result, of fake devices."""
    with as_part(Part(RUN_ID, trial)):
        result = measured(*(behaviours or ("steady",)), challenge="Ana", seconds=0.5, **options)
    given = Measured(host(trial, machine=trial_id(this_machine().id, trial)), encode(result), None, None)
    return own_result(given, FRAME)


def test_a_part_has_the_run_s_id_and_its_machine_s_name_in_it() -> None:
    waited: list[str] = []
    part = Part(RUN_ID, "7", lambda: waited.append("ready"))
    with as_part(part):
        result = measured("steady", "chatty", challenge="Ana", seconds=0.5)
    assert current_part() is None
    assert result.run_id == RUN_ID
    assert [machine.id for machine in result.machines] == [trial_id(this_machine().id, "7")]
    assert waited == ["ready"], "once, before its first sample"
    assert verify(result).ok


def test_parts_become_one_result_that_verifies_and_loads_again() -> None:
    parts = [part_of("0"), part_of("1")]
    lost = Lost(machine=None, name="c", address="tcp://c", reason="its worker has gone")
    result = merged(parts, [lost], FRAME)
    assert len(result.machines) == len(result.results) == 2
    assert result.note == "all of them"
    verdict = verify(decode(encode(result), "it"))
    assert verdict.ok
    assert {each.machine for each in verdict.proven} == {machine.id for machine in result.machines}
    assert result.fleet is not None
    assert result.fleet.lost == (lost,)
    assert [member.machine for member in result.fleet.members] == [machine.id for machine in result.machines]


def test_a_machine_that_stands_in_for_another_is_refused() -> None:
    result = merged([part_of("0"), part_of("1")], [], FRAME)
    swapped = replace(result, machines=result.machines[::-1])
    assert not verify(swapped).ok
    other = replace(result.results[1], evidence=result.results[0].evidence)
    assert not verify(replace(result, results=(result.results[0], other))).ok


# Two machines of two devices each, alone and at once, take seconds of real time.
@pytest.mark.slow
def test_devices_at_once_are_added_up_over_all_machines() -> None:
    parts = [part_of(trial, "steady", "chatty", together=True) for trial in "01"]
    result = merged(parts, [], FRAME)
    assert result.together is not None
    each = [part.result.together for part in parts]
    assert result.together.sum_rate == pytest.approx(sum(one.sum_rate or 0.0 for one in each if one is not None))
    assert len(result.together.results) == 4
    assert verify(result).ok


def test_machines_that_start_at_once_may_do_several_kinds_of_work() -> None:
    works = AskedWork(["sha256d", "blake2s"]).works()
    parts = [part_of.__wrapped__(trial, works=works) for trial in "01"]
    result = merged(parts, [], dataclasses.replace(FRAME, together=True))
    assert [entry.workload for entry in result.results] == ["sha256d", "blake2s"] * 2
    # Rates are added up where the devices of a machine were measured at once, which is in one kind of work.
    assert result.together is None
    assert verify(decode(encode(result), "it")).ok


# As many rounds as two settings need to be told apart, on two machines.
@pytest.mark.slow
def test_settings_that_were_alternated_are_paired_by_their_places_in_the_one_result() -> None:
    alternation = parse_alternation("threads=1,2")
    parts = [part_of(trial, "steady", alternation=alternation) for trial in "01"]
    result = merged(parts, [], FRAME)
    assert result.alternated is not None
    assert [(pair.a, pair.b) for pair in result.alternated.pairs] == [(0, 1), (2, 3)]
    assert verify(result).ok


def test_libraries_are_told_where_they_differ() -> None:
    one, two, three = (part_of(trial) for trial in "012")
    libraries = {**three.result.libraries, "numba": "0.1"}
    result = merged([one, two, replace_result(three, libraries=libraries)], [], FRAME)
    assert result.fleet is not None
    assert [member.libraries for member in result.fleet.members] == [{}, {}, {"numba": "0.1"}]


def replace_result(part: Mine, **changes: Any) -> Mine:
    return Mine(part.host, replace(part.result, **changes), part.started_s, part.started_within_s)


def test_clocks_and_shared_hardware_are_told_of_each_machine() -> None:
    parts = [part_of("0"), part_of("1")]
    hosts = [
        host(str(number), machine=part.host.machine, boot="b" * 16, clock_ahead_s=3600.0 * number)
        for number, part in enumerate(parts)
    ]
    same = [Mine(one, part.result, None, None) for one, part in zip(hosts, parts, strict=True)]
    result = merged(same, [], FRAME)
    assert result.fleet is not None
    codes = [[warning.code for warning in member.warnings[:2]] for member in result.fleet.members]
    assert codes[0][0] == "shared_cores"
    assert codes[1] == ["date_unsure", "shared_cores"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda result: replace(result, run_id="f" * 32), "not of this run"),
        (lambda result: replace(result, challenge="Bea"), "not of this run"),
        (lambda result: replace(result, results=(twice_as_fast(result),)), "does not verify"),
    ],
)
def test_a_result_that_is_not_of_this_run_or_not_true_is_lost(change: Callable[[Result], Result], says: str) -> None:
    true = part_of("0").result
    given = Measured(host("0", machine=true.machines[0].id), encode(change(true)), None, None)
    with pytest.raises(LostMachine, match=says):
        own_result(given, FRAME)


def twice_as_fast(result: Result) -> Any:
    entry = result.results[0]
    assert entry.rate is not None
    return replace(entry, rate=replace(entry.rate, value=2 * entry.rate.value))


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b'{"schema_version": 99}'])
def test_what_is_no_result_is_lost(data: bytes) -> None:
    with pytest.raises(LostMachine, match="does not verify"):
        own_result(Measured(host("0"), data, None, None), FRAME)
