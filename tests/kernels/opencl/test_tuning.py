"""How much work a launch gets, and how a race picks its winner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hashwatt.kernels.device import DeviceInfo, DeviceOptions
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.headers.target import filter_mask, target_from_zero_bits
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.layout import RECORDS_FETCHED_FIRST, room_for
from hashwatt.kernels.opencl.codegen.pipes import SHARES
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.predict import predict
from hashwatt.kernels.opencl.raced import RacedDevice
from hashwatt.kernels.opencl.scanner import zero_bits_tested
from hashwatt.kernels.opencl.setting import DISPLAY_LIMIT, HEADLESS_LAUNCH_S, TARGET_LAUNCH_S, Pace, Tuning
from hashwatt.kernels.opencl.slot import Answer, words_fetched
from hashwatt.kernels.opencl.tuning import tuner
from hashwatt.kernels.opencl.tuning.candidates import SAFEST, first_guess, race_entries, within

TUNING = Tuning(Variant(16), vectors_per_item=64, local_size=1)


@pytest.mark.parametrize("hashrate_hs", [20e3, 35e6, 22e9])
def test_launches_settle_at_the_wanted_time_and_never_exceed_a_tenth_of_a_second(hashrate_hs: float) -> None:
    pace = Pace()
    seconds = []
    for _ in range(20):
        hashes = pace.nonces(TUNING, prefixes=1)
        seconds.append(hashes / hashrate_hs)
        pace.observe(hashes, seconds[-1])
    # The very first launch knows nothing: only a simulator takes seconds for it.
    assert max(seconds[1:]) < 0.1
    assert seconds[-1] == pytest.approx(TARGET_LAUNCH_S, rel=0.2)


def test_the_short_end_of_a_range_does_not_slow_the_pace() -> None:
    pace = Pace(hashrate_hs=35e6)
    before = pace.hashes
    pace.observe(5, 0.001)
    assert pace.hashes == before


def test_an_overhead_only_launch_does_not_shrink_the_pace_to_nothing() -> None:
    pace = Pace()
    pace.observe(pace.hashes, 60.0)
    assert pace.nonces(TUNING, prefixes=1) >= 1
    assert pace.nonces(TUNING, prefixes=65_536) == 1


def test_the_filter_keeps_every_share() -> None:
    for zero_bits in range(40):
        target = target_from_zero_bits(zero_bits)
        mask = filter_mask(target)
        # The hash value is the digest read little-endian: H7's bytes reversed are its top 32 bits.
        top = int.from_bytes((target >> 224).to_bytes(4, "little"), "big")
        assert top & mask == 0
        assert mask.bit_count() == zero_bits_tested(target) == min(zero_bits, 32)


class ScannerOf:
    """A scanner whose launches take what they are told to."""

    class Built:
        build_s = 0.0

    built = Built()

    def __init__(self, host_ns_a_hash: float, event_s: float | None = None) -> None:
        self.host_ns_a_hash = host_ns_a_hash
        self.event_s = event_s

    def launch_once(self, nonces: range, target: int) -> Answer:
        host_s = len(nonces) * self.host_ns_a_hash * 1e-9
        return Answer(nonces, 0, [], host_s, host_s if self.event_s is None else self.event_s)


def race(scanners: dict[str, ScannerOf]) -> tuner.Outcome:
    def make(tuning: Tuning) -> ScannerOf:
        if tuning.variant.name not in scanners:
            raise DeviceError("its compiler refuses the kernel")
        return scanners[tuning.variant.name]

    outcome = raced(make)
    if outcome is None:
        raise DeviceError("none runs")
    return outcome


@contextmanager
def trying(_: Tuning) -> Iterator[None]:
    yield


def raced(make: Callable[[Tuning], ScannerOf]) -> tuner.Outcome | None:
    return tuner.Race(make, trying, DeviceOptions()).run("cpu", 16, 4096)  # type: ignore[arg-type]


def names() -> list[str]:
    return [entry.variant.name for entry in race_entries("cpu", 16)]


LIBRARY_CALLS = re.compile(r"\b(rotate|bitselect|select|any|all|mad\w*|shuffle2?|vload\w+|vstore\w+|convert_\w+)\(")


@pytest.mark.parametrize("kind", ["cpu", "accelerator", "gpu"])
@pytest.mark.parametrize("native_width", [1, 4, 8, 16])
def test_no_kernel_of_a_race_hands_a_wide_vector_to_the_runtimes_library(kind: str, native_width: int) -> None:
    for tuning in race_entries(kind, native_width):
        if tuning.variant.width > 2:
            assert not LIBRARY_CALLS.search(emit(tuning.variant)), tuning.name


@pytest.mark.parametrize("native_width", [8, 16])
def test_the_first_kernel_on_a_cpu_is_the_narrow_one_and_the_likeliest_winner_the_second(native_width: int) -> None:
    first, second = race_entries("cpu", native_width)[:2]
    assert first.variant == SAFEST
    assert second.variant.width == native_width


@pytest.mark.parametrize(("kind", "largest"), [("cpu", 1), ("accelerator", 2), ("gpu", 32)])
def test_no_kernel_is_launched_in_groups_larger_than_the_device_takes(kind: str, largest: int) -> None:
    tried: list[int] = []

    def make(tuning: Tuning) -> ScannerOf:
        tried.append(tuning.local_size)
        raise DeviceError("the launch failed")

    tuner.Race(make, trying, DeviceOptions()).run(kind, 16, largest)  # type: ignore[arg-type]
    assert max(tried) == largest
    assert within(first_guess(kind, simulator=False, native_width=16), largest).local_size == largest


def test_where_a_runtime_makes_nothing_of_vectors_one_word_each_is_raced_first() -> None:
    assert [tuning.variant.width for tuning in race_entries("cpu", 1)[:2]] == [1, 1]


@pytest.mark.parametrize("native_width", [4, 8])
def test_without_avx_512_two_loops_come_before_one(native_width: int) -> None:
    first, *others = (tuning.variant for tuning in race_entries("cpu", native_width))
    assert first == SAFEST
    assert (others[0].form, others[0].width) == ("halved", native_width)
    assert others[0].order == others[1].order == "standard", "with the other, more waits than registers hold"
    assert not any(tuning.variant.form == "halved" for tuning in race_entries("cpu", 16))


def test_a_gpu_races_every_way_to_use_both_pipes_the_likeliest_first_after_the_plain_kernel() -> None:
    pipes = [tuning.variant.pipes for tuning in race_entries("gpu", 1)]
    assert pipes[0] == "none"
    likeliest = sorted(SHARES, key=lambda way: predict("H100 SXM", way).hashrate_hs, reverse=True)
    assert pipes[1:4] == [way for way in likeliest if way != "none"]
    assert not any(
        tuning.variant.pipes != "none" for kind in ("cpu", "accelerator") for tuning in race_entries(kind, 8)
    )


def test_the_fastest_kernel_wins() -> None:
    outcome = race({name: ScannerOf(30.0 - index) for index, name in enumerate(names())})
    assert outcome.tuning.variant.name == names()[-1]
    assert [candidate.name for candidate in outcome.candidates] == [f"opencl-{name}" for name in reversed(names())]


def test_events_that_claim_a_nanosecond_do_not_win() -> None:
    first, second = names()[:2]
    outcome = race({first: ScannerOf(40.0, event_s=1e-9), second: ScannerOf(30.0)})
    assert outcome.tuning.variant.name == second


def test_a_clock_of_the_host_that_is_too_short_does_not_win_either() -> None:
    first, second = names()[:2]
    outcome = race({first: ScannerOf(10.0, event_s=1.0), second: ScannerOf(30.0)})
    assert outcome.tuning.variant.name == second


def test_a_kernel_that_fails_is_in_the_table_with_its_reason() -> None:
    outcome = race({names()[1]: ScannerOf(30.0)})
    assert outcome.tuning.variant.name == names()[1]
    assert {candidate.reason for candidate in outcome.candidates} == {None, "its compiler refuses the kernel"}


def test_a_kernel_that_answers_wrongly_is_named_as_wrong_and_loses_to_a_slower_one() -> None:
    right = names()[0]

    def make(tuning: Tuning) -> ScannerOf:
        if tuning.variant.name != right:
            raise WrongResult("it does not agree with hashlib")
        return ScannerOf(30.0)

    outcome = raced(make)
    assert outcome is not None
    assert outcome.tuning.variant.name == right
    reasons = [candidate.reason for candidate in outcome.candidates if candidate.hashrate_hs is None]
    assert reasons == ["answers wrongly: it does not agree with hashlib"] * (len(names()) - 1)


def test_a_refinement_that_fails_does_not_take_the_winner_along() -> None:
    def make(tuning: Tuning) -> ScannerOf:
        if tuning.refined:
            raise DeviceError("its compiler refuses the kernel")
        return ScannerOf(30.0)

    outcome = raced(make)
    assert outcome is not None
    assert not outcome.tuning.refined
    assert {candidate.name for candidate in outcome.candidates if candidate.reason} == {
        f"{outcome.tuning.name}/16x4",
        f"{outcome.tuning.name}/256x4",
    }


def test_a_kernel_that_fails_in_its_last_turn_leaves_the_race_to_the_next() -> None:
    class Failing(ScannerOf):
        launches = 0

        def launch_once(self, nonces: range, target: int) -> Answer:
            self.launches += 1
            if self.launches > 20:
                raise DeviceError("the launch failed")
            return super().launch_once(nonces, target)

    best = names()[-1]
    failing = Failing(10.0)
    outcome = raced(lambda tuning: failing if tuning.variant.name == best else ScannerOf(30.0))
    assert outcome is not None
    assert outcome.tuning.variant.name != best
    assert all(tuning.variant.name != best for tuning in outcome.runners_up)


def test_a_device_that_runs_no_kernel_fails_with_the_first_reason() -> None:
    with pytest.raises(DeviceError, match="none runs"):
        race({})


class SlowCompiler:
    """Builds on a clock of its own: so many seconds a kernel; the wider, the faster it hashes."""

    def __init__(self, build_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.build_s = build_s
        self.now_s = 0.0
        self.built: list[str] = []
        monkeypatch.setattr(tuner, "time", SimpleNamespace(perf_counter=lambda: self.now_s))

    def make(self, tuning: Tuning) -> ScannerOf:
        if tuning.variant.logic == "vpternlog":
            self.now_s += self.build_s / 2
            raise DeviceError("its compiler does not know the instruction")
        if not tuning.refined:
            self.built.append(tuning.variant.name)
            self.now_s += self.build_s
        return ScannerOf(480.0 / tuning.variant.width)

    def race(self, earlier: tuner.Outcome | None = None, first_only: bool = False) -> tuner.Outcome:
        outcome = tuner.Race(self.make, trying, DeviceOptions(), first_only, earlier).run(  # type: ignore[arg-type]
            "cpu", 16, 4096
        )
        assert outcome is not None
        return outcome


def test_a_race_on_a_busy_machine_goes_on_until_a_kernel_of_the_native_width_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Intel's runtime of 2025 beside other load: 5 s a kernel, and one that it refuses."""
    compiler = SlowCompiler(5.0, monkeypatch)
    outcome = compiler.race()
    assert outcome.tuning.variant.width == 16
    assert outcome.likelier == ()
    assert compiler.now_s < tuner.PATIENT_BUDGET_S + 5.0


