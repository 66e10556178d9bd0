"""Plan, calibration and warm-up, on work that only takes virtual time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.bench.progress import NoProgress
from hashwatt.bench.sampling.calibrate import calibrate
from hashwatt.bench.sampling.plan import MOST_SAMPLES, plan
from hashwatt.bench.sampling.stopwatch import MOST_FAILED_BATCHES, Stopwatch
from hashwatt.bench.sampling.warmup import WINDOW, warm_up, warm_up_again
from hashwatt.kernels.device import KernelInfo, Roof
from hashwatt.kernels.errors import DeviceError, InputError
from hashwatt.kernels.fakes.device import VirtualClock
from hashwatt.kernels.workloads.evidence import Checked
from hashwatt.kernels.workloads.protocol import Expected, Lent, Work

SMALLEST_BATCH = 1 << 10


class Counting:
    """Work that takes `overhead_s` a batch and `seconds` a unit, by a virtual clock; the rate may change by batch."""

    smallest_batch = SMALLEST_BATCH
    largest_batch = 1 << 32
    kernel: KernelInfo | None = None
    compile_s = 0.0

    is_full = False

    def __init__(self, rate: float, overhead_s: float = 0.0, factors: list[float] | None = None) -> None:
        self.clock = VirtualClock()
        self._rate = rate
        self._overhead_s = overhead_s
        self._factors = factors or []
        self.batches = 0
        self.failing = 0

    def self_test(self) -> None: ...

    def rehearse(self, expected: Expected | None) -> None: ...

    def start(self, expected: Expected) -> None: ...

    def ready(self, batch: int) -> None: ...

    def run(self, batch: int) -> Work:
        self.clock.spend(self._overhead_s)
        if self.failing:
            self.failing -= 1
            raise DeviceError("it did not launch")
        factor = self._factors[self.batches] if self.batches < len(self._factors) else 1.0
        self.batches += 1
        self.clock.spend(batch / (self._rate * factor))
        return Work(batch)

    def count(self, sample: int) -> None: ...

    def drop(self) -> None: ...

    def check_batch(self, batch: int) -> None: ...

    def spot_check(self) -> None: ...

    def evidence(self, samples: int) -> Checked:
        return Checked(answers=samples, how="counted")

    def roof(self) -> Roof | None:
        return None


def stopwatch(work: Counting) -> Stopwatch:
    return Stopwatch(work, work.clock.now)


@given(st.floats(1e4, 1e10), st.floats(0, 0.01))
def test_calibration_ends_within_a_factor_of_the_target_time_at_any_rate(rate: float, overhead_s: float) -> None:
    work = Counting(rate, overhead_s)
    batch, told, _ = calibrate(stopwatch(work), 0.25)
    assert batch & (batch - 1) == 0, "a power of two divides the nonce space"
    assert 0.12 <= overhead_s + batch / rate <= 0.36 or batch == SMALLEST_BATCH
    assert work.clock.now_s < 2
    assert told <= rate * 1.001


def test_a_batch_in_which_others_had_the_processor_is_tried_again() -> None:
    quiet = calibrate(stopwatch(Counting(1e8)), 0.25).batch
    # Each of the first batches in turn takes a hundred times as long as it would.
    for at in range(6):
        disturbed = Counting(1e8, factors=[1.0] * at + [0.01])
        assert calibrate(stopwatch(disturbed), 0.25).batch == quiet


def test_a_slow_device_keeps_the_smallest_batch() -> None:
    assert calibrate(stopwatch(Counting(100.0)), 0.25).batch == SMALLEST_BATCH


def test_a_device_too_fast_for_one_header_takes_all_its_nonces() -> None:
    assert calibrate(stopwatch(Counting(1e15)), 0.25).batch == 1 << 32


def test_cores_that_were_at_work_all_the_time_are_not_warmed_up_with_long_batches() -> None:
    work = Counting(1e6)

    def batches(batch_s: float, on_host_cores: bool, longest_s: float = 1.0) -> int:
        return warm_up_again(stopwatch(work), 1000, 1e6, longest_s, NoProgress(), batch_s, on_host_cores).batches

    assert (batches(2.0, True), batches(0.1, True), batches(2.0, False)) == (0, 1, 1)
    # Nor where one would take longer than the warm-up may, and caches are little of it.
    assert (batches(0.2, True, 0.1), batches(0.2, True, 0.25), batches(0.09, True, 0.05)) == (0, 1, 1)


def test_cores_that_were_at_work_fill_their_caches_with_a_part_of_a_batch() -> None:
    def seconds(batch: int, on_host_cores: bool) -> float:
        work = Counting(1e6)
        warm_up_again(stopwatch(work), batch, 1e6, 1.0, NoProgress(), 0.1, on_host_cores)
        return work.clock.now_s

    assert seconds(1 << 16, True) == pytest.approx(0.016384)
    assert seconds(1 << 16, False) == pytest.approx(0.065536)
    # No batch is smaller than the smallest, nor larger than those that are sampled.
    assert seconds(SMALLEST_BATCH * 2, True) == pytest.approx(SMALLEST_BATCH / 1e6)
    assert seconds(SMALLEST_BATCH // 2, True) == pytest.approx(SMALLEST_BATCH / 2e6)


def test_what_gathers_evidence_at_multiples_of_a_batch_is_warmed_up_by_whole_ones() -> None:
    class Gathering(Counting):
        has_enough = True

    work = Gathering(1e6)
    warm_up_again(stopwatch(work), 1 << 16, 1e6, 1.0, NoProgress(), 0.1, True)
    assert work.clock.now_s == pytest.approx(0.065536)


@pytest.mark.parametrize("batch", [1 << 10, 1 << 16])
def test_arrays_that_rested_are_used_whole_before_a_sample_however_long_that_takes(
    batch: int,
) -> None:
    class Lending(Counting):
        whole_pass = 1 << 14

        def lent(self) -> tuple[Lent, ...]:
            return ()

    work = Lending(1e6)
    done = warm_up_again(stopwatch(work), batch, 1e6, 1e-6, NoProgress(), 10.0, True)
    assert done.batches == 1
    assert work.clock.now_s == pytest.approx(max(batch, 1 << 14) / 1e6)


def test_warm_up_ends_once_the_rate_is_steady() -> None:
    work = Counting(1e6, factors=[0.5, 0.7, 0.8, 0.9, 0.95, 0.97])
    warmup = warm_up(stopwatch(work), 250_000, 60.0, NoProgress())
    assert warmup.batches == 6 + WINDOW
    assert warmup.rate == pytest.approx(1e6)


def test_warm_up_of_a_device_that_never_settles_is_bounded() -> None:
    work = Counting(1e6, factors=[1.0, 0.5] * 500)
    assert warm_up(stopwatch(work), 250_000, 3.0, NoProgress()).seconds < 4


def test_a_failed_batch_is_repeated_and_its_time_never_counts() -> None:
    work = Counting(1e6, overhead_s=0.1)
    watch = stopwatch(work)
    work.failing = 2
    timed = watch.run(1_000_000)
    assert timed.seconds == pytest.approx(1.1)
    assert watch.failed_batches == 2


def test_a_device_that_fails_too_often_is_given_up() -> None:
    work = Counting(1e6)
    work.failing = MOST_FAILED_BATCHES + 1
    with pytest.raises(DeviceError, match="did not launch"):
        stopwatch(work).run(1000)


@given(st.floats(0.5, 86_400))
def test_a_run_of_any_length_has_a_bounded_number_of_samples(seconds: float) -> None:
    chosen = plan(seconds)
    assert seconds / (chosen.batch_s * chosen.batches_per_sample) <= MOST_SAMPLES
    assert seconds / (chosen.batch_s * chosen.batches_per_sample) >= 9.9


@pytest.mark.parametrize("seconds", [0, -1, 0.1, 1e9, float("nan"), float("inf")])
def test_a_senseless_time_is_refused(seconds: float) -> None:
    with pytest.raises(InputError, match="sampling takes"):
        plan(seconds)
