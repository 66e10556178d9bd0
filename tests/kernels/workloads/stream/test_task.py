"""STREAM's operations on every device that can run it here, and on fake ones that run it wrongly."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.cpu import backend
from hashwatt.kernels.cpu.backend import CpuDevice
from hashwatt.kernels.cpu.cores.topology import read_topology
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Executes, Found, Launch, Launched
from hashwatt.kernels.errors import DeviceError, InputError, WrongResult
from hashwatt.kernels.fakes import device as fake
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.workloads import memory_ceiling
from hashwatt.kernels.workloads.evidence import Checked, Claim
from hashwatt.kernels.workloads.protocol import Request, Value, Work
from hashwatt.kernels.workloads.stream import arrays, parts
from hashwatt.kernels.workloads.stream import cpu as on_cpu
from hashwatt.kernels.workloads.stream.arrays import array_items, near_cache_of, source_of, too_large
from hashwatt.kernels.workloads.stream.counts import OPERATIONS
from hashwatt.kernels.workloads.stream.parts import Parts
from hashwatt.kernels.workloads.stream.task import StreamTask
from hashwatt.kernels.workloads.stream.workload import WORKLOAD

from ..measured_like import measured_like

ROWS = {name: WORKLOAD.parameters_of({"operation": name}) for name in OPERATIONS}
REQUEST = Request("a challenge", "run", ROWS["triad"])
CLAIM = Claim(
    challenge="a challenge", machine="m", device_id="cpu", run_id="run", workload="stream", parameters={}, amounts=(1,)
)


def small_cpu() -> CpuDevice:
    """The CPU, said to have a small cache: arrays of 4 MiB do for what is right or wrong."""
    (found,) = (entry for entry in backend.find() if isinstance(entry, Found))
    return CpuDevice(replace(found.info, cache_bytes=1 << 20, memory_bytes=None), read_topology(), DeviceOptions())


def fake_device(behaviour: str) -> FakeDevice:
    return FakeDevice(behaviour, spend=VirtualClock().spend)


@pytest.fixture(params=["cpu", "fake", "isolated"])
def device(request: pytest.FixtureRequest) -> Iterator[Executes]:
    opened: Executes
    if request.param == "cpu":
        opened = small_cpu()
    elif request.param == "fake":
        opened = fake_device("steady")
    else:
        opened = IsolatedDevice(fake.fake_info("steady"), fake.__name__, DeviceOptions())
    yield opened
    opened.close()


def test_a_batch_that_was_just_done_is_compared_and_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    task = StreamTask(fake_device("steady"), Request("a challenge", "run", ROWS["triad"]))
    task.self_test()
    task.rehearse(None)
    done: list[int] = []
    compared: list[int] = []
    run, compare = task.run, task._compare_now

    def noted_run(batch: int) -> Work:
        done.append(batch)
        return run(batch)

    def noted_compare() -> int:
        compared.append(task._passes)
        return compare()

    monkeypatch.setattr(task, "run", noted_run)
    monkeypatch.setattr(task, "_compare_now", noted_compare)
    for batch in (2, 4):
        task.ready(batch)
        task.run(batch)
        task.drop()
    task.check_batch(4)
    assert (done, compared) == ([2, 4], [6])
    # Of another size, or of one that was compared, one is done.
    task.check_batch(4)
    task.check_batch(2)
    task.spot_check()
    assert (done, compared) == ([2, 4, 4, 2, 1], [6, 10, 12, 13])


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Value]:
    """Has arrays of the size that is given worked on in two parts."""
    monkeypatch.setattr(arrays, "is_one_node", lambda: True)
    monkeypatch.setattr(parts, "LEAST_PART_BYTES", 4 << 20)
    return {"size": 8 << 20}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_batch_may_be_a_pass_over_a_part_of_the_arrays(in_parts: dict[str, Value], name: str) -> None:
    opened = small_cpu()
    task = StreamTask(opened, Request("a challenge", "run", {**ROWS[name], **in_parts}))
    task.self_test()
    task.rehearse(None)
    half = OPERATIONS[name].item_bytes * (4 << 20) // 8
    # Parts alone, some that begin within a pass, and whole passes.
    for sample, batch in enumerate((1, 1, 1, 4, 3, 2, 8)):
        task.ready(batch)
        assert task.run(batch).amount == batch * half
        task.count(sample)
    task.spot_check()
    opened.close()


@pytest.mark.parametrize("name", OPERATIONS)
def test_ceilings_are_measured_in_arrays_that_stay_what_they_are(
    in_parts: dict[str, Value], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_ceiling, "LARGE_BYTES", 1 << 20)
    opened = small_cpu()
    task = StreamTask(opened, Request("a challenge", "run", {**ROWS[name], **in_parts}))
    assert not task.lent()
    task.self_test()
    task.rehearse(None)
    task.ready(3)
    task.run(3)
    probe = memory_ceiling.MemoryProbe(opened, task.lent())
    assert "its own arrays" in probe.explanation
    assert all(probe.rate() > 0 for _ in range(5))
    task.count(0)
    # What does not leave them as they are is noticed.
    monkeypatch.setattr(memory_ceiling, "UNCHANGED", (1.0, 1.0, 1.0))
    if name != "dot":
        memory_ceiling.MemoryProbe(opened, task.lent()).rate()
        with pytest.raises(WrongResult):
            task.count(1)
    opened.close()


@pytest.mark.parametrize("name", OPERATIONS)
def test_bursts_that_fail_at_any_place_leave_what_is_lent_as_it_is(
    in_parts: dict[str, Value], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_ceiling, "LARGE_BYTES", 1 << 20)
    opened, chance = small_cpu(), random.Random(name)
    task = StreamTask(opened, Request("a challenge", "run", {**ROWS[name], **in_parts}))
    task.self_test()
    task.rehearse(None)
    probe = memory_ceiling.MemoryProbe(opened, task.lent())
    plain, failed = opened.launch, 0

    def faulty(launch: Launch) -> Launched:
        done = plain(launch) if chance.random() < 0.9 else None
        if done is None or chance.random() < 0.1:
            raise DeviceError("the driver gave up")
        return done

    for sample in range(12):
        batch = chance.choice((1, 2, 3, 5, task.whole_pass))
        task.ready(batch)
        task.run(batch)
        monkeypatch.setattr(opened, "launch", faulty)
        try:
            probe.rate()
        except DeviceError:
            failed += 1
        monkeypatch.setattr(opened, "launch", plain)
        task.count(sample)
    assert failed
    opened.close()


def test_a_part_that_is_wrong_or_left_out_is_noticed(in_parts: dict[str, Value]) -> None:
    opened = small_cpu()
    task = StreamTask(opened, Request("a challenge", "run", {**ROWS["triad"], **in_parts}))
    task.self_test()
    task.rehearse(None)
    task.ready(1)
    task.run(1)
    task._passes += 1
    with pytest.raises(WrongResult):
        task.count(0)
    opened.close()


@given(st.sampled_from([1, 2, 4]), st.lists(st.integers(1, 20), max_size=20))
def test_every_part_has_its_passes_one_after_another(count: int, batches: list[int]) -> None:
    some, passes, done = Parts(count, 10), [0] * count, 0
    for batch in batches:
        for step in some.steps(done, batch):
            for part in range(step.first // 10, (step.first + step.items) // 10):
                assert passes[part] == step.passes
                passes[part] += step.repeats
        done += batch
        assert passes == [some.passes(part, done) for part in range(count)]
        assert sum(passes) == done


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_moves_exactly_the_bytes_of_its_passes_and_every_answer_is_right(device: Executes, name: str) -> None:
    task = StreamTask(device, Request("a challenge", "run", ROWS[name]))
    amounts = measured_like(task)
    moved = {"copy": 16, "mul": 16, "add": 24, "triad": 24, "dot": 16}[name]
    assert amounts == [2 * moved * array_items(device.info)] * 3
    assert task.kernel is not None
    assert task.kernel.tuning["array_bytes"] == 8 * array_items(device.info)
    if device.info.id == "cpu":
        assert task.kernel.tuning["threads"] == device.info.compute_units, "one a core"
    evidence = task.evidence(3)
    assert evidence.answers == 3 * task.evidence(1).answers
    assert all(finding.ok for finding in WORKLOAD.verify(evidence, CLAIM))


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("behaviour", ["wrong-checksum", "skipping-when-busy"])
def test_a_device_that_computes_too_little_is_refused(behaviour: str, name: str) -> None:
    if (behaviour, name) == ("skipping-when-busy", "dot"):
        pytest.skip("it has too few items for that fake device to call it busy")
    with pytest.raises(WrongResult, match="numbers wrong"):
        measured_like(StreamTask(fake_device(behaviour), Request("a challenge", "run", ROWS[name])), batch=16)


@pytest.mark.parametrize(
    ("name", "pattern", "instead"),
    [
        ("copy", r"ptr %b1, i64 (%v\d+)(?=\n.* = load)", r"ptr %b2, i64 \1"),
        ("mul", r"fmul (<.*>) %v(\d+), %v(\d+)", r"fadd \1 %v\2, %v\3"),
        ("add", r"fadd (<.*>) %v(\d+), %v(\d+)", r"fsub \1 %v\2, %v\3"),
        ("triad", r"fmul contract (<.*>) %v(\d+), %v(\d+)", r"fmul contract \1 %v\3, %v\3"),
        ("triad", r"icmp slt i64 %middle, %stop", "icmp slt i64 %stop, %middle"),
        ("triad", r"%i.next = add i64 %i, (\d+)", r"%i.next = add i64 %i, \g<1>0"),
        ("dot", r"mul i64 %k, \d+", "mul i64 %k, 512"),
        ("dot", r"fadd double %before", "fadd double 0.0"),
    ],
)
def test_a_mutated_kernel_is_caught_by_the_self_test(
    name: str, pattern: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = getattr(on_cpu, name)()
    mutated = re.sub(pattern, instead, text, count=1)
    assert mutated != text
    monkeypatch.setattr(on_cpu, name, lambda: mutated)
    device = small_cpu()
    try:
        with pytest.raises(WrongResult, match="numbers wrong"):
            StreamTask(device, Request("a challenge", "run", ROWS[name])).self_test()
    finally:
        device.close()


def test_after_a_failed_launch_the_arrays_are_filled_anew() -> None:
    class FailsOnce(FakeDevice):
        failures = 1

        def launch(self, launch: Launch) -> Launched:
            done = super().launch(launch)
            if launch.repeats == 5 and self.failures:
                self.failures -= 1
                raise DeviceError("a launch that failed half-way")
            return done

    task = StreamTask(FailsOnce("steady", spend=VirtualClock().spend), REQUEST)
    task.self_test()
    task.rehearse(None)
    task.ready(5)
    with pytest.raises(DeviceError):
        task.run(5)
    with pytest.raises(DeviceError, match="lost"):
        task.count(0)
    task.ready(5)
    task.run(5)
    task.count(0)


def test_numbers_that_would_grow_too_large_are_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.kernels.workloads.stream.task.MOST_PASSES", {"triad": 10})
    task = StreamTask(fake_device("steady"), REQUEST)
    task.self_test()
    task.rehearse(None)
    for sample in range(6):
        task.ready(4)
        task.run(4)
        task.count(sample)


def test_arrays_are_four_caches_long_or_of_the_size_asked_for() -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", cache_bytes=32 << 20)
    assert array_items(info) * 8 == 128 << 20
    assert array_items(replace(info, cache_bytes=300 << 20)) * 8 == 1200 << 20
    assert array_items(replace(info, cache_bytes=1 << 40)) * 8 == 2 << 30
    assert array_items(replace(info, simulator=True)) * 8 == 1 << 16
    assert array_items(replace(info, kind="gpu", cache_bytes=1 << 20)) * 8 == 256 << 20
    assert array_items(info, 1 << 31) * 8 == 1 << 31


def test_where_there_is_no_room_for_four_caches_arrays_are_as_large_as_there_is() -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", cache_bytes=480 << 20, languages=("opencl",), runs_on_host_cpu=True)
    assert array_items(replace(info, memory_bytes=24 << 30)) * 8 == 1920 << 20
    tight = replace(info, memory_bytes=16 << 30)
    assert WORKLOAD.why_not(tight, ROWS["triad"]) is None
    assert 0.29 * (16 << 30) < 3 * 8 * array_items(tight) <= 0.3 * (16 << 30)
    near = near_cache_of(tight, array_items(tight))
    assert near is not None
    assert near.times == pytest.approx(3.41, abs=0.01)
    assert near_cache_of(replace(info, memory_bytes=24 << 30), 240 << 20) is None
    # One array alone has room where three have none.
    assert array_items(tight, arrays=1) * 8 == 1920 << 20
    small = replace(info, memory_bytes=6 << 30)
    assert too_large(small, None) is not None
    assert too_large(small, None, 1) is None
    # Less than one and a half times the cache is mostly the cache's.
    assert too_large(replace(info, memory_bytes=5 << 30), None, 1) is not None


def test_a_size_that_was_asked_for_is_taken_and_said_to_be_a_cache_s() -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", cache_bytes=32 << 20, languages=("opencl",), runs_on_host_cpu=True)
    near = near_cache_of(info, array_items(info, 16 << 20), is_sized=True)
    assert near is not None
    assert near.times == 0.5
    assert "--size" in near.remedy
    # Of a size that nobody asked for it is the usual one.
    untold = replace(info, cache_bytes=None)
    assert near_cache_of(untold, 1) is None


def test_a_size_that_was_asked_for_where_no_cache_is_told_is_held_against_a_usual_one() -> None:
    untold = DeviceInfo("x", "cpu", "", "", "", "", languages=("opencl",), runs_on_host_cpu=True)
    near = near_cache_of(untold, array_items(untold, 16 << 20), is_sized=True)
    assert near is not None
    assert near.text == "0.5 times 32 MiB of cache (none told)"
    assert near_cache_of(untold, array_items(untold, 128 << 20), is_sized=True) is None


def test_a_device_that_cannot_is_told_why_in_a_sentence() -> None:
    usual = ROWS["triad"]
    assert "runs no kernels" in (WORKLOAD.why_not(DeviceInfo("rtl:sim", "asic", "", "", "", ""), usual) or "")
    assert WORKLOAD.why_not(fake.fake_info("steady"), usual) is None
    info = DeviceInfo("x", "cpu", "", "", "", "", cache_bytes=8 << 20, languages=("opencl",))
    assert WORKLOAD.why_not(info, usual) is None
    small = WORKLOAD.why_not(replace(info, memory_bytes=100 << 20), usual) or ""
    assert small == "x: 30 MiB of what is free are for arrays, and beyond its caches they take 36; close programs"
    asked = WORKLOAD.why_not(replace(info, memory_bytes=100 << 20), {**usual, "size": 64 << 20}) or ""
    assert asked == "x: 30 MiB of what is free are for arrays, and these take 192; give a smaller --size"
    # A card's memory is its own.
    assert WORKLOAD.why_not(replace(info, kind="gpu", cache_bytes=1 << 20, memory_bytes=1536 << 20), usual) is None
    assert WORKLOAD.why_not(replace(info, memory_bytes=100 << 20), {**usual, "size": 1 << 20}) is None
    assert "no 64-bit numbers" in (WORKLOAD.why_not(replace(info, numbers=("float32",)), usual) or "")


def test_parameters_that_it_does_not_have_are_refused() -> None:
    assert WORKLOAD.parameters_of({"operation": "triad"}) == WORKLOAD.parameters_of({})
    assert WORKLOAD.parameters_of({"size": 1 << 20})["size"] == 1 << 20
    for wrong, words in (
        ({"prefixes": 4}, "prefixes"),
        ({"operation": "div"}, "copy, mul, add"),
        ({"size": 5}, "64 KiB"),
    ):
        with pytest.raises(InputError, match=words):
            WORKLOAD.parameters_of(wrong)


def test_evidence_of_another_kind_does_not_hold() -> None:
    from hashwatt.kernels.workloads.evidence import Reported

    assert [finding.ok for finding in WORKLOAD.verify(Reported(source="somebody"), CLAIM)] == [False]
    assert [finding.ok for finding in WORKLOAD.verify(Checked(answers=3, how="so"), CLAIM)] == [True]


@pytest.mark.parametrize(("name", "read"), [("copy", 1), ("mul", 1), ("add", 2), ("triad", 2), ("dot", 2)])
def test_opencl_on_the_host_s_cores_asks_each_cache_for_each_line_that_it_reads_and_a_simulator_for_nothing(
    name: str, read: int
) -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", languages=("opencl",))
    text = source_of(name, info).text
    # Lines that a work-item, or a pass of the dot product's loop, reads of each array.
    lines = len(re.findall(r"(?<!&)olders\[item", text)) * 32 // 64
    asked = re.findall(r" ASK\(&(\w+)\[item \+ (\d+)\], (\d)\)", text)
    assert len(set(asked)) == len(asked) == 2 * read * lines
    assert {name for name, *_ in asked} == {"olders", "newers"} - ({"newers"} if read == 1 else set())
    assert "ASK" not in source_of(name, replace(info, simulator=True)).text
    assert "ASK" not in source_of(name, replace(info, kind="gpu")).text
