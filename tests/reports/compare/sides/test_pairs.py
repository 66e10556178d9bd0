"""Runs are put together by what a device is: ids are given anew at each start, and equal devices share a name."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import entries_of
from hashwatt.reports.compare.rates.rate_series import series_of
from hashwatt.reports.compare.sides.sides import Side
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare
from hashwatt.reports.compare.verdicts.failures import failures
from hashwatt.reports.layout.entry_names import entry_names

from ...factory import machine, result, verified
from ...samples import unmeasured


def side_of(*runs: Result) -> Side:
    made = []
    for run in runs:
        entries = entries_of(run, [])
        made.append(tuple(series_of(entry, name) for entry, name in zip(entries, entry_names(entries), strict=True)))
    return Side(runs=tuple(made))


def gpu(device: str, run: int, rate: float, name: str, **changes: Any) -> Measurement:
    fixed: dict[str, Any] = {"name": name, "kind": "gpu", "backend": "opencl", "runs_on_host_cpu": False}
    return verified(device, run=run, rate=rate, **fixed, **changes)


def judged(found: list[Comparison]) -> dict[str, str]:
    return {one.name: one.judgement for one in found}


def ratios(found: list[Comparison]) -> list[float]:
    return [round(one.ratio.value, 1) for one in found if one.ratio is not None]


def test_swapped_ids_are_no_change_of_rate() -> None:
    base = result(gpu("opencl:0", 0, 4e8, "GTX 1070"), gpu("opencl:1", 0, 1.3e8, "GTX 970"), run=0)
    new = result(gpu("opencl:0", 1, 1.3e8, "GTX 970"), gpu("opencl:1", 1, 4e8, "GTX 1070"), run=1)
    found = compare(side_of(base), side_of(new))
    assert ratios(found) == [1.0, 1.0]
    assert [one.conditions for one in found] == [
        ("device id: opencl:0 → opencl:1",),
        ("device id: opencl:1 → opencl:0",),
    ]


def test_two_equal_cards_of_a_run_are_two_devices_told_apart_by_their_addresses() -> None:
    def run(number: int, first: str, second: str, rates: tuple[float, float]) -> Result:
        cards = ((first, rates[0], "0000:01:00.0"), (second, rates[1], "0000:02:00.0"))
        return result(*(gpu(name, number, rate, "GTX 970", pci_address=pci) for name, rate, pci in cards), run=number)

    base, new = run(0, "opencl:0", "opencl:1", (1.3e8, 4e8)), run(1, "opencl:1", "opencl:0", (1.3e8, 4e8))
    assert ratios(compare(side_of(base), side_of(new))) == [1.0, 1.0]


def test_two_equal_cards_without_an_address_are_told_apart_by_their_ids() -> None:
    base, new = (
        result(gpu("opencl:0", run, 1.3e8, "GTX 970"), gpu("opencl:1", run, 4e8, "GTX 970"), run=run) for run in (0, 1)
    )
    found = compare(side_of(base), side_of(new))
    assert ratios(found) == [1.0, 1.0]
    assert [one.name for one in found] == ["sha256d[opencl:0]", "sha256d[opencl:1]"]


def test_a_folder_of_runs_of_two_machines_is_two_devices() -> None:
    machines = [machine(cpu_model=name) for name in ("EPYC 9354", "Xeon 8480")]
    base, new = (
        side_of(
            *(
                result(verified(run=first + index, rate=rate), run=first + index, machines=(where,))
                for index, (where, rate) in enumerate(zip(machines, (25e6, 60e6), strict=True))
            )
        )
        for first in (0, 10)
    )
    found = compare(base, new)
    assert ratios(found) == [1.0, 1.0]
    assert len({one.name for one in found}) == 2


def test_another_processor_is_named_as_such_and_not_as_a_device_that_is_gone() -> None:
    base = result(verified(run=0, rate=50e6), run=0, machines=(machine(cpu_model="EPYC 9354"),))
    new = result(verified(run=1, rate=27e6), run=1, machines=(machine(cpu_model="Xeon 8370C", python="3.99"),))
    (found,) = compare(side_of(base), side_of(new))
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert found.forbidden == ("another processor",)
    assert found.because == "another processor; compare runs of one machine"
    assert found.conditions[0] == "processor: EPYC 9354 → Xeon 8370C"
    assert len(found.conditions) > 1


def test_two_generations_of_one_name_are_two_machines() -> None:
    names = ({"microarchitecture": "skylake_avx512"}, {"microarchitecture": "haswell"})
    base, new = (
        result(
            verified(run=run, rate=50e6 / (run + 1)), run=run, machines=(machine(cpu_model="Xeon @ 2.20GHz", **name),)
        )
        for run, name in enumerate(names)
    )
    (found,) = compare(side_of(base), side_of(new))
    assert found.forbidden == ("another processor",)


def test_what_is_only_on_one_side_is_named_there() -> None:
    base = result(verified(run=0), gpu("opencl:0", 0, 1e8, "GTX 970"), run=0)
    new = result(verified(run=1), run=1)
    found = compare(side_of(base), side_of(new))
    assert [(one.name, one.because) for one in found if one.gone] == [("sha256d[opencl:0]", "it is not in the new run")]


def test_a_run_in_which_the_device_failed_belongs_to_it_though_it_had_no_kernel() -> None:
    def threads(run: int) -> Measurement:
        device = verified(run=run)
        assert device.kernel is not None
        return replace(device, kernel=replace(device.kernel, tuning={"threads": 2}))

    base = [result(threads(run), run=run) for run in range(3)]
    failed = replace(unmeasured("failed", "no answer", "cpu"), device=verified().device, parameters={"prefixes": 1})
    new = [*(result(threads(run), run=run) for run in range(3, 6)), result(failed, run=9)]
    (found,) = compare(side_of(*base), side_of(*new))
    assert (found.base_runs, found.new_runs) == (3, 3)
    assert found.left_out == ("a new run has no figure (failed: no answer)",)
    assert failures([found], 5) == ["sha256d[cpu]: a new run has no figure (failed: no answer)"]
