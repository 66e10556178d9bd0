"""Whatever hangs, dies or is slow, in whichever phases together: a run ends within its bound (see `Ledger`).

The processes are simulated with their clock, so that a run of two minutes takes milliseconds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from hashwatt.bench import api
from hashwatt.bench.isolation.device import find_isolated
from hashwatt.bench.machine.describe import describe_machine, library_versions
from hashwatt.bench.result.model import Result
from hashwatt.bench.sampling.budget import AFTER_S, PATIENCE_S, START_S, Ledger
from hashwatt.kernels.device import AnyDevice, DeviceInfo, DeviceOptions, Found, Roof, scanning
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.workloads.evidence import Checked, Claim, Evidence, Finding
from hashwatt.kernels.workloads.protocol import Request, Value, Work
from hashwatt.kernels.workloads.registry import load_workload
from hashwatt.kernels.workloads.suite import Suite

from . import simulated_runtime
from .simulated_runtime import CLOCK, NAMES, Fate, Runtime, cpu, simulate

JOB = Job((bytes(PREFIX_BYTES),), target=1)
# Each alone, and with all others. A close that hangs is the worst end of any.
FINDING = ("well", "28", "hangs", "crashes")
OPENING = ("well", "15", "hangs", "crashes")
BUILDING = ("well", "12", "19", "hangs", "crashes", "others:hangs", "others:crashes")
LAUNCHING = ("well", "others:hangs", "others:crashes")
SCANNING = ("well", "hangs", "crashes", "9")
ROOF = ("well", "30", "hangs", "crashes")
CLOSING = ("well", "hangs")


class Counted:
    """Work that only counts: its time is what matters here."""

    smallest_batch, largest_batch, compile_s, is_full = 1 << 10, 1 << 32, 0.0, False

    def __init__(self, device: AnyDevice) -> None:
        self.device = scanning(device)
        self.kernel: Any = None

    def self_test(self) -> None:
        self.kernel = self.device.prepare(JOB)
        self.spot_check()

    def run(self, batch: int) -> Work:
        return Work(self.device.scan(range(batch)).hashes)

    def check_batch(self, batch: int) -> None:
        self.run(batch)

    def spot_check(self) -> None:
        self.device.scan(range(16))

    def roof(self) -> Roof | None:
        roof: Roof | None = self.device.roof()  # type: ignore[attr-defined]
        return roof

    def evidence(self, samples: int) -> Checked:
        return Checked(answers=samples, how="counted")

    def rehearse(self, planned: float | None) -> None: ...
    def start(self, planned: float) -> None: ...
    def ready(self, batch: int) -> None: ...
    def count(self, sample: int) -> None: ...
    def drop(self) -> None: ...


class Counting:
    """The workload of that."""

    name, summary, binds, evidence_kind = "sha256d", "counts", "logic", "checked"
    quantity = load_workload("sha256d").quantity
    suite: Suite | None = None

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        return {"prefixes": 1}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        return ""

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        return {}

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        return None

    def bind(self, device: AnyDevice, request: Request) -> Counted:
        return Counted(device)

    def verify(self, evidence: Evidence, claim: Claim) -> list[Finding]:
        return []


MACHINE, VERSIONS = describe_machine(), library_versions()


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(monkeypatch.setattr)
    # Sampling takes all its time, as on a busy machine.
    monkeypatch.setattr("hashwatt.bench.sampling.sampler.Sampler._narrow", lambda *_: False)
    workload = Counting()
    monkeypatch.setattr("hashwatt.kernels.opencl.tuning.cache.cache_folder", lambda _: None)
    monkeypatch.setattr("hashwatt.bench.run.asked.load_workload", lambda _: workload)
    monkeypatch.setattr("hashwatt.bench.verification.checks.load_workload", lambda _: workload)
    monkeypatch.setattr(
        "hashwatt.bench.api.find_all", lambda: [cpu(), *find_isolated("sim", simulated_runtime.__name__)]
    )
    monkeypatch.setattr("hashwatt.bench.api.describe_machine", lambda: MACHINE)
    monkeypatch.setattr("hashwatt.bench.api.library_versions", lambda: VERSIONS)
    # It is timed by the true clock and was most of what these tests took; what it tells has no part in a bound.
    monkeypatch.setattr("hashwatt.bench.machine.core_clock.core_clock_hz", lambda _: 3e9)
    monkeypatch.setattr("hashwatt.bench.api.measure", lambda *args, **named: measure(*args, **named, clock=CLOCK.now))


measure = api.measure


def run(*fates: Fate) -> tuple[Result, float]:
    """The result, and the seconds that the whole run took."""
    Runtime.fates = list(fates)
    began_s = CLOCK.now_s
    result = api.run(meters=["none"])
    return result, START_S + CLOCK.now_s - began_s + AFTER_S


def every_fate(most_phases: int) -> list[Fate]:
    """All combinations in which at most so many phases do not go well."""
    combined = itertools.product(FINDING, OPENING, BUILDING, LAUNCHING, SCANNING, ROOF, CLOSING)
    fates = [each for each in combined if sum(what != "well" for what in each) <= most_phases]
    return [Fate(*each) for each in fates if not any(comes_after_the_end(each))]


def comes_after_the_end(phases: tuple[str, ...]) -> Iterator[bool]:
    """For each phase that is never reached, whether something was to happen there."""
    for ending in (0, 1):
        if phases[ending] in ("hangs", "crashes"):
            yield any(what != "well" for what in phases[ending + 1 : -1])


def overrun(fates: Iterable[tuple[Fate, ...]]) -> list[str]:
    """Those that took too long or cost the CPU its result."""
    wrong = []
    for together in fates:
        result, seconds = run(*together)
        if seconds > Ledger.run_seconds(len(together)) or result.results[0].status != "measured":
            wrong.append(
                f"{seconds:.1f} s, {[one.status for one in result.results]}: {' and '.join(map(str, together))}"
            )
    return wrong


def test_the_bound_is_that_of_the_readme() -> None:
    assert [Ledger.run_seconds(devices) for devices in (1, 2, 3)] == [75 + 40, 100 + 80, 125 + 120]


def test_a_run_that_is_well_takes_far_less_than_its_share() -> None:
    result, seconds = run(Fate())
    assert [one.status for one in result.results] == ["measured", "measured"]
    assert result.results[1].kernel is not None
    assert result.results[1].kernel.name in NAMES[1:4], "wide"
    assert seconds < 75


def test_any_two_phases_that_hang_die_or_are_slow_leave_a_run_within_its_bound() -> None:
    assert overrun((fate,) for fate in every_fate(2)) == []


@pytest.mark.slow  # Two minutes for what two phases at a time all but show.
@pytest.mark.timeout(1200)
def test_any_combination_of_phases_that_hang_die_or_are_slow_leaves_a_run_within_its_bound() -> None:
    assert overrun((fate,) for fate in every_fate(len(vars(Fate())))) == []


def test_devices_that_use_up_their_time_leave_the_next_one_its_share() -> None:
    bad = [Fate(find="28", roof="hangs", close="hangs"), Fate(find="28", build="hangs"), Fate(open="hangs")]
    assert overrun(itertools.product(bad, bad, bad)) == []
    result, _ = run(bad[0], bad[1], Fate())
    assert [one.status for one in result.results] == ["measured", "measured", "failed", "measured"]


def test_finding_that_hangs_or_dies_costs_no_more_than_its_own_time() -> None:
    for what in ("hangs", "crashes"):
        result, seconds = run(Fate(find=what))
        assert [one.status for one in result.results] == ["measured"]
        assert "driver_broken" in [warning.code for warning in result.warnings]
        assert seconds <= 75


@pytest.mark.parametrize(
    "fate",
    [
        Fate(build="others:hangs"),
        Fate(build="others:crashes", open="15"),
        Fate(launch="others:hangs", roof="hangs", close="hangs"),
        Fate(find="28", build="others:hangs", roof="hangs"),
        Fate(build="19"),
    ],
    ids=str,
)
def test_a_device_with_one_kernel_that_works_is_measured_whatever_else_hangs(fate: Fate) -> None:
    result, _ = run(fate)
    assert result.results[1].status == "measured", result.results[1].reason
    assert result.results[1].kernel is not None
    assert result.results[1].kernel.name == NAMES[0]


def test_no_other_process_is_started_where_finding_the_devices_again_takes_too_long() -> None:
    """28 s each time: the first kernel that works is taken, and none is tried that might end the process."""
    Runtime.started = 0
    result, _ = run(Fate(find="28", build="others:crashes"))
    assert result.results[1].status == "measured"
    assert Runtime.started == 2, "one to find, one to measure"


def test_a_compiler_that_is_slow_and_not_hung_is_waited_for_where_the_device_is_asked_for() -> None:
    Runtime.fates = [Fate(build="35")]
    (device,) = (one for one in find_isolated("sim", simulated_runtime.__name__) if isinstance(one, Found))
    by_default, asked = (
        measure([device], clock=CLOCK.now, patience_s=patience_s).results[0] for patience_s in (PATIENCE_S, 120.0)
    )
    assert by_default.status == "failed"
    assert "did not answer within 20 s" in (by_default.reason or "")
    assert asked.status == "measured", asked.reason
    assert asked.kernel is not None
    assert asked.kernel.name == NAMES[0]
    assert "race_ended_early" in [warning.code for warning in asked.warnings]


@pytest.mark.parametrize("build_s", [35, 90])
def test_a_kernel_that_no_other_can_replace_is_waited_for_as_long_as_there_is_time(build_s: int) -> None:
    Runtime.fates = [Fate(build=f"{build_s}")]
    (device,) = (one for one in find_isolated("sim", simulated_runtime.__name__) if isinstance(one, Found))
    options = DeviceOptions(kernel=NAMES[0].removeprefix("opencl-"))
    (asked,) = measure([device], options=options, clock=CLOCK.now, patience_s=120.0).results
    assert asked.status == "measured", asked.reason
