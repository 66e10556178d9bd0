"""What a record must have by its status, and that each stands once: what is asked before any evidence is looked at."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.anchors.challenge import with_beacon
from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.rates import counted_samples, stated_rate
from hashwatt.bench.result.anchors import Beacon
from hashwatt.bench.result.file import encode
from hashwatt.bench.result.fleet import FleetRecord, Member
from hashwatt.bench.result.measurement import Measurement, Round, Status
from hashwatt.bench.result.model import RateTogether, Result, Together
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.rounds.counted import with_counted
from hashwatt.bench.run_id import together_run_id
from hashwatt.bench.verification.checks import Judged, check_file, check_measurement, check_result
from hashwatt.bench.verification.trusted import covered_by
from hashwatt.bench.verification.verdict import Check
from hashwatt.kernels.workloads.evidence import Checked, Reported
from tests.reports.factory import joules, machine, on_machine, proof_of, result, run_id_of, streaming, verified
from tests.reports.samples import unmeasured

RIGHT = verified()


def judged(entry: Measurement, at: str = "") -> Judged:
    return check_measurement(entry, "Ana", run_id_of(0), at=at)


def faults(entry: Measurement) -> dict[str, str]:
    return {check.code: check.sentence for check in judged(entry).checks if not check.ok}


def refused(run: Result) -> dict[str, str]:
    return {check.code: check.sentence for check in check_result(run)[0].checks if not check.ok}


def test_a_right_record_is_proven() -> None:
    found = judged(RIGHT)
    assert all(check.ok for check in found.checks)
    (one,) = found.proven
    assert (one.device, one.workload, one.claimed, one.confidence) == ("cpu", "sha256d", RIGHT.amount, 0.999)
    assert one.at_least is not None
    assert 0 < one.at_least <= RIGHT.amount


def with_a_round_that_does_not_count() -> Measurement:
    """A right record, in the last of whose four rounds other programs had the cores."""
    (one,) = RIGHT.rounds
    busy = [tuple(replace(each, cpu_s=each.seconds) for each in one.samples[at : at + 4]) for at in range(0, 16, 4)]
    busy[3] = tuple(replace(each, other_load=1.0) for each in busy[3])
    parts = (Round(start_s=60.0 * at, warmup_s=1.0, counted=True, left_out=None, samples=busy[at]) for at in range(4))
    rounds = with_counted(tuple(parts))
    entry = replace(RIGHT, rounds=rounds)
    samples = counted_samples(entry)
    amount, seconds = sum(each.amount for each in samples), math.fsum(each.seconds for each in samples)
    return replace(entry, amount=amount, seconds=seconds, rate=stated_rate(entry))


def test_what_is_claimed_is_what_the_evidence_is_about_also_in_rounds_that_do_not_count() -> None:
    entry = with_a_round_that_does_not_count()
    assert [one.counted for one in entry.rounds] == [True, True, True, False]
    assert faults(entry) == {}
    (told,) = judged(entry).proven
    assert told.at_least is not None
    assert told.at_least <= told.claimed == RIGHT.amount > entry.amount
    assert f"at least {told.at_least:,} hashes of {told.claimed:,} claimed" in str(judged(entry).checks)


def test_a_record_that_fails_a_check_proves_nothing() -> None:
    assert judged(replace(RIGHT, seconds=RIGHT.seconds * 2)).proven == []
    assert judged(replace(RIGHT, amount=RIGHT.amount + 1)).proven == []


def test_the_machine_s_own_word_proves_nothing_and_its_amount_is_checked() -> None:
    entry = streaming()
    assert faults(entry) == {}
    assert judged(entry).proven == []
    assert "the samples add up to" in faults(replace(entry, amount=entry.amount + 1))["amount"]
    # It stands first, whether it holds or not.
    assert next(check.code for check in judged(entry).checks) == "amount"
    assert next(check.code for check in judged(replace(RIGHT, amount=RIGHT.amount + 1)).checks) == "amount"
    # Where the evidence counts by itself one check says both.
    assert [check.code for check in judged(RIGHT).checks].count("amount") == 1


@pytest.mark.parametrize("status", ["failed", "refused", "skipped"])
def test_without_work_a_record_claims_nothing(status: Status) -> None:
    entry = unmeasured(status, "because")
    (check,) = judged(entry).checks
    assert (check.ok, check.sentence) == (True, "opencl:0: claims nothing")
    claims: tuple[dict[str, Any], ...] = (
        {"rounds": RIGHT.rounds}, {"rate": RIGHT.rate}, {"amount": 1}, {"seconds": 1.0}, {"evidence": RIGHT.evidence},
    )  # fmt: skip
    for claim in claims:
        assert faults(replace(entry, **claim)) == {"devices": f"opencl:0: is {status} and yet claims work"}


def test_an_interrupted_record_claims_nothing_or_all() -> None:
    assert faults(unmeasured("interrupted", "because")) == {}
    assert faults(replace(RIGHT, status="interrupted")) == {}
    only_a_rate = replace(unmeasured("interrupted", "because"), rate=RIGHT.rate)
    assert faults(only_a_rate) == {"devices": "opencl:0: is interrupted but has no samples"}


@pytest.mark.parametrize(
    ("changes", "missing"), [({"rounds": ()}, "samples"), ({"rate": None}, "rate"), ({"evidence": None}, "evidence")]
)
def test_a_measured_record_has_samples_a_rate_and_evidence(changes: dict[str, Any], missing: str) -> None:
    assert faults(replace(RIGHT, **changes)) == {"devices": f"cpu: is measured but has no {missing}"}


def reported(**changes: Any) -> Measurement:
    """A device's own word, as such."""
    assert RIGHT.rate is not None
    rate = replace(RIGHT.rate, origin="reported", low=None, high=None)
    entry = replace(RIGHT, evidence=Reported(source="its counter"), rate=rate, rounds=(), amount=0, seconds=0.0)
    return replace(entry, **changes)


