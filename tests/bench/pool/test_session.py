"""A worker's way through the server: warm-up, window, shares good and bad; in simulated time."""

from __future__ import annotations

import json
import struct

import pytest

from hashwatt.bench.pool import session as pool_session
from hashwatt.bench.pool.rate import rate_of_shares
from hashwatt.bench.pool.result import evidence_of
from hashwatt.bench.pool.session import MOST_REFUSED_IN_A_ROW, PoolSettings
from hashwatt.kernels.stratum.difficulty import MOST_DIFFICULTY, hashes_a_share
from hashwatt.kernels.workloads.evidence import Claim, ServedShares
from hashwatt.kernels.workloads.proof.share_rate import share_rate
from hashwatt.kernels.workloads.sha256d.served import check_served

from .simulated import CHALLENGE, Simulation, claim_for

# One hash in eight is a share: a run of a few thousand hashes says something.
EASY = 2.0**-29


def settings(seconds: float = 8.0, difficulty: float | None = EASY) -> PoolSettings:
    return PoolSettings(CHALLENGE, seconds, difficulty)


def evidence(simulation: Simulation) -> ServedShares:
    assert simulation.session.window is not None
    return evidence_of(simulation.session, simulation.session.window)


def claim(shown: ServedShares) -> Claim:
    amount = round(shown.count * hashes_a_share(shown.difficulty))
    return claim_for(CHALLENGE, amount)


@pytest.mark.parametrize("rolled", [1, 4])
def test_a_window_is_measured_and_verifies(rolled: int) -> None:
    simulation = Simulation(settings(), 600, seed=rolled, rolled=rolled)
    simulation.run()
    shown = evidence(simulation)
    assert shown.version_rolling == (rolled > 1)
    assert [finding.ok for finding in check_served(shown, claim(shown))] == [True] * 3
    assert not simulation.session.refused
    assert not simulation.client.rejected
    rate = rate_of_shares(shown)
    assert rate.value == pytest.approx(600, rel=0.2)


@pytest.mark.parametrize(("wanted", "given"), [(4, 4.0), (10**400, MOST_DIFFICULTY), (-(10**400), None), (0, None)])
def test_a_miner_s_wish_for_a_difficulty_is_heard_within_what_can_be(wanted: int, given: float | None) -> None:
    simulation = Simulation(settings(difficulty=None), 600, seed=1)
    before = simulation.session.difficulty
    line = json.dumps({"id": 9, "method": "mining.suggest_difficulty", "params": [wanted]}).encode() + b"\n"
    assert json.loads(simulation.session.receive(line).splitlines()[0])["result"] is True
    assert simulation.session.difficulty == (before if given is None else given)


def test_a_hundred_short_runs_hold_the_exact_count() -> None:
    held = above = 0
    for seed in range(100):
        simulation = Simulation(settings(seconds=5.0), 150, seed)
        simulation.run(step=0.5)
        shown = evidence(simulation)
        truth = simulation.hashes_in_window / 5.0
        rate = share_rate(shown.count, shown.difficulty, shown.seconds)
        held += rate.low <= truth <= rate.high
        above += rate.at_least > truth
    assert held >= 93
    assert above <= 5


def test_the_difficulty_finds_the_stream_aimed_at() -> None:
    simulation = Simulation(settings(seconds=4000.0, difficulty=None), 400, seed=1)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    while simulation.session.phase == "warming up":
        simulation.hash(0.1)
        simulation.now += 0.1
        simulation.to_client(simulation.session.tick())
    # One a second, of 400 hashes: not more than a factor of two off.
    assert simulation.session.window is not None
    assert 200 < hashes_a_share(simulation.session.window.difficulty) < 800


