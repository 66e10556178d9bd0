from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from hashwatt.bench import api
from hashwatt.bench.machine.describe import describe_machine
from hashwatt.bench.machine.memory_stalls import MemoryStalls, MemoryWatch
from hashwatt.kernels.bounded import MAX_TEXT
from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import FakeDevice, fake_info
from hashwatt.kernels.headers.genesis import GENESIS_NONCE, GENESIS_PREFIX
from hashwatt.kernels.headers.target import target_from_zero_bits

# `run` times with the real clock: the fake device sleeps.
FAST = Found(fake_info("steady"), lambda _options: FakeDevice("steady"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str] | None]:
    """Two backends with a fake device each; the list tells which were asked."""
    calls: list[list[str] | None] = []
    entries: dict[str, Found | Missing] = {
        "fake": FAST,
        "other": Missing("other", "there is none; buy one"),
    }

    def find_all(backends: list[str] | None = None) -> list[Found | Missing]:
        calls.append(backends)
        return [entries[name] for name in backends or entries]

    monkeypatch.setattr(api, "find_all", find_all)
    monkeypatch.setattr(api, "BACKENDS", entries)
    return calls


@pytest.fixture
def never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_all(_backends: list[str] | None = None) -> list[Found | Missing]:
        raise AssertionError("bad input must be refused before devices are looked for")

    monkeypatch.setattr(api, "find_all", find_all)


def test_a_run_measures_every_device_and_skips_what_is_missing(asked: list[list[str] | None]) -> None:
    result = api.run(seconds=0.5, challenge="c", note="n")
    assert [entry.device.id for entry in result.results] == ["fake:steady"]
    assert asked == [None]


@pytest.mark.parametrize(
    ("workload", "on_host", "told"), [("stream", True, True), ("stream", False, False), ("sha256d", True, False)]
)
def test_a_host_that_holds_up_memory_is_told_beside_work_that_moves_it(
    monkeypatch: pytest.MonkeyPatch, workload: str, on_host: bool, told: bool
) -> None:
    monkeypatch.setattr(MemoryWatch, "read", lambda _watch: MemoryStalls(32, 32, 2e-4))
    monkeypatch.setattr(api, "describe_machine", lambda: msgspec.structs.replace(describe_machine(), hypervisor="KVM"))
    info = replace(fake_info("steady"), runs_on_host_cpu=on_host)
    result = api.measure(
        [Found(info, lambda _options: FakeDevice("steady"))], seconds=0.5, workloads=[workload],
        parameters={"operation": "copy"} if workload == "stream" else None,
    )  # fmt: skip
    assert ("memory_stalls" in [warning.code for warning in result.warnings]) == told


def test_only_the_backends_of_wanted_devices_are_asked(asked: list[list[str] | None]) -> None:
    api.run(["fake:steady"], seconds=0.5)
    assert asked == [["fake"]]


def test_an_unknown_device_is_refused_with_all_the_known_ones(asked: list[list[str] | None]) -> None:
    for name in ("fake:x", "nonsense", ""):
        with pytest.raises(InputError, match="fake:steady"):
            api.run([name])


def test_a_scan_takes_the_first_device_there_is(asked: list[list[str] | None]) -> None:
    answer = api.scan(GENESIS_PREFIX + bytes(4), GENESIS_NONCE - 10, 20, target_from_zero_bits(32))
    assert answer.device == "fake:steady"
    assert answer.nonces == [GENESIS_NONCE]
    assert asked == [["fake"]]


@pytest.mark.usefixtures("never_asked")
@pytest.mark.parametrize(
    "wrong",
    [
        lambda: api.run(seconds=0),
        lambda: api.run(challenge="x" * (MAX_TEXT + 1)),
        lambda: api.run(challenge="two\nlines"),
        lambda: api.run(challenge=""),
        lambda: api.run(challenge=" "),
        lambda: api.run(note="\x1b[0m"),
        lambda: api.run(threads=0),
        lambda: api.run(rolled=0),
        lambda: api.run(kernel="x", retune=True),
        lambda: api.run(rolled=65537),
        lambda: api.scan(bytes(80), 0, 0, 1),
        lambda: api.scan(bytes(79), 0, 1, 1),
        lambda: api.verify("no-such-file.json", recompute=-1),
    ],
)
def test_bad_input_is_refused_before_devices_are_looked_for(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        wrong()


@pytest.mark.usefixtures("never_asked")
@pytest.mark.parametrize("workloads", [["stream"], ["sha256d", "stream"]])
def test_a_kernel_named_for_work_that_has_its_own_is_refused_rather_than_left_out(workloads: list[str]) -> None:
    with pytest.raises(InputError, match="stream has its own"):
        api.run(kernel="sse2-x4", workloads=workloads)


@pytest.mark.usefixtures("never_asked")
def test_the_refusal_of_an_option_speaks_of_the_option_and_not_of_hashing() -> None:
    with pytest.raises(InputError, match=r"^stream has no versions to roll; leave it out$"):
        api.run(rolled=16, workloads=["stream"])
    with pytest.raises(InputError, match=r"^0 threads can do no work; give at least 1$"):
        api.run(threads=0, workloads=["stream"])


def test_a_race_asked_for_where_none_is_run_is_refused(asked: list[list[str] | None]) -> None:
    with pytest.raises(InputError, match="stream has one kernel on a device, so none are raced; leave --retune out"):
        api.run(workloads=["stream"], retune=True)
    assert not asked, "before the devices are looked for"


def test_each_run_has_a_random_challenge_and_id_of_its_own(asked: list[list[str] | None]) -> None:
    one, other = api.run(seconds=0.5), api.run(seconds=0.5)
    assert one.challenge != other.challenge
    assert one.run_id != other.run_id
    assert one.results[0].evidence != other.results[0].evidence


def test_a_challenge_in_any_script_can_be_given(asked: list[list[str] | None]) -> None:
    result = api.run(seconds=0.5, challenge="Προκαλώ 挑战 🎲")
    assert api.verify(result).ok


def test_a_machine_without_devices_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "find_all", lambda *_: [Missing("cpu", "no")])
    with pytest.raises(InputError, match="has no device to measure"):
        api.run()
    with pytest.raises(InputError, match="has no device to scan with"):
        api.scan(bytes(80), 0, 1, 1)