def test_a_device_s_own_word_may_stand_as_such() -> None:
    (check,) = judged(reported()).checks
    assert (check.ok, check.code) == (True, "reported")
    assert check.sentence == "cpu: the device's own word: nothing is proven"
    assert faults(reported(energy=(joules(20.0, RIGHT),))) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate": None}, "are not marked so"),
        ({"rate": RIGHT.rate}, "are not marked so"),
        ({"rounds": RIGHT.rounds}, "counted as measured"),
        ({"amount": 1}, "counted as measured"),
        ({"seconds": 1.0}, "counted as measured"),
    ],
)
def test_a_device_s_own_word_stands_as_nothing_else(changes: dict[str, Any], words: str) -> None:
    assert words in faults(reported(**changes))["reported"]


@pytest.mark.parametrize("bound", ["low", "high"])
def test_no_bound_follows_from_a_device_s_own_word(bound: str) -> None:
    rate = reported().rate
    assert rate is not None
    bounded: dict[str, Any] = {bound: 1.0}
    assert "counted as measured" in faults(reported(rate=replace(rate, **bounded)))["reported"]


def test_no_joules_a_unit_follow_from_a_device_s_own_word() -> None:
    record = joules(20.0, RIGHT, covers="the device")
    known = replace(record, efficiency=efficiency(record, RIGHT.rate, RIGHT.amount, RIGHT.seconds))
    assert known.efficiency is not None
    assert "no joules a unit" in faults(reported(energy=(record, known)))["reported"]


def test_each_device_stands_once_by_machine_work_parameters_and_setting() -> None:
    twice = refused(result(RIGHT, RIGHT))
    assert twice["devices"] == "device cpu stands twice, so its work would count twice"
    assert "devices" not in refused(result(RIGHT, verified("opencl:0")))
    assert "devices" not in refused(result(RIGHT, streaming()))
    assert "devices" not in refused(result(RIGHT, verified(prefixes=4)))
    assert "devices" not in refused(result(RIGHT, replace(RIGHT, setting="threads=1")))
    two = machine(id="f" * 16)
    assert "devices" not in refused(result(RIGHT, on_machine(RIGHT, two.id), machines=(machine(), two)))