@pytest.mark.parametrize("build_s", [0.1, 0.9, 2.0, 5.0, 9.0, 15.0, 100.0])
def test_a_race_takes_no_more_than_its_time_after_the_first_kernel(
    build_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = SlowCompiler(build_s, monkeypatch)
    compiler.race()
    # What is refused is not known before it is tried.
    assert compiler.now_s <= build_s + tuner.PATIENT_BUDGET_S + build_s / 2


def test_a_race_that_had_no_time_for_likelier_kernels_says_so_and_the_next_one_goes_on_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = SlowCompiler(17.0, monkeypatch).race()
    assert first.tuning.variant.width == 4
    wide = [tuning.name for tuning in race_entries("cpu", 16) if tuning.variant.width > 4]
    assert set(first.likelier) == set(wide)
    assert {one.reason for one in first.candidates if one.name in first.likelier} == {tuner.NOT_YET}
    assert first.failures == {}, "it is not known that they fail"
    # What was built is in the runtime's cache, and the machine is quiet now.
    quiet = SlowCompiler(1.0, monkeypatch)
    earlier = replace(first, candidates=tuple(replace(one, compile_s=None) for one in first.candidates))
    second = quiet.race(earlier)
    assert quiet.built[:2] == [SAFEST.name, wide[1].removeprefix("opencl-")]
    assert second.tuning.variant.width == 16
    assert second.likelier == ()


def test_a_compiler_that_was_too_slow_in_the_last_run_is_not_tried_in_vain_in_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = SlowCompiler(35.0, monkeypatch).race()
    slow = tuple(replace(one, compile_s=35.0) if one.hashrate_hs else one for one in first.candidates)
    again = SlowCompiler(35.0, monkeypatch)
    outcome = again.race(replace(first, candidates=slow))
    assert again.built == [SAFEST.name]
    assert outcome.likelier == first.likelier
    assert max(one.compile_s or 0.0 for one in outcome.candidates) == 35.0, "not what loading the binary took"


def test_where_no_other_process_could_follow_the_first_kernel_that_works_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiler = SlowCompiler(0.1, monkeypatch)
    outcome = compiler.race(first_only=True)
    assert compiler.built == [SAFEST.name]
    assert outcome.tuning.variant == SAFEST
    assert outcome.likelier != ()


def test_never_more_is_fetched_than_the_buffer_holds() -> None:
    room = room_for(1)
    assert words_fetched(0.0, room) == 2 + 2 * RECORDS_FETCHED_FIRST
    assert words_fetched(1e12, room) == 2 + 2 * room


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [({}, TARGET_LAUNCH_S), ({DISPLAY_LIMIT: 1}, TARGET_LAUNCH_S), ({DISPLAY_LIMIT: 0}, HEADLESS_LAUNCH_S)],
    ids=["unknown", "display", "headless"],
)
def test_only_a_card_without_a_display_gets_long_launches(limits: dict[str, int], seconds: float) -> None:
    info = DeviceInfo("opencl:0", "gpu", "a card", "vendor", "opencl", "1", limits=limits)
    pace = RacedDevice(info, DeviceOptions(), None)._pace(Tuning(Variant(1)))
    for _ in range(20):
        pace.observe(pace.hashes, pace.hashes / 10e9)
    assert pace.hashes / 10e9 == pytest.approx(seconds, rel=0.01)
    assert TARGET_LAUNCH_S <= 0.1, "what a display waits for"