def test_a_rate_that_never_settles_is_measured_and_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_session, "LONGEST_WARM_UP_S", 12.0)
    simulation = Simulation(settings(), 2000, seed=3)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    while simulation.session.phase == "warming up":
        simulation.rate *= 1.015
        simulation.hash(0.1)
        simulation.now += 0.1
        simulation.to_client(simulation.session.tick())
    window = simulation.session.window
    assert window is not None
    assert not window.settled
    assert window.warm_up_s >= 12


def test_shares_hoarded_before_the_window_do_not_count() -> None:
    simulation = Simulation(settings(), 600, seed=4)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    hoard: list[bytes] = []
    task = simulation.client.task()
    assert task is not None
    for nonce in range(500):
        if task.header.prefixes and simulation.session.phase == "warming up":
            hoard.append(simulation.client.submit(task, 0, nonce))
    while simulation.session.phase == "warming up":
        simulation.hash(0.1)
        simulation.now += 0.1
        simulation.to_client(simulation.session.tick())
    for line in hoard:
        simulation.session.receive(line)
    assert simulation.session.window is not None
    assert not simulation.session.window.shares
    assert simulation.session.refused["job not found"] == 500


def measuring() -> Simulation:
    simulation = Simulation(settings(seconds=100.0), 600, seed=5)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    while simulation.session.phase == "warming up":
        simulation.hash(0.1)
        simulation.now += 0.1
        simulation.to_client(simulation.session.tick())
    return simulation


def submit(simulation: Simulation, *parts: object) -> str:
    line = json.dumps({"id": 99, "method": "mining.submit", "params": ["w", *parts]}).encode() + b"\n"
    answer = json.loads(simulation.session.receive(line))
    return "accepted" if answer["result"] is True else answer["error"][1]


def good_share(simulation: Simulation) -> list[object]:
    task = simulation.client.task()
    assert task is not None
    from hashlib import sha256

    nonce = next(
        nonce
        for nonce in range(1000)
        if int.from_bytes(
            sha256(sha256(task.header.prefixes[0] + struct.pack("<I", nonce)).digest()).digest(), "little"
        ) <= task.header.target
    )  # fmt: skip
    return task.submission("w", 0, nonce)[1:]


def test_bad_shares_are_told_apart_and_count_nothing() -> None:
    simulation = measuring()
    share = good_share(simulation)
    job, extranonce2, time, nonce = share
    assert submit(simulation, *share) == "accepted"
    assert submit(simulation, *share) == "duplicate share"
    assert submit(simulation, job, extranonce2, time, str(nonce).upper()) == "duplicate share"
    # No version bits and version bits of zero are one header.
    assert submit(simulation, *share, "00000000") == "duplicate share"
    assert submit(simulation, *share, "00002000") == "version bits outside the mask"
    assert submit(simulation, "zz", extranonce2, time, nonce) == "job not found"
    assert submit(simulation, job, "00", time, nonce) == "a part is not hexadecimal or has the wrong length"
    assert submit(simulation, job, "00 00 00", time, nonce) == "a part is not hexadecimal or has the wrong length"
    assert submit(simulation, job, extranonce2, "7fffffff", nonce) == "time out of range"
    assert submit(simulation, job, extranonce2, time, "xyz") == "a part is not hexadecimal or has the wrong length"
    assert submit(simulation, job, extranonce2, time, 5) == "a part is not hexadecimal or has the wrong length"
    assert submit(simulation, job) == "too few parameters"
    low = next(
        number for number in range(1000) if submit(simulation, job, extranonce2, time, f"{number:08x}") != "accepted"
    )
    assert low < 1000
    assert simulation.session.window is not None
    assert all(share.job >= simulation.session.window.first_job for share in simulation.session.window.shares)


def test_a_stream_of_bad_shares_ends_the_connection() -> None:
    simulation = measuring()
    for _ in range(MOST_REFUSED_IN_A_ROW):
        simulation.session.receive(b'{"id": 1, "method": "mining.submit", "params": ["w", "zz", "", "", ""]}\n')
    assert simulation.session.phase == "done"
    assert simulation.session.reason is not None
    assert "bad shares in a row" in simulation.session.reason