def test_each_machine_stands_once_and_all_that_records_name_are_listed() -> None:
    assert "belongs to a machine that is not listed" in refused(result(replace(RIGHT, machine="f" * 16)))["devices"]
    assert refused(result(RIGHT, machines=(machine(), machine())))["devices"].startswith("a machine stands twice")
    # The first fault is told.
    both = result(RIGHT, RIGHT, machines=(machine(), machine()))
    assert refused(both)["devices"].startswith("a machine stands twice")


def test_a_fleet_s_machines_are_those_that_are_listed() -> None:
    def member(name: str) -> Member:
        return Member(
            machine=name, name="a host", workers=1, created="2025-05-12T10:15:00Z", clock_ahead_s=None, started_s=None,
            libraries={}, warnings=(),
        )  # fmt: skip

    def of(*members: Member) -> Result:
        fleet = FleetRecord(trial=False, together=False, spread_s=None, members=members, lost=())
        return result(RIGHT, fleet=fleet)

    told = "the machines that took part are not those that it lists"
    assert "devices" not in refused(of(member(RIGHT.machine)))
    assert refused(of(member("f" * 16)))["devices"] == told
    assert refused(of())["devices"] == told


def test_a_fleet_s_machine_without_a_record_is_refused_and_one_that_did_no_work_is_told() -> None:
    two = "f" * 16

    def of(*entries: Measurement) -> Result:
        members = tuple(
            Member(
                machine=one, name="a host", workers=1, created="2025-05-12T10:15:00Z", clock_ahead_s=None,
                started_s=None, libraries={}, warnings=(),
            )
            for one in (RIGHT.machine, two)
        )  # fmt: skip
        fleet = FleetRecord(trial=False, together=False, spread_s=None, members=members, lost=())
        return result(*entries, machines=(machine(), machine(id=two)), fleet=fleet)

    assert refused(of(RIGHT))["devices"] == "1 of 2 machines took part and have no record"
    failed = check_result(of(RIGHT, replace(unmeasured("failed", "no driver"), machine=two)))[0]
    assert failed.ok
    assert failed.checks[1].sentence == "each device stands once; 1 of 2 machines did no work"
    assert check_result(of(RIGHT, on_machine(RIGHT, two)))[0].checks[1].sentence == "each device stands once"


def of_devices(run: Result) -> list[Check]:
    return [check for check in check_result(run)[0].checks if check.device is not None]


def test_a_check_names_its_machine_where_the_file_has_several() -> None:
    two = machine(id="f" * 16)
    run = result(RIGHT, on_machine(RIGHT, two.id), machines=(machine(), two))
    verdict, _ = check_result(run)
    assert verdict.ok, verdict
    assert {check.machine for check in of_devices(run)} == {machine().id, two.id}
    assert {one.machine for one in verdict.proven} == {machine().id, two.id}
    assert {check.machine for check in of_devices(result(RIGHT))} == {None}
    assert {one.machine for one in check_result(result(RIGHT))[0].proven} == {None}


def test_of_all_shares_or_of_so_many_the_sentence_says_so() -> None:
    def told(most: int | None) -> str:
        return next(
            one.sentence for one in check_result(result(RIGHT), most_shares=most)[0].checks if one.code == "shares"
        )

    assert ": all " in told(None)
    assert ": 3 of " in told(3)


def test_a_file_of_another_machine_s_tree_is_refused() -> None:
    elsewhere = result(RIGHT, warnings=(WarningRecord(code="foreign_root", text="a tree"),))
    assert "never to be ranked" in refused(elsewhere)["machine"]
    assert "machine" not in refused(result(RIGHT, warnings=(WarningRecord(code="quota", text="less"),)))


