from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hashwatt.bench.machine.describe import describe_machine
from hashwatt.bench.machine.load import Readings
from hashwatt.bench.machine.memory_stalls import MemoryStalls
from hashwatt.bench.result.energy import Telemetry
from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import Sample
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.rounds.interval import interval_of_samples
from hashwatt.bench.sampling.sampler import TimedSample
from hashwatt.bench.warnings import sentences
from hashwatt.bench.warnings.judge import judge_machine, judge_memory, judge_quota, judge_samples, judge_told_clock
from hashwatt.kernels.system.quota import Throttling
from hashwatt.kernels.system.system_files import ROOT_VARIABLE

QUIET = Readings(clock_hz=3e9, temperature_c=60.0, wall_s=0.25, other_cpu_s=0.001, stolen_cpu_s=0.0)
NOISE = np.random.default_rng(3).normal(1, 0.002, 40)


def taken(rates: list[float], readings: list[Readings] | None = None) -> list[TimedSample]:
    return [
        TimedSample(
            Sample(
                amount=round(rate * 0.25), seconds=0.25, device_s=None, cpu_s=None, clock_hz=None, temperature_c=None,
                other_load=None, stolen_load=None,
            ),
            seen,
        )
        for rate, seen in zip(rates, readings or repeat(QUIET), strict=False)
    ]  # fmt: skip


def judged(rates: list[float], readings: list[Readings] | None = None, failed_batches: int = 0) -> dict[str, str]:
    samples = taken(rates, readings)
    rounds = [[one.sample for one in samples[first::5]] for first in range(min(5, len(samples)))]
    half_width = interval_of_samples(rounds).half_width
    return {warning.code: warning.text for warning in judge_samples(samples, half_width, failed_batches)}


def flat() -> list[float]:
    return [float(1e9 * noise) for noise in NOISE]


def falling() -> list[float]:
    return [float(1e9 * noise * (1 - 0.1 * index / 40)) for index, noise in enumerate(NOISE)]


def stepping_down() -> list[float]:
    return [float(1e9 * noise * (1 if index < 15 else 0.8)) for index, noise in enumerate(NOISE)]


def test_good_conditions_call_for_no_warning() -> None:
    assert judged(flat()) == {}


def test_a_slow_fall_without_a_cause_in_sight_is_drift() -> None:
    assert set(judged(falling())) - {"wide_interval"} == {"drift"}
    assert "fell" in judged(falling())["drift"]
    assert "rose" in judged(falling()[::-1])["drift"]


def test_a_step_down_that_lasts_is_throttling() -> None:
    assert "in one step" in judged(stepping_down())["throttling"]


def test_a_step_up_is_no_throttling() -> None:
    assert "throttling" not in judged(stepping_down()[::-1])


def test_a_fall_along_with_the_clock_is_throttling() -> None:
    readings = [replace(QUIET, clock_hz=3e9 - 1e7 * index) for index in range(40)]
    assert "its clock fell from" in judged(falling(), readings)["throttling"]


def test_a_fall_along_with_rising_temperature_is_throttling() -> None:
    readings = [replace(QUIET, temperature_c=60.0 + index) for index in range(40)]
    assert "its temperature rose from" in judged(falling(), readings)["throttling"]


def test_other_programs_are_named_and_not_taken_for_heat() -> None:
    readings = [replace(QUIET, other_cpu_s=0.0 if index < 15 else 0.2) for index in range(40)]
    warnings = judged(stepping_down(), readings)
    assert "kept 0.5 CPUs busy" in warnings["contention"]
    assert "throttling" not in warnings
    assert "drift" in warnings


def test_ticks_that_come_out_below_zero_even_out() -> None:
    readings = [replace(QUIET, other_cpu_s=0.03 * (-1) ** index) for index in range(40)]
    assert "contention" not in judged(flat(), readings)


def test_time_stolen_by_the_hypervisor_is_named() -> None:
    readings = [replace(QUIET, stolen_cpu_s=0.05)] * 40
    assert "gave 0.2 CPUs to other machines" in judged(flat(), readings)["stolen_time"]


def test_few_samples_and_a_wide_interval_are_named() -> None:
    warnings = judged([1e9, 1.1e9, 0.9e9, 1.2e9])
    assert "only 4 samples" in warnings["few_samples"]
    assert "±" in warnings["wide_interval"]


def test_an_unknown_clock_and_failed_batches_are_named() -> None:
    warnings = judged(flat(), [Readings()] * 40, failed_batches=2)
    assert set(warnings) == {"clock_unknown", "failed_batches"}
    assert warnings["failed_batches"].startswith("2 batches failed")


def told(low_hz: float | None, high_hz: float | None) -> Telemetry:
    return Telemetry(
        source="a card", readings=9, clock_hz=low_hz, clock_low_hz=low_hz, clock_high_hz=high_hz,
        temperature_c=50.0, temperature_high_c=51.0, throttle=(),
    )  # fmt: skip


