"""Which conditions forbid a verdict, which are only named, and when work ÷ CPU time decides."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.rates import counted_samples, rate_per_cpu_s
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningCode, WarningRecord
from hashwatt.reports.compare.footing.conditions import CONDITIONS
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare
from hashwatt.reports.compare.verdicts.failures import failures, untold

from ...factory import machine, result, verified
from ..sides.test_pairs import gpu, side_of

LONGER = 100_000


def with_cpu_time(device: Measurement, rate_per_cpu: float) -> Measurement:
    """The device with CPU seconds in its samples that give so much work each."""
    (one,) = device.rounds
    # The factory's samples are short, and less CPU time than a fifth of a second tells nothing.
    samples = tuple(
        msgspec.structs.replace(
            sample,
            amount=sample.amount * LONGER,
            seconds=sample.seconds * LONGER,
            cpu_s=sample.amount * LONGER / rate_per_cpu,
        )
        for sample in one.samples
    )
    changed = msgspec.structs.replace(device, rounds=(msgspec.structs.replace(one, samples=samples),))
    return msgspec.structs.replace(changed, rate_per_cpu_s=rate_per_cpu_s(counted_samples(changed)))


def warned(device: Measurement, *codes: WarningCode) -> Measurement:
    return msgspec.structs.replace(device, warnings=tuple(WarningRecord(code=code, text=code) for code in codes))


def threads(device: Measurement, count: int) -> Measurement:
    assert device.kernel is not None
    return msgspec.structs.replace(device, kernel=msgspec.structs.replace(device.kernel, tuning={"threads": count}))


def compared(base: Result, new: Result) -> Comparison:
    (found,) = compare(side_of(base), side_of(new))
    return found


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ({"cpu_model": "EPYC"}, {"cpu_model": "Xeon"}, "another processor"),
        ({"microarchitecture": "zen4"}, {"microarchitecture": "zen5"}, "another processor"),
        ({"logical_cpus": 2}, {"logical_cpus": 4}, "another number of CPUs"),
        ({"usable_cpus": 2.0}, {"usable_cpus": 0.5}, "another number of usable CPUs"),
        ({"hypervisor": None}, {"hypervisor": "KVM"}, "a bare machine against a virtual one"),
        ({"on_battery": False}, {"on_battery": True}, "one side ran on battery"),
    ],
)
def test_another_machine_or_power_forbids_a_verdict(
    before: dict[str, object], after: dict[str, object], word: str
) -> None:
    found = compared(
        result(verified(run=0), run=0, machines=(machine(**before),)),
        result(verified(run=1, rate=50e6), run=1, machines=(machine(**after),)),
    )
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert word in found.forbidden
    assert found.because


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"governor": "performance"}, {"governor": "powersave"}, "governor: performance → powersave"),
        ({"container": None}, {"container": "Docker"}, "container: – → Docker"),
        ({"kernel": "Linux 6.1"}, {"kernel": "Linux 6.8"}, "system's kernel: Linux 6.1 → Linux 6.8"),
        ({"on_battery": None}, {"on_battery": False}, "on battery: – → no"),
    ],
)
def test_what_may_be_the_change_itself_is_named_and_the_verdict_stands(
    before: dict[str, object], after: dict[str, object], line: str
) -> None:
    found = compared(
        result(verified(run=0), run=0, machines=(machine(**before),)),
        result(verified(run=1, rate=50e6), run=1, machines=(machine(**after),)),
    )
    assert found.judgement == "faster"
    assert found.conditions == (line,)


def test_another_number_of_threads_forbids_a_verdict_and_says_what_judges_them() -> None:
    found = compared(result(threads(verified(run=0), 2), run=0), result(threads(verified(run=1, rate=12e6), 1), run=1))
    assert found.forbidden == ("another number of threads",)
    assert "--ab threads" in found.because
    assert "threads: 2 → 1" in found.conditions


def test_a_card_does_not_mind_its_hosts_processor_which_is_named_all_the_same() -> None:
    found = compared(
        result(gpu("opencl:0", 0, 1e8, "GTX 970"), run=0, machines=(machine(cpu_model="EPYC", logical_cpus=64),)),
        result(gpu("opencl:0", 1, 2e8, "GTX 970"), run=1, machines=(machine(cpu_model="Xeon", logical_cpus=8),)),
    )
    assert found.judgement == "faster"
    assert found.conditions[0] == "processor: EPYC → Xeon"


@pytest.mark.parametrize("code", ["contention", "stolen_time", "quota"])
def test_where_others_took_the_cpus_work_a_cpu_second_decides(code: WarningCode) -> None:
    base = with_cpu_time(verified(run=0, rate=50e6), 25e6)
    # Half of the CPUs were taken: work ÷ time fell by half, and the code is as it was.
    new = warned(with_cpu_time(verified(run=1, rate=25e6), 25e6), code)
    found = compared(result(base, run=0), result(new, run=1))
    assert found.basis == "work ÷ CPU time"
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(1, rel=1e-6)
    assert found.judgement == "cannot tell"
    assert found.base_rate == pytest.approx(25e6)


@pytest.mark.parametrize(("throttled_s", "basis"), [(0.0, "work ÷ time"), (0.5, "work ÷ CPU time")])
def test_a_quota_that_held_nothing_back_disturbs_nothing(throttled_s: float, basis: str) -> None:
    def run(number: int) -> Result:
        device = warned(with_cpu_time(verified(run=number), 25e6), "quota")
        (one,) = device.rounds
        rounds = (msgspec.structs.replace(one, throttled_s=throttled_s),)
        return result(msgspec.structs.replace(device, rounds=rounds), run=number)

    assert compared(run(0), run(1)).basis == basis


def test_a_change_of_the_code_is_seen_through_contention() -> None:
    base = warned(with_cpu_time(verified(run=0, rate=25e6), 25e6), "contention")
    new = warned(with_cpu_time(verified(run=1, rate=30e6), 20e6), "contention")
    assert compared(result(base, run=0), result(new, run=1)).judgement == "slower"


def test_without_cpu_time_contention_forbids_a_verdict() -> None:
    found = compared(
        result(verified(run=0, rate=50e6), run=0), result(warned(verified(run=1, rate=25e6), "contention"), run=1)
    )
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert "other programs kept CPUs busy, and not all runs tell their work ÷ CPU time" in found.because
    assert found.because.endswith("close them and measure again")


def test_nor_does_cpu_time_help_where_cores_are_shared_by_two_threads() -> None:
    where = (machine(physical_cores=2, logical_cpus=4),)
    base, new = with_cpu_time(verified(run=0), 25e6), warned(with_cpu_time(verified(run=1), 15e6), "contention")
    found = compared(result(base, run=0, machines=where), result(new, run=1, machines=where))
    assert "two threads each" in found.because


def test_a_card_does_not_mind_who_is_busy_on_its_host() -> None:
    base, new = gpu("opencl:0", 0, 1e8, "GTX 970"), gpu("opencl:0", 1, 2e8, "GTX 970")
    found = compared(result(base, run=0), result(warned(new, "contention"), run=1))
    assert found.judgement == "faster"
    assert "warning only now: contention" in found.conditions


def test_throttling_of_one_side_forbids_and_of_both_is_their_state() -> None:
    base, new = verified(run=0), warned(verified(run=1, rate=20e6), "throttling")
    found = compared(result(base, run=0), result(new, run=1))
    assert found.forbidden == ("only one side was throttled",)
    assert compared(result(warned(base, "throttling"), run=0), result(new, run=1)).judgement == "slower"


def test_nothing_is_failed_for_what_forbids_a_verdict_and_why_is_told() -> None:
    found = compared(
        result(verified(run=0), run=0, machines=(machine(cpu_model="EPYC"),)),
        result(verified(run=1, rate=9e6), run=1, machines=(machine(cpu_model="Xeon"),)),
    )
    assert failures([found], 5) == []
    assert untold([found]) == f"sha256d[cpu]: {found.because}"


def test_every_condition_that_forbids_says_so_in_words_and_what_helps() -> None:
    assert [one.name for one in CONDITIONS[:2]] == ["processor", "microarchitecture"]
    for condition in CONDITIONS:
        assert bool(condition.forbidden) == bool(condition.helps) == (condition.effect == "forbids"), condition.name
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)
