"""Every figure and every text of a result file, changed alone: refused, or listed as the machine's own word."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.idle import above_idle
from hashwatt.bench.energy.joules.integral import Integral
from hashwatt.bench.machine.load import LoadMeter, Readings
from hashwatt.bench.result.energy import CrossCheck, Energy, IdlePower, PowerPoint, Telemetry, ThrottleReason
from hashwatt.bench.result.file import decode, encode
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_file
from hashwatt.bench.verification.trusted import trusted
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.workloads.sha256d import oracle

from ..fakes import measured

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "version1").glob("*.json"))
Place = tuple[Any, ...]


def with_joules(entry: Measurement) -> Measurement:
    """The measurement with all that a meter can leave."""
    idle = tuple(IdlePower(when=when, seconds=3.0, power_w=9.0, low_w=8.0, high_w=10.0) for when in ("before", "after"))
    joules = Integral(100.0 * entry.seconds, 95.0 * entry.seconds, 105.0 * entry.seconds)
    above = above_idle(joules, entry.seconds, idle)
    assert above is not None
    record = replace(
        entry.energy[0],
        meter="rapl:package",
        name="a package",
        method="integrated counter",
        scope="package",
        covers="the device",
        attribution="it counts the package",
        gross_j=joules.joules,
        low_j=joules.low_j,
        high_j=joules.high_j,
        above_idle_j=above.joules,
        above_idle_low_j=above.low_j,
        above_idle_high_j=above.high_j,
        idle=idle,
        window_s=entry.seconds,
        samples=20,
        gaps=1,
        hole_s=0.01,
        bound_source="the counter's step",
        cross_check=CrossCheck(method="sampled power", joules=100.0, low_j=1.0, high_j=1000.0, agrees=True),
        course=(PowerPoint(until_s=entry.seconds, power_w=100.0),),
        meter_cpu_s=0.001,
        reason=None,
    )
    record = replace(record, efficiency=efficiency(record, entry.rate, entry.amount, entry.seconds))
    assert isinstance(record, Energy)
    assert record.efficiency is not None
    telemetry = Telemetry(
        source="nvml",
        readings=9,
        clock_hz=1e9,
        clock_low_hz=9e8,
        clock_high_hz=1.1e9,
        temperature_c=60.0,
        temperature_high_c=70.0,
        throttle=(ThrottleReason(reason="power cap", share=0.5),),
    )
    return replace(entry, energy=(record,), telemetry=(telemetry,))


def readings(other_load: float) -> Readings:
    """What is read of the machine during a sample, in which others keep so many CPUs busy."""
    return Readings(
        wall_s=0.08, other_cpu_s=0.08 * other_load, stolen_cpu_s=0.0, working_cpu_s=0.08 * (2.0 - other_load)
    )


@cache
def together() -> bytes:
    """A file with all that there is: joules, devices at once, rounds that do not count."""
    with pytest.MonkeyPatch.context() as patch:
        numbers = count()
        # The first round's samples are disturbed; the virtual machine has all its CPUs to itself in the others.
        patch.setattr(LoadMeter, "stop", lambda _self: readings(0.9 if next(numbers) < 2 else 0.0))
        result = measured("steady", "drifting", seconds=1.0, shares=1000, together=True, note="a note")
    first, *others = result.results
    assert not all(one.counted for one in first.rounds)
    return encode(replace(result, results=(with_joules(first), *others)))


@cache
def two_kinds() -> bytes:
    """A file with work that is proven and work that is not."""
    return encode(
        measured("steady", seconds=0.5, shares=300, workloads=["sha256d", "stream"], parameters={"operation": "dot"})
    )


FILES = {"together": together, "two kinds": two_kinds} | {f"version 1, {path.stem}": path.read_bytes for path in GOLDEN}


def leaves(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, (*place, key))
    elif node is not None:
        yield place, node


def pointer(place: Place) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def changed(document: Any, place: Place, value: Any) -> bytes:
    other = copy.copy(document)
    node = other
    for step in place[:-1]:
        node[step] = copy.copy(node[step])
        node = node[step]
    node[place[-1]] = value
    return json.dumps(other).encode()


DIGESTS_OF = lru_cache(16)(oracle.ORACLE.digests_of)


@pytest.fixture(autouse=True)
def hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is changed in one place at a time, so that nearly all of its headers are those of the file before."""
    monkeypatch.setattr(oracle, "ORACLE", dataclasses.replace(oracle.ORACLE, digests_of=DIGESTS_OF))


def verdict_on(data: bytes) -> Verdict | None:
    """The verdict; None where the file is no result at all, which is to be refused, too."""
    try:
        return check_file(data, "the file", list_trusted=True)[0]
    except InputError:
        return None


