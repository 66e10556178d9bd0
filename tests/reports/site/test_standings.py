"""Percentiles are told among devices of one model at one work, each once, and only where there are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from hashwatt.bench.result.measurement import RunSettings
from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import Collection, Entry, gather_results
from hashwatt.reports.site.standings import FEWEST_OTHERS, Standing, model_of, standings_of, why_not_compared

from ..factory import by_median, machine, on_machine, result, streaming, tampered, verified
from ..served import reported, served_result


def at(number: int, rate: float = 20e6, *, run: int | None = None, day: int = 12, **changes: Any) -> Result:
    """A run of machine `number`."""
    run = number if run is None else run
    where = f"{number:016x}"
    entry = on_machine(verified(run=run, rate=rate, scatter=0.0, **changes), where, run)
    return result(entry, run=run, day=day, machines=(machine(id=where),))


def entries_of(collection: Collection) -> list[Entry]:
    ranked = [entry for group in collection.groups for entry in group.entries]
    return [*ranked, *collection.apart, *collection.unmeasured]


def standings(*results: Result) -> list[tuple[Entry, Standing]]:
    entries = entries_of(gather_results(results))
    found = standings_of(entries)
    return [(entry, found[id(entry)]) for entry in entries]


def by_rate(found: Sequence[tuple[Entry, Standing]]) -> list[float | None]:
    return [standing.percentile for _, standing in sorted(found, key=lambda one: one[0].rate.value)]


def test_it_is_the_share_of_the_others_that_are_slower() -> None:
    found = standings(*(at(number, (20 + number) * 1e6) for number in range(11)))
    assert by_rate(found) == [10.0 * place for place in range(11)]
    assert {standing.others for _, standing in found} == {10}


def test_equal_ones_count_half() -> None:
    assert set(by_rate(standings(*(at(number) for number in range(6))))) == {50.0}


def test_the_interval_says_what_it_leaves_open() -> None:
    ((_, middle),) = [
        one for one in standings(*(at(number, (20 + number / 100) * 1e6) for number in range(7)))
        if one[1].percentile == 50.0
    ]  # fmt: skip
    assert (middle.low, middle.high) == (0.0, 100.0)


def test_few_others_are_too_few() -> None:
    assert FEWEST_OTHERS == 5
    assert by_rate(standings(*(at(number, (20 + number) * 1e6) for number in range(6))))[-1] == 100.0
    found = standings(*(at(number) for number in range(5)))
    assert {standing.reason for _, standing in found} == {"only 4 others of its model; 5 are needed"}
    assert {standing.percentile for _, standing in found} == {None}


def test_a_machine_counts_once_by_its_newest_run() -> None:
    runs = [at(0, 90e6, run=20, day=1), at(0, 10e6, run=21, day=2), *(at(n, (20 + n) * 1e6) for n in range(1, 6))]
    found = standings(*runs)
    told = {entry.result.run_id: standing for entry, standing in found if entry.device.machine == f"{0:016x}"}
    assert told[runs[0].run_id].reason == "a newer run of this device counts"
    assert told[runs[1].run_id].percentile == 0.0
    assert by_rate(found)[-2:] == [100.0, None]


def test_two_cards_of_one_machine_are_two_devices() -> None:
    def cards(number: int) -> Result:
        where = f"{number:016x}"
        gpu: dict[str, Any] = {"kind": "gpu", "backend": "opencl", "runs_on_host_cpu": False, "name": "Card"}
        pair = [
            on_machine(verified(f"opencl:{n}", run=number, pci_address=f"0000:0{n}:00.0", **gpu), where, number)
            for n in range(2)
        ]
        return result(*pair, run=number, machines=(machine(id=where, cpu_model=f"CPU {number}"),))

    found = standings(*(cards(number) for number in range(3)))
    assert {standing.others for _, standing in found} == {5}
    # The processor beside a card makes it no other model.
    assert len({model_of(entry) for entry, _ in found}) == 1


def test_other_processors_counts_and_virtual_machines_are_other_models() -> None:
    plain = at(0)
    others: tuple[dict[str, Any], ...] = (
        {"cpu_model": "x"},
        {"logical_cpus": 3},
        {"hypervisor": "KVM"},
        {"cpu_signature": "1"},
    )
    different = [
        replace(at(number), machines=(replace(at(number).machines[0], **changes),))
        for number, changes in enumerate(others, start=1)
    ]
    assert len({model_of(entry) for entry, _ in standings(plain, *different)}) == 5


def test_what_does_not_count_says_why() -> None:
    asked = RunSettings(
        batch=1, batches_per_sample=1, batch_target_s=0.1, planned_s=1.0, until_narrow=True, asked_threads=1
    )
    slow = at(1)
    kernel = slow.results[0].kernel
    assert kernel is not None
    held = replace(slow.results[0], settings=asked, kernel=replace(kernel, tuning={"threads": 1}))
    cases = {
        "does not verify": result(tampered(verified(run=2)), run=2),
        "held back or steered": replace(slow, results=(held,)),
        "a simulator": at(3, simulator=True),
        "an old file, which does not name its machine": by_median(result(verified(run=4), run=4)),
        "the device's own word": served_result(reported()),
    }
    for reason, one in cases.items():
        ((entry, standing),) = standings(one)
        assert (why_not_compared(entry), standing.reason, standing.percentile) == (reason, reason, None)


def test_other_work_is_not_compared() -> None:
    runs = [
        replace(one, results=(*one.results, replace(streaming(rate=number * 1e9 + 1e9), machine=one.machines[0].id)))
        for number, one in enumerate(at(number, (30 - number) * 1e6) for number in range(6))
    ]
    found = standings(*runs)
    last = {entry.device.workload: s.percentile for entry, s in found if entry.result.run_id == runs[-1].run_id}
    assert last == {"sha256d": 0.0, "stream": 100.0}


def test_a_machine_s_own_cores_count_once_whatever_their_ids() -> None:
    many = [
        result(replace(one, machine="f" * 16), run=50 + number, machines=(machine(id="f" * 16),))
        for number in range(8)
        for one in [streaming(f"cpu-{number}", pci_address=f"0000:0{number}:00.0")]
    ]
    found = standings(*many)
    assert sum(not standing.reason.startswith("a newer run") for _, standing in found) == 1
