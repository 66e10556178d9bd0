"""A published result names nobody, proves what it proved, and every text of the model has a rule for it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import msgspec.inspect
import pytest
from msgspec.structs import replace

from hashwatt.bench.result.anchors import Beacon, Stamp
from hashwatt.bench.result.file import encode
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.checks import check_result
from hashwatt.bench.warnings.sentences import contention
from hashwatt.reports.anonymous.known_names import own_names
from hashwatt.reports.anonymous.result import anonymous, fields_with_text
from hashwatt.reports.anonymous.rules import RULES, RULES_OF_TABLES
from hashwatt.reports.anonymous.scrub import scrubbed, scrubber
from hashwatt.reports.anonymous.told import still_told

from ..factory import by_median, result, showcase, streaming, verified
from .named import HOST, NEVER, SIGN, all_of_them, fleet, one_machine, workers

Types = msgspec.inspect


def texts_of(told: Types.Type, place: str, seen: set[type]) -> Iterator[tuple[str, str]]:
    """Every place of the model that holds text, and whether it is a text or a table of them."""
    match told:
        case Types.StrType():
            yield place, "text"
        case Types.DictType():
            yield place, "table"
        case Types.Metadata(type=inner) | Types.VarTupleType(item_type=inner):
            yield from texts_of(inner, place, seen)
        case Types.UnionType(types=several):
            for each in several:
                yield from texts_of(each, place, seen)
        case Types.StructType(cls=kind) if kind not in seen:
            seen.add(kind)
            for one in told.fields:
                yield from texts_of(one.type, f"{kind.__name__}.{one.name}", seen)


def test_every_text_of_the_model_has_a_rule_and_no_rule_is_for_nothing() -> None:
    found = set(texts_of(Types.type_info(Result), "", set()))
    assert {place for place, what in found if what == "text"} == RULES.keys()
    assert {place for place, what in found if what == "table"} == RULES_OF_TABLES.keys()
    assert "created" in fields_with_text(Result)


@pytest.mark.parametrize("named", all_of_them(), ids=["one machine", "fleet", "workers"])
def test_nothing_that_names_anybody_is_left_and_the_proof_holds(named: Result) -> None:
    assert check_result(named)[0].ok
    assert SIGN in encode(named).decode().lower()
    made = anonymous(named)
    text = encode(made.result).decode().lower()
    assert [word for word in NEVER if word in text] == []
    verdict = check_result(made.result)[0]
    assert verdict.ok
    assert verdict.proven == replace_ids(check_result(named)[0].proven, made.result)
    assert made.left_out


def replace_ids(proven: tuple, new: Result) -> tuple:  # type: ignore[type-arg]
    """What is proven, under the names that the devices have then."""
    ids = [entry.device.id for entry in new.results]
    return tuple(
        replace(
            one, device=one.device if one.device in ids else next(name for name in ids if name.startswith("worker"))
        )
        for one in proven
    )


def test_hosts_workers_and_meters_stay_apart_by_numbers() -> None:
    made = anonymous(fleet()).result
    assert made.fleet is not None
    assert [one.name for one in made.fleet.members] == ["machine 1", "machine 2"]
    assert [entry.device.id for entry in anonymous(workers()).result.results] == ["worker:1", "asic:1"]
    assert anonymous(one_machine()).result.results[0].energy[0].meter == "meter:1"


def test_what_tells_kinds_of_machines_apart_stays() -> None:
    old, new = one_machine(), anonymous(one_machine()).result
    assert new.machines[0] == replace(old.machines[0], kernel="Linux 6.8.0-45", os="Linux of [address]")
    assert new.results[0].device.limits == {"logical_cpus": 2}
    assert new.libraries == {"numpy": "2.1.0"}
    assert [warning.code for warning in new.warnings] == ["driver_broken"]


def test_warnings_of_figures_keep_their_words_and_others_their_kind() -> None:
    figures = contention(1.5)
    foreign = WarningRecord(code="left_out", text="opencl:1: Ann's driver says no")
    made = anonymous(result(warnings=(figures, foreign))).result.warnings
    assert made == (figures, replace(foreign, text="left out: left out, as this file names nobody"))


def test_a_result_that_names_nobody_stays_as_it_is() -> None:
    for one in (*showcase()[:1], by_median(result(verified()))):
        made = anonymous(one)
        assert made.result == one
        assert not made.left_out


def test_stamps_stay_where_the_record_does_and_go_where_it_changes() -> None:
    stamp = Stamp(
        authority="http://tsa.example", record_sha256="0" * 64, time="2025-05-12T10:15:00Z", response_base64="AAAA"
    )
    assert anonymous(result(stamps=(stamp,))).result.stamps == (stamp,)
    made = anonymous(result(stamps=(stamp,), note="mine"))
    assert made.result.stamps == ()
    assert any("time-stamps" in what for what in made.left_out)


def test_a_beacon_keeps_its_value_and_not_the_address_it_was_asked_from() -> None:
    beacon = Beacon(
        kind="text", source=f"http://{HOST}/beacon", chain=None, round=None, value="f" * 16, published=None,
        response_base64=None,
    )  # fmt: skip
    made = anonymous(result(beacon=beacon)).result
    assert made.beacon == replace(beacon, source=None)


def test_what_the_proof_is_bound_to_stays_and_is_told() -> None:
    bound = result(verified("cpu-of-ann"), challenge="Ana")
    made = anonymous(bound)
    assert (made.result.challenge, made.result.results[0].device.id) == ("Ana", "cpu-of-ann")
    told = {one.what: one.example for one in still_told([made.result])}
    assert told["challenge in its owner's words, which the proof is bound to"] == "Ana"
    assert told["device's id in its owner's words, which the proof is bound to"] == "cpu-of-ann"


def test_a_challenge_that_nothing_is_bound_to_is_left_out() -> None:
    made = anonymous(result(streaming(), challenge="for Ann"))
    assert "Ann" not in made.result.challenge
    assert check_result(made.result)[0].ok


def test_what_is_told_follows_from_the_results_alone() -> None:
    told = {one.what: one for one in still_told([one.result for one in map(anonymous, all_of_them())])}
    assert told["processor"].example == "Test CPU"
    assert told["kernel version"].values == 2
    assert "virtual machine" not in told
    drawn = still_told([result(challenge="0" * 32)])
    assert not [one for one in drawn if one.what.startswith("challenge")]


@pytest.mark.parametrize(
    "text",
    [
        "GPU at 0000:01:00.0", "driver 535.54.03, OpenCL 3.0", "12:30:05", "1/2 of 3/4", "AMD Ryzen 9 7950X / 32",
        "/sys/class/hwmon/hwmon3", "±0.5 %, ~2 W", "a - b", "Linux 6.8.0-45-generic #45~22.04.1",
        "std::vector", "Intel i7-9700@3.00GHz",
    ],
)  # fmt: skip
def test_what_is_no_address_stays(text: str) -> None:
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "/home/ann/x", "see /mnt/disk/ann.txt", "C:\\Users\\Ann Lee\\x", "\\\\server\\share\\ann", "ann@example.org",
        "tcp://ann:4000", "ann.local", "at 10.0.0.7:80", "aa:bb:cc:dd:ee:ff", "[fe80::1%eth0]",
        "D:/data/ann/x", "ann@10.0.0.5",
        "0f0e0d0c-1111-4222-8333-444455556666",
    ],
)  # fmt: skip
def test_addresses_and_folders_go(text: str) -> None:
    left = scrubbed(text)
    assert "[address]" in left or "[path]" in left
    assert "ann" not in left.lower()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Rig1 was slow, rig12 and ab were not", "[name] was slow, rig12 and ab were not"),
        ("rig1.example.org, my-host-2 and a.my-host.b", "[name].example.org, [name]-2 and a.[name].b"),
        ("the big rig: fast; the big rigs", "the [name]: fast; the big rigs"),
        ("(rig1) rig1: rig1.", "([name]) [name]: [name]."),
        ("...", "..."),
    ],
)
def test_names_that_are_known_go_as_whole_words(text: str, left: str) -> None:
    assert scrubber(["rig1", "ab", "my-host", "big rig"])(text) == left


def test_thousands_of_names_are_looked_up_and_not_tried_one_by_one() -> None:
    scrub = scrubber(f"host{number}" for number in range(20_000))
    # Tried one by one, these would take minutes.
    told = {scrub(f"measured on host{number} at 3 GHz, not on another; {'x ' * 100}") for number in range(2_000)}
    assert len(told) == 1


def test_this_host_and_user_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "annsbox")
    own_names.cache_clear()
    try:
        explained = one_machine()
        cpu = explained.results[0]
        assert cpu.roof is not None
        cpu = replace(cpu, roof=replace(cpu.roof, explanation="measured on annsbox"))
        made = anonymous(replace(explained, results=(cpu, *explained.results[1:]))).result.results[0]
        assert made.roof is not None
        assert made.roof.explanation == "measured on [name]"
    finally:
        own_names.cache_clear()