def test_evidence_that_breaks_its_workload_s_check_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("what is that")

    monkeypatch.setattr("hashwatt.bench.verification.checks._findings", broken)
    assert faults(RIGHT)["evidence"] == "cpu: sha256d cannot check its evidence (RuntimeError: what is that)"


def test_evidence_that_the_memory_does_not_hold_is_refused_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object) -> object:
        raise MemoryError

    monkeypatch.setattr("hashwatt.bench.verification.checks._findings", starved)
    assert "cannot check its evidence (the system gave no more memory" in faults(RIGHT)["evidence"]


def test_what_is_trusted_is_listed_where_it_is_asked_for() -> None:
    run = result(RIGHT)
    assert check_result(run)[0].trusted == check_file(encode(run), "it")[0].trusted == ()
    assert "/results/0/device/name" in check_result(run, list_trusted=True)[0].trusted
    # A check that fails covers nothing.
    assert covered_by(
        [Check(code="a", ok=False, sentence="", covers=("/a",)), Check(code="b", ok=True, sentence="", covers=("/b",))]
    ) == ["/b"]


def test_a_challenge_is_asked_for_and_the_same_or_none_is() -> None:
    assert "challenge" not in {check.code for check in check_result(result(RIGHT))[0].checks}
    asked, _ = check_result(result(RIGHT), challenge="Ana")
    assert [check.ok for check in asked.checks if check.code == "challenge"] == [True]
    asked, _ = check_result(result(RIGHT), challenge="Bob")
    assert [check.ok for check in asked.checks if check.code == "challenge"] == [False]


def test_anchors_are_checked_beside_the_records() -> None:
    beacon = Beacon(
        kind="text", source=None, chain=None, round=None, value="a line of the day", published=None,
        response_base64=None,
    )  # fmt: skip
    challenge = with_beacon("Ana", beacon)
    entry = replace(RIGHT, evidence=proof_of(challenge, "cpu", run_id_of(0), len(ROUND.samples)))
    tied = check_result(result(entry, challenge=challenge, beacon=beacon))[0]
    untied = check_result(result(RIGHT, beacon=beacon))[0]
    (anchor,), (fault,) = ([check for check in verdict.checks if check.code == "anchor"] for verdict in (tied, untied))
    assert (tied.ok, anchor.ok) == (True, True)
    assert anchor.covers == ("/beacon/kind", "/beacon/value")
    assert (untied.ok, fault.ok, fault.covers) == (False, False, ())
    assert "anchor" not in {check.code for check in check_result(result(RIGHT))[0].checks}


def at_once(**changes: Any) -> Result:
    """Two devices, alone and together, with evidence of its own for each."""
    alone = (RIGHT, verified("opencl:0"))
    run_id = together_run_id(run_id_of(0))
    then = tuple(replace(one, evidence=proof_of("Ana", one.device.id, run_id, len(ROUND.samples))) for one in alone)
    rates = tuple(
        RateTogether(
            machine=one.machine, device=one.device.id, workload=one.workload, rate=one.rate.value, ratio_to_alone=1.0
        )
        for one in then
        if one.rate
    )
    told = Together(
        seconds=1.0, reason=None, results=then, rates=rates, sum_rate=sum(one.rate for one in rates), unit="hash",
        warnings=(),
    )  # fmt: skip
    return result(*alone, together=replace(told, **changes))


