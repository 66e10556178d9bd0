"""Peak and sweep on every device that can run them here, and kernels that are wrong in one way each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from hashwatt.kernels.cpu import backend
from hashwatt.kernels.cpu.backend import CpuDevice
from hashwatt.kernels.cpu.cores import amx
from hashwatt.kernels.cpu.cores.amx import why_no_amx
from hashwatt.kernels.cpu.cores.features import host_features, native_numbers
from hashwatt.kernels.cpu.cores.topology import read_topology
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Executes, Found
from hashwatt.kernels.errors import InputError, WrongResult
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads import memory_ceiling
from hashwatt.kernels.workloads.evidence import Checked
from hashwatt.kernels.workloads.peak import cpu as on_cpu
from hashwatt.kernels.workloads.peak import launches, on_amx
from hashwatt.kernels.workloads.peak.formats import STEPS
from hashwatt.kernels.workloads.peak.launches import format_of, sweep_source_of
from hashwatt.kernels.workloads.peak.sweep import SweepTask
from hashwatt.kernels.workloads.peak.task import PeakTask, followed
from hashwatt.kernels.workloads.peak.workload import ROWS, WORKLOAD
from hashwatt.kernels.workloads.protocol import Request, Task, Value, quantity_for
from hashwatt.kernels.workloads.stream import arrays, parts

from ..measured_like import measured_like


def small_cpu() -> CpuDevice:
    """The CPU, said to have a small cache: an array of 4 MiB does for what is right or wrong."""
    (found,) = (entry for entry in backend.find() if isinstance(entry, Found))
    return CpuDevice(replace(found.info, cache_bytes=1 << 20, memory_bytes=None), read_topology(), DeviceOptions())


@pytest.fixture(params=["cpu", "fake"])
def device(request: pytest.FixtureRequest) -> Iterator[Executes]:
    opened: Executes = small_cpu() if request.param == "cpu" else FakeDevice("steady", spend=VirtualClock().spend)
    yield opened
    opened.close()


def test_the_sweep_s_array_may_be_in_parts_and_is_lent_to_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "is_one_node", lambda: True)
    monkeypatch.setattr(parts, "LEAST_PART_BYTES", 4 << 20)
    monkeypatch.setattr(memory_ceiling, "LARGE_BYTES", 1 << 20)
    opened = small_cpu()
    task = bound(opened, {**ROWS[-1], "size": 8 << 20})
    assert isinstance(task, SweepTask)
    task.self_test()
    task.rehearse(None)
    for sample, batch in enumerate((1, 1, 1, 4, 3)):
        task.ready(batch)
        assert task.run(batch).amount == batch * (1 << 19) * 2 * 64
        probe = memory_ceiling.MemoryProbe(opened, task.lent())
        assert "its own arrays" in probe.explanation
        assert probe.rate() > 0
        task.count(sample)
    assert task._passes is not None
    task._passes += 1
    with pytest.raises(WrongResult):
        task.count(5)
    opened.close()


def bound(device: Executes, row: dict[str, Value]) -> Task:
    return WORKLOAD.bind(device, Request("a challenge", "run", WORKLOAD.parameters_of(row)))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_row_is_right_and_counts_its_operations(device: Executes, row: dict[str, Value]) -> None:
    why_not = WORKLOAD.why_not(device.info, WORKLOAD.parameters_of(row))
    if why_not is not None:
        pytest.skip(why_not)
    task = bound(device, row)
    amounts = measured_like(task)
    assert task.kernel is not None
    tuning = task.kernel.tuning
    if "intensity" in row:
        assert amounts == [2 * int(tuning["array_bytes"]) // 8 * int(tuning["operations_a_number"])] * 3
    else:
        numbers = int(tuning["items"]) * int(tuning["numbers_an_item"])
        each = format_of(str(row["number"]), device.info).step_operations
        assert amounts == [2 * numbers * int(tuning["turns"]) * STEPS * each] * 3
    some, more = task.evidence(1), task.evidence(3)
    assert isinstance(some, Checked)
    assert isinstance(more, Checked)
    assert more.answers > some.answers


@pytest.mark.parametrize(
    ("behaviour", "row"),
    [
        ("wrong-checksum", {"number": "float64"}),
        ("wrong-checksum", {"number": "int8"}),
        ("wrong-checksum", {"number": "float64", "intensity": 0.5}),
        ("skipping-when-busy", {"number": "float64", "intensity": 0.5}),
    ],
)
def test_a_device_that_computes_too_little_is_refused(behaviour: str, row: dict[str, Value]) -> None:
    device = FakeDevice(behaviour, spend=VirtualClock().spend)
    with pytest.raises(WrongResult, match="numbers wrong"):
        measured_like(bound(device, row), batch=16)


@pytest.mark.parametrize(
    ("number", "pattern", "instead"),
    [
        ("float64", r"(%v\d+) = fadd contract (<.*>) (%v\d+), %c\n", r"\1 = fadd contract \2 \3, %c1\n"),
        ("float64", r"fadd (<.*>) (%\w+), %all", r"fadd \1 \2, %c"),
        ("float32", r"icmp slt i64 %t.next, %s0", "icmp sle i64 %t.next, %s0"),
        ("float32", r"sub i64 1, %s0", "sub i64 2, %s0"),
        ("bfloat16", r"%v1 = call (<.*), (<\d+ x bfloat>) %up\)", r"%v1 = call \1, \2 %down)"),
        ("bfloat16", r"or i32 (%a\d+), \d+", r"or i32 \1, 0"),
        ("bfloat16", str(on_cpu.PAIRS["last"]), str(on_cpu.PAIRS["down"])),
        ("int32", r"(%v\d+) = mul (<.*>) (%\w+), %m", r"\1 = mul \2 \3, %c"),
        ("int32", r"(%v\d+) = add (<.*>) (%v\d+), %c\n", r"\1 = sub \2 \3, %c\n"),
        ("int32", r"%k.next = add i64 %k, 1", "%k.next = add i64 %k, 2"),
    ],
)
def test_a_mutated_kernel_is_caught_by_the_self_test(
    number: str, pattern: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if number not in native_numbers():
        pytest.skip(f"this CPU has no {number}")
    monkeypatch.setattr(launches, "uses_amx", lambda _number, _info: False)
    monkeypatch.setattr(on_cpu, number, lambda: mutated(on_cpu.emit(number), pattern, instead))
    refused(number)


def mutated(text: str, pattern: str, instead: str) -> str:
    made = re.sub(pattern, instead, text, count=1)
    assert made != text
    return made


def refused(number: str) -> None:
    device = small_cpu()
    try:
        with pytest.raises(WrongResult, match="numbers wrong"):
            bound(device, {"number": number}).self_test()
    finally:
        device.close()


@pytest.mark.parametrize(
    ("number", "pattern", "instead"),
    [
        ("int8", r"tdpbusd tmm3, tmm6, tmm7", "tdpbusd tmm3, tmm5, tmm7"),
        ("int8", r"tdpbusd tmm4", "tdpbssd tmm4"),
        ("int8", r"\\0Atdpbusd tmm0, tmm5, tmm7", ""),
        ("int8", r"icmp slt i64 %t.next, %s0", "icmp sle i64 %t.next, %s0"),
        ("bfloat16", r"tdpbf16ps tmm2, tmm5, tmm7", "tdpbf16ps tmm2, tmm6, tmm7"),
        ("bfloat16", r"%back = sub i64 1", "%back = sub i64 2"),
        ("bfloat16", r"fadd (<.*>) %sum79, %all", r"fadd \1 %sum79, %sum79"),
        ("bfloat16", r"%k.next = add i64 %k, 1", "%k.next = add i64 %k, 2"),
    ],
)
def test_a_mutated_kernel_of_amx_is_caught_by_the_self_test(
    number: str, pattern: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = why_no_amx(number)
    if reason is not None:
        pytest.skip(reason)
    monkeypatch.setattr(on_amx, number, lambda: mutated(on_amx.emit(number), pattern, instead))
    refused(number)


@pytest.mark.parametrize("number", ["int8", "bfloat16"])
def test_where_amx_is_withheld_vectors_do_it_and_the_kernel_says_why(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if number not in native_numbers():
        pytest.skip(f"this CPU has no {number}")
    everything = host_features() | set(amx.NEEDS[number])
    monkeypatch.setattr(amx, "host_features", lambda: everything)
    monkeypatch.setattr(amx, "host_architecture", lambda: "x86_64")
    monkeypatch.setattr(amx, "_why_no_leave", lambda: "the system says no")
    device = small_cpu()
    try:
        task = bound(device, {"number": number})
        task.self_test()
    finally:
        device.close()
    assert task.kernel is not None
    assert task.kernel.tuning["without_amx"] == "the system says no"
    assert "multiplied_by" not in task.kernel.tuning


def test_state_that_would_grow_too_large_is_begun_anew() -> None:
    device = FakeDevice("steady", spend=VirtualClock().spend)
    task = cast(PeakTask, bound(device, {"number": "float32"}))
    task.self_test()
    task._format = replace(task._format, launches=10)
    task.rehearse(None)
    for sample in range(6):
        task.ready(4)
        task.run(4)
        task.count(sample)


def test_what_is_followed_lies_at_both_ends_and_somewhere_within() -> None:
    assert followed(100, 2048) == [range(100)]
    first, somewhere, last = followed(100_000, 2048)
    assert (first, last) == (range(2048), range(100_000 - 2048, 100_000))
    assert 2048 <= somewhere.start <= 100_000 - 3 * 2048 + 2048


def test_a_device_that_lacks_a_format_is_told_so_and_others_go_on() -> None:
    info = replace(fake_info("steady"), numbers=("float32", "int32"))
    told = {str(row): WORKLOAD.why_not(info, WORKLOAD.parameters_of(row)) for row in ROWS}
    assert told[str({"number": "float32"})] is None
    assert "computes no float64" in (told[str({"number": "float64"})] or "")
    assert "dot products of bytes" in (told[str({"number": "int8"})] or "")
    assert "runs no kernels" in (
        WORKLOAD.why_not(DeviceInfo("rtl:sim", "asic", "", "", "", ""), WORKLOAD.parameters_of({})) or ""
    )
    # What nobody tells of: the formats that every device has.
    assert WORKLOAD.why_not(replace(info, numbers=()), WORKLOAD.parameters_of({"number": "int32"})) is None


def test_the_sweep_takes_of_memory_what_its_intensity_says() -> None:
    counts = WORKLOAD.counts_of(WORKLOAD.parameters_of({"intensity": 0.5}))
    assert counts == {"float64": 1.0, "memory": 2.0}
    assert WORKLOAD.counts_of(WORKLOAD.parameters_of({"number": "int8"})) == {"int8": 1.0}


def test_integer_operations_are_not_counted_as_floating_point() -> None:
    assert quantity_for(WORKLOAD, WORKLOAD.parameters_of({"number": "int32"})).unit == "operation"
    assert quantity_for(WORKLOAD, WORKLOAD.parameters_of({})).unit == "flop"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"number": "float80"}, "float64, float32"),
        ({"intensity": 3.0}, "0.125, 0.5, 2, 8"),
        ({"intensity": 0.5, "number": "float32"}, "sweeps float64"),
        ({"intensity": 0.5, "size": 1}, "64 KiB"),
        ({"prefixes": 1}, "number, intensity and size"),
    ],
)
def test_parameters_that_it_does_not_have_are_refused(given: dict[str, Value], words: str) -> None:
    with pytest.raises(InputError, match=words):
        WORKLOAD.parameters_of(given)


def test_the_sweep_on_opencl_asks_each_cache_for_each_line_on_the_host_s_cores_alone() -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", languages=("opencl",))
    for bits in (256, 512):
        assert sweep_source_of(4, info, bits).text.count(" ASK(&") == 2 * (8 * bits // 8) // 64
    assert "ASK" not in sweep_source_of(4, replace(info, simulator=True)).text
    assert "ASK" not in sweep_source_of(4, replace(info, kind="gpu")).text


@pytest.mark.parametrize("bits", [256, 512])
def test_the_sweep_on_opencl_asks_all_along_its_operations_and_stores_early_where_memory_binds(bits: int) -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", languages=("opencl",))
    for steps in (1, 4, 16, 64):
        lines = [line.strip() for line in sweep_source_of(steps, info, bits).text.splitlines()]
        work = [line for line in lines if re.match(r"ASK|x\d|double|numbers", line)]
        kinds = "".join("a" if line.startswith("ASK") else "o" for line in work)
        each = len(kinds) / kinds.count("a")
        assert all(each / 2 <= len(gap) + 1 <= 2 * each for gap in kinds.strip("o").split("a")[1:-1])
        places = [lines.index(f"numbers[place + {chain}] = x{chain};") for chain in range(2)]
        read = next(place for place, line in enumerate(lines) if line.endswith("x1 = numbers[place + 1];"))
        assert (places[0] < read) == (steps < 16)