def some(places: list[tuple[Place, Any]]) -> list[tuple[Place, Any]]:
    """Of places that differ in the numbers of their items only, the first and the last."""
    alike: dict[Place, list[tuple[Place, Any]]] = {}
    for place, value in places:
        alike.setdefault(tuple("*" if isinstance(step, int) else step for step in place), []).append((place, value))
    return [each[index] for each in alike.values() for index in {0, len(each) - 1}]


def unseen(data: bytes, places: list[tuple[Place, Any]]) -> list[str]:
    """The pointers whose change is neither refused nor covered by the list."""
    document = json.loads(data)
    found = []
    for place, value in places:
        verdict = verdict_on(changed(document, place, value))
        if verdict is not None and verdict.ok and pointer(place) not in verdict.trusted:
            found.append(f"{pointer(place)} = {value!r:.60}")
    return found


def numbers(data: bytes) -> list[tuple[Place, Any]]:
    """Every number with its half; half of 0 is 0, so that 1 stands for a change there."""
    places = []
    for place, value in leaves(json.loads(data)):
        if isinstance(value, int | float) and not isinstance(value, bool):
            half = value // 2 if isinstance(value, int) else value / 2
            places.append((place, half if half != value else 1))
    return places


def texts(data: bytes) -> list[tuple[Place, Any]]:
    """Every text with a letter more, and with another last letter that no pattern tells from it."""
    places = []
    for place, value in leaves(json.loads(data)):
        if isinstance(value, str) and value:
            last = {"0": "1", "A": "B", "a": "b"}.get(value[-1], "0" if value[-1].isdigit() else "a")
            places += [(place, f"{value}x"), (place, value[:-1] + last)]
    return places


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_changed_in_what_follows_is_otherwise_fine(file: str) -> None:
    verdict = verdict_on(FILES[file]())
    assert verdict is not None
    assert verdict.ok


@pytest.mark.parametrize("file", FILES)
def test_a_number_changed_by_half_is_refused_or_listed(file: str) -> None:
    data = FILES[file]()
    places = some(numbers(data))
    assert len(places) > 50
    assert not (found := unseen(data, places)), "\n".join(found)


@pytest.mark.parametrize("file", FILES)
def test_a_text_changed_is_refused_or_listed(file: str) -> None:
    data = FILES[file]()
    places = some(texts(data))
    assert len(places) > 20
    assert not (found := unseen(data, places)), "\n".join(found)


# Slow: a minute and a half for thousands of places that differ in the numbers of their items only.
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("file", FILES)
def test_every_number_and_every_text_is_refused_or_listed(file: str) -> None:
    data = FILES[file]()
    assert not (found := unseen(data, [*numbers(data), *texts(data)])), "\n".join(found)


def test_what_is_proven_is_not_listed_and_what_is_not_is() -> None:
    verdict = verdict_on(two_kinds())
    assert verdict is not None
    first, second = "/results/0", "/results/1"
    derived = ("amount", "rate/value", "rate/low", "rate/median", "seconds", "evidence/shares", "device/id", "workload")
    assert not {f"{first}/{name}" for name in derived} & set(verdict.trusted)
    own_word = ("device/name", "rounds/0/samples/0/seconds", "kernel/name", "status", "evidence/checksums")
    assert {f"{first}/{name}" for name in own_word} <= set(verdict.trusted)
    assert {f"{second}/rounds/0/samples/0/amount", f"{second}/workload"} <= set(verdict.trusted)


def test_version_1_s_joules_are_believed_and_listed() -> None:
    (path,) = (path for path in GOLDEN if path.stem == "energy")
    verdict = verdict_on(path.read_bytes())
    assert verdict is not None
    told = [place for place in verdict.trusted if "/energy/" in place]
    assert any("j_per_th" in place for place in told)
    assert not any("/proof/shares" in place for place in verdict.trusted)


def test_pointers_lead_to_what_they_name() -> None:
    document = {"a/b": {"~": 1, "list": [5, {"x": None, "y": "z"}]}, "covered": {"deep": [1, 2]}, "one": [{"k": 1}]}
    assert trusted(document, ["/covered/**", "/one/*/k"]) == ("/a~1b/~0", "/a~1b/list/0", "/a~1b/list/1/y")


def test_pointers_lead_to_where_the_file_s_version_keeps_it() -> None:
    covered = ["/schema_version", "/results/0/amount"]
    both = [{"amount": 7, "hashes": 7}]
    assert trusted({"schema_version": 1, "devices": both}, covered) == ("/devices/0/amount",)
    assert trusted({"schema_version": 2, "results": both}, covered) == ("/results/0/hashes",)
    assert trusted([7], covered) == ("/0",)


def test_a_stored_result_keeps_what_it_is_made_of() -> None:
    result = decode(together(), "the file")
    assert isinstance(result, Result)
    assert result.together is not None