def stale(simulation: Simulation, job: str, count: int) -> None:
    line = json.dumps({"id": 1, "method": "mining.submit", "params": ["w", job, "00" * 4, "0" * 8, "0" * 8]})
    for _ in range(count):
        simulation.session.receive(line.encode() + b"\n")


def test_shares_that_were_under_way_when_their_job_was_taken_back_end_no_connection() -> None:
    simulation = measuring()
    stale(simulation, "0", MOST_REFUSED_IN_A_ROW + 1)
    assert simulation.session.reason is None
    assert simulation.session.refused["job not found"] == MOST_REFUSED_IN_A_ROW + 1
    simulation.now += pool_session.UNDER_WAY_S + 1
    stale(simulation, "0", MOST_REFUSED_IN_A_ROW)
    assert simulation.session.phase == "done"


def test_shares_of_a_job_that_never_was_are_not_taken_for_late_ones() -> None:
    simulation = measuring()
    stale(simulation, "ffffff", MOST_REFUSED_IN_A_ROW)
    assert simulation.session.phase == "done"


def test_what_was_refused_while_the_difficulty_was_sought_is_not_held_against_the_window() -> None:
    simulation = Simulation(settings(), 600, seed=12)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    stale(simulation, "ffffff", 500)
    simulation.run()
    assert evidence(simulation).count > 100
    assert not simulation.session.refused


def test_who_leaves_early_has_the_whole_window_counted() -> None:
    simulation = measuring()
    for _ in range(20):
        simulation.hash(0.5)
        simulation.now += 0.5
        simulation.to_client(simulation.session.tick())
    simulation.session.closed()
    shown = evidence(simulation)
    assert shown.seconds == 100.0
    assert rate_of_shares(shown).value == pytest.approx(60, rel=0.2)


def test_what_nobody_asked_for_is_answered_in_the_protocols_way() -> None:
    simulation = measuring()
    answer = json.loads(simulation.session.receive(b'{"id": "a", "method": "mining.get_transactions", "params": []}\n'))
    assert answer["id"] == "a"
    assert answer["error"][0] == 20
    assert simulation.session.receive(b'{"id": 4, "result": true, "error": null}\n') == b""


@pytest.mark.parametrize("change", ["count", "difficulty", "fresh", "extranonce1", "times", "seconds", "packed"])
def test_evidence_that_was_changed_does_not_hold(change: str) -> None:
    from msgspec.structs import replace

    simulation = Simulation(settings(), 600, seed=9)
    simulation.run()
    shown = evidence(simulation)
    other = {
        "count": replace(shown, count=shown.count + 1),
        "difficulty": replace(shown, difficulty=shown.difficulty * 2),
        "fresh": replace(shown, fresh_hex="00" * 16),
        "extranonce1": replace(shown, extranonce1_hex="00000001"),
        "times": replace(shown, job_times=tuple(time + 1 for time in shown.job_times)),
        "seconds": replace(shown, seconds=shown.seconds / 2),
        "packed": replace(shown, packed=shown.packed[:40] + shown.packed[20:40] + shown.packed[60:]),
    }[change]
    assert not all(finding.ok for finding in check_served(other, claim(other)))
    doubled = replace(shown, packed=shown.packed[: len(shown.packed) // 4 * 4])
    assert doubled == shown


def test_a_worker_too_fast_for_so_long_a_window_is_told_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_session, "MOST_HASHES", 600)
    simulation = Simulation(settings(), 600, seed=11)
    simulation.exchange(simulation.client.greeting("simulated/1"))
    while simulation.session.phase == "warming up":
        simulation.hash(0.1)
        simulation.now += 0.1
        simulation.to_client(simulation.session.tick())
    assert simulation.session.window is None
    assert simulation.session.reason is not None
    assert "shorter --seconds" in simulation.session.reason