def test_what_was_done_at_once_is_proven_beside_what_was_done_alone() -> None:
    verdict, _ = check_result(at_once())
    assert verdict.ok, verdict
    assert [one.device for one in verdict.proven] == ["cpu", "opencl:0", "together cpu", "together opencl:0"]
    (check,) = (check for check in verdict.checks if check.code == "together")
    assert check.covers == ("/together/rates/**", "/together/sum_rate", "/together/unit")
    assert check.sentence == "rates together, their ratios and their sum follow from the devices' records"
    assert {"together cpu", "together opencl:0"} <= {check.device for check in verdict.checks}
    assert all(
        check.sentence.startswith("together: ") for check in verdict.checks if "together " in (check.device or "")
    )
    wrong, _ = check_result(at_once(sum_rate=1.0))
    (failed,) = (check for check in wrong.checks if not check.ok)
    assert (failed.code, failed.covers) == ("together", ())
    assert failed.sentence == "the rates together add up to 4.99734e+07, not to the stated 1"


def test_a_device_stands_once_among_those_at_once_too() -> None:
    told = at_once().together
    assert told is not None
    first, second = told.results
    told_twice = "device cpu stands twice, so its work would count twice"
    assert refused(at_once(results=(first, second, first)))["devices"] == told_twice
    only = told.rates[:1]
    assert refused(at_once(results=(first, first), rates=only, sum_rate=only[0].rate))["devices"] == told_twice
    elsewhere = refused(at_once(results=(replace(first, machine="f" * 16), second)))
    assert elsewhere["devices"] == "device cpu belongs to a machine that is not listed"


ROUND = RIGHT.rounds[0]
LONG_S = sum(sample.seconds for sample in ROUND.samples)


def of_rounds(*rounds: Round) -> Measurement:
    """A stream of so many rounds: its amounts are the machine's own word."""
    entry = streaming()
    return replace(entry, rounds=rounds)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (replace(ROUND, start_s=LONG_S), ""),
        (replace(ROUND, start_s=LONG_S * (1 - 2e-10)), ""),
        (replace(ROUND, start_s=LONG_S * (1 - 2e-9)), "round 2 began before the one before it had ended"),
        (replace(ROUND, start_s=None), ""),
        (replace(ROUND, start_s=LONG_S, samples=()), "round 2 has no samples"),
        (replace(ROUND, start_s=LONG_S, counted=False), "round 2 counts, and the rate is stated otherwise"),
    ],
)
def test_rounds_follow_one_another_and_are_left_out_for_load_alone(second: Round, words: str) -> None:
    fault = faults(of_rounds(ROUND, second)).get("rounds", "")
    assert words in fault if words else fault == ""


def test_a_busy_round_that_counts_beside_quiet_ones_is_told() -> None:
    def during(load: float, start_s: float) -> Round:
        samples = tuple(replace(one, cpu_s=one.seconds, other_load=load) for one in ROUND.samples)
        return replace(ROUND, start_s=start_s, samples=samples)

    rounds = [during(0.0, number * LONG_S) for number in range(3)]
    assert "rounds" not in faults(of_rounds(*rounds))
    busy = faults(of_rounds(*rounds, during(0.9, 3 * LONG_S)))["rounds"]
    assert "by the load that was measured round 4 does not count" in busy


def test_what_is_covered_is_told_from_the_file_s_root_on() -> None:
    covered = [pointer for check in judged(RIGHT, "/results/7").checks for pointer in check.covers]
    assert {"/challenge", "/run_id", "/results/7/unit", "/results/7/rounds/0/samples/*/amount"} <= set(covered)
    assert all(pointer.startswith("/results/7/") for pointer in covered if pointer not in ("/challenge", "/run_id"))
    # Of the machine's own word nothing ties it to the challenge.
    own = [pointer for check in judged(streaming(), "/results/7").checks for pointer in check.covers]
    assert "/challenge" not in own


def test_work_that_is_not_known_here_or_is_counted_otherwise_is_refused() -> None:
    assert "nothing of its work can be checked" in faults(replace(RIGHT, workload="nothing"))["workload"]
    assert "has other parameters than are stated" in faults(replace(RIGHT, unit="byte"))["workload"]
    own_word = replace(RIGHT, evidence=Checked(answers=1, how="compared"))
    assert "proven by shares" in faults(own_word)["evidence"]