def test_a_clock_that_the_device_s_own_sensor_tells_is_known() -> None:
    unknown = [sentences.clock_unknown(), sentences.few_samples(3)]
    assert judge_told_clock(unknown, []) == judge_told_clock(unknown, [told(None, None)]) == unknown
    assert judge_told_clock(unknown, [told(1.98e9, 1.98e9)]) == unknown[1:]
    moved = judge_told_clock(unknown, [told(None, None), told(1.2e9, 1.98e9)])
    assert [one.code for one in moved] == ["few_samples", "clock_moved"]
    assert "1.20 and 1.98 GHz" in moved[1].text
    known = unknown[1:]
    assert judge_told_clock(known, [told(1.2e9, 1.98e9)]) == known, "the harness has measured it itself"


def test_the_machine_itself_may_call_for_warnings() -> None:
    machine = bare_machine()
    assert judge_machine(machine) == []
    troubled = msgspec.structs.replace(
        machine, hypervisor="KVM", container="Docker", on_battery=True, governor="powersave (acpi-cpufreq)"
    )
    assert [warning.code for warning in judge_machine(troubled)] == [
        "virtual_machine",
        "container",
        "battery",
        "powersave_governor",
    ]


def test_a_host_that_holds_up_memory_is_named_where_there_is_one() -> None:
    machine = bare_machine()
    guest = msgspec.structs.replace(machine, hypervisor="KVM")
    stalls = MemoryStalls(stood_still=28, pages=32, median_s=19e-5)
    (warning,) = judge_memory(guest, stalls)
    assert warning.code == "memory_stalls"
    assert "held up 28 of 32 pages of 2 MiB by 0.19 ms each" in warning.text
    assert judge_memory(machine, stalls) == []
    assert judge_memory(guest, replace(stalls, stood_still=7)) == []
    assert judge_memory(guest, None) == []


WARNINGS: list[WarningRecord] = [
    sentences.drift(-0.1), sentences.throttling(-0.2, "x"), sentences.contention(1.0), sentences.stolen_time(0.1),
    sentences.virtual_machine("KVM"), sentences.container("Docker"), sentences.battery(),
    sentences.powersave_governor("powersave"), sentences.few_samples(3), sentences.wide_interval(0.1),
    sentences.clock_unknown(), sentences.failed_batches(1),
]  # fmt: skip


@pytest.mark.parametrize("warning", WARNINGS, ids=lambda warning: warning.code)
def test_every_warning_names_the_cause_and_the_mend_and_can_be_stored(warning: WarningRecord) -> None:
    assert len(warning.text) > 40
    assert "; " in warning.text, "what is amiss; what to do"
    assert msgspec.json.decode(msgspec.json.encode(warning), type=WarningRecord) == warning


def test_no_two_warnings_share_a_code() -> None:
    assert len({warning.code for warning in WARNINGS}) == len(WARNINGS)


def bare_machine() -> Machine:
    return msgspec.structs.replace(
        describe_machine(), hypervisor=None, container=None, on_battery=None, governor="performance"
    )


def test_two_levels_of_a_rate_are_named_with_their_share() -> None:
    """150 kH/s, and for one second in four 30 kH/s."""
    levels = taken([(30e3 if index % 8 >= 6 else 150e3) * noise for index, noise in enumerate(NOISE)])
    (text,) = (one.text for one in judge_samples(levels, 0.0, 0) if one.code == "two_levels")
    assert "the lower 20% of the higher and 25% of the time" in text


def test_a_quota_is_named_with_what_it_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container of 0.12 CPUs under control groups of version 1."""
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    folder = tmp_path / "sys/fs/cgroup/cpu"
    folder.mkdir(parents=True)
    for name, text in {
        "cfs_quota_us": "12000",
        "cfs_period_us": "100000",
        "stat": "nr_periods 90\nnr_throttled 60",
    }.items():
        (folder / f"cpu.{name}").write_text(text)
    (warning,) = judge_quota(2, 0.12, Throttling(periods=30, throttled=7))
    assert warning.code == "quota"
    assert "held it to 0.12 CPUs (throttled 88% of the time)" in warning.text
    assert judge_quota(2, None, None) == []
    assert judge_quota(2, 2.0, None) == []


def test_where_a_quota_holds_the_work_back_it_is_named_and_not_the_other_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("psutil.cpu_count", lambda: 4)
    beside = Readings(wall_s=0.25, other_cpu_s=0.25, stolen_cpu_s=0.0, working_cpu_s=0.03)
    samples = taken(flat(), [beside] * 40)
    told = {warning.code: warning.text for warning in judge_samples(samples, 0.0, 0, held_back=1.9)}
    assert "a quota held back 1.9 CPUs" in told["quota"]
    assert "contention" not in told, "nearly three CPUs were idle"
    busy = replace(beside, other_cpu_s=0.97)
    told = {warning.code: warning.text for warning in judge_samples(taken(flat(), [busy] * 40), 0.0, 0, held_back=1.9)}
    assert {"quota", "contention"} <= set(told), "nothing was idle: both had their part"
