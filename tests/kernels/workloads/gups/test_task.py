"""Random updates on devices: the same table on each, updated and undone; and devices that lose updates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from hashwatt.kernels.cpu import backend
from hashwatt.kernels.cpu.backend import CpuDevice
from hashwatt.kernels.cpu.cores.topology import read_topology
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Executes, Found, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError, InputError, WrongResult
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.workloads.evidence import Checked, Claim, Reported
from hashwatt.kernels.workloads.gups.plain import update
from hashwatt.kernels.workloads.gups.task import SOURCES, TYPES, GupsTask, Table, table_of
from hashwatt.kernels.workloads.gups.workload import WORKLOAD
from hashwatt.kernels.workloads.near_cache import NearCache
from hashwatt.kernels.workloads.protocol import Expected, Request

from ...devices_here import device_params
from ...opencl.devices import device_named

SMALL = Request("a challenge", "run", WORKLOAD.parameters_of({"size": 1 << 17}))
CLAIM = Claim(
    challenge="a challenge", machine="m", device_id="cpu", run_id="run", workload="gups", parameters={}, amounts=(1,)
)


def small_cpu() -> CpuDevice:
    """The CPU, said to have a small cache, so that batches are short."""
    (found,) = (entry for entry in backend.find() if isinstance(entry, Found))
    return CpuDevice(replace(found.info, cache_bytes=1 << 12), read_topology(), DeviceOptions())


def fake_device() -> FakeDevice:
    return FakeDevice("steady", spend=VirtualClock().spend)


@pytest.fixture(params=["cpu", "fake"])
def device(request: pytest.FixtureRequest) -> Iterator[Executes]:
    opened: Executes = small_cpu() if request.param == "cpu" else fake_device()
    yield opened
    opened.close()


def test_a_table_that_a_cache_may_hold_in_part_says_so() -> None:
    cached = fake_device()
    cached.info = replace(cached.info, cache_bytes=1 << 16)
    near = GupsTask(cached, SMALL).near_cache
    assert near is not None
    assert (near.what, near.times) == ("a table", 2)
    assert GupsTask(fake_device(), SMALL).near_cache is None


@pytest.mark.parametrize("cores", [1, 3, 7, 64])
def test_a_table_as_large_as_its_warning_asks_for_has_none(cores: int) -> None:
    cached = fake_device()
    cached.info = replace(cached.info, cache_bytes=30 << 20, limits={"logical_cpus": cores})

    def near(times: int) -> NearCache | None:
        parameters = {**SMALL.parameters, "size": times * (30 << 20)}
        return GupsTask(cached, replace(SMALL, parameters=parameters)).near_cache

    told = near(1)
    assert told is not None
    times = int(told.remedy.split()[2])
    assert near(times) is None


def table_after(device: Executes, updates: int) -> tuple[bytes, bytes]:
    """The table of five parts after so many updates of each, and the streams' numbers then."""
    table = Table(5, 1 << 7)
    language = next(name for name in device.info.languages if name in SOURCES)
    kernel, _ = device.compile(Source(language, SOURCES[language][0], "update", TYPES))
    buffers = device.allocate(8 * table.words), device.allocate(8 * table.parts)
    numbers = np.random.PCG64(updates).random_raw(table.parts).astype(np.uint64)
    device.write(buffers[1], 0, numbers.tobytes())
    device.launch(Launch(kernel, buffers, (table.part_words - 1, updates), table.parts, grain=1))
    found = device.read(buffers[0], 0, 8 * table.words), device.read(buffers[1], 0, 8 * table.parts)
    device.release()
    return found


def right_after(updates: int) -> tuple[bytes, bytes]:
    table, numbers = np.zeros(5 << 7, np.uint64), np.random.PCG64(updates).random_raw(5).astype(np.uint64)
    update(table, numbers, (1 << 7) - 1, updates, 0, 5)
    return table.tobytes(), numbers.tobytes()


@pytest.mark.parametrize("updates", [1, 3, 129, 1000])
def test_the_cpu_makes_the_table_that_the_loop_makes(updates: int) -> None:
    device = small_cpu()
    assert table_after(device, updates) == right_after(updates)
    device.close()


@pytest.mark.slow  # A simulator, and compilers for OpenCL.
@pytest.mark.parametrize("found", [*device_params(missing=False), "Oclgrind"])
def test_every_device_makes_the_same_table(found: Found | str) -> None:
    entry = device_named(found) if isinstance(found, str) else found
    device = cast(Executes, entry.open(DeviceOptions()))
    for updates in (1, 3, 129):
        assert table_after(device, updates) == right_after(updates)
    device.close()


def test_what_the_harness_does_leaves_checked_answers(device: Executes) -> None:
    task = GupsTask(device, SMALL)
    task.self_test()
    task.rehearse(None)
    task.check_batch(task.smallest_batch)
    task.start(Expected(1e6, 1.0))
    # Odd numbers of batches, and batches of several sizes: updated tables are met, and undone before another size.
    for sample, batches in enumerate(([64], [64, 64], [128], [256, 256, 256])):
        for batch in batches:
            task.ready(batch)
            assert task.run(batch).amount == batch * table_of(device.info, 1 << 17).parts
        task.count(sample)
    task.spot_check()
    evidence = task.evidence(3)
    assert evidence.answers > 1000
    assert all(finding.ok for finding in WORKLOAD.verify(evidence, CLAIM))
    assert task.kernel is not None
    assert int(task.kernel.tuning["table_bytes"]) <= 1 << 17


class Forgetful(FakeDevice):
    """Does the launches but some of their items, or loses an update, from a moment on."""

    forgets = ""

    def launch(self, launch: Launch) -> Launched:
        if self.forgets == "all":
            return Launched(1e-3)
        if self.forgets == "last":
            return super().launch(replace(launch, scalars=(launch.scalars[0], max(1, int(launch.scalars[1]) - 1))))
        return super().launch(launch)


@pytest.mark.parametrize("forgets", ["all", "last"])
def test_updates_that_were_not_done_are_noticed(forgets: str) -> None:
    device = Forgetful("steady", spend=VirtualClock().spend)
    task = GupsTask(device, SMALL)
    task.self_test()
    task.start(Expected(1e6, 1.0))
    device.forgets = forgets
    with pytest.raises(WrongResult, match=r"updated part \d+ of the table wrongly"):
        task.check_batch(64)
    with pytest.raises(WrongResult):
        GupsTask(device, SMALL).self_test()


def test_a_cell_that_flips_is_noticed() -> None:
    device = fake_device()
    task = GupsTask(device, Request("a challenge", "run", {"size": 1 << 16}))
    task.self_test()
    task.start(Expected(1e6, 1.0))
    assert task._buffers is not None
    device.write(task._buffers[0], 0, b"\1" * 8)
    with pytest.raises(WrongResult, match="1 of 512 cells"):
        task.count(0)


@pytest.mark.parametrize(("cache_bytes", "updates"), [(1 << 10, 1 << 6), (1 << 20, 1 << 12)])
def test_a_batch_touches_far_more_than_the_cache_holds_or_all_of_the_table(cache_bytes: int, updates: int) -> None:
    cached = fake_device()
    cached.info = replace(cached.info, cache_bytes=cache_bytes, languages=("llvm",))
    task = GupsTask(cached, SMALL)
    all_updates = task.smallest_batch * table_of(cached.info, 1 << 17).parts
    assert updates <= all_updates <= 4 * updates


def test_a_launch_that_failed_has_the_table_filled_anew() -> None:
    device = fake_device()
    task = GupsTask(device, SMALL)
    task.self_test()
    task.start(Expected(1e6, 1.0))
    task.ready(64)
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(_: Launch) -> Launched:
            raise KeyboardInterrupt

        patch.setattr(device, "launch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            task.run(64)
    with pytest.raises(DeviceError, match="lost with a launch"):
        task.count(0)
    task.check_batch(64)


@pytest.mark.parametrize(
    ("memory_bytes", "kind", "table"),
    [(1 << 33, "cpu", Table(4, 1 << 24)), (1 << 30, "cpu", Table(4, 1 << 23)), (None, "cpu", Table(4, 1 << 23)),
     (1 << 34, "gpu", Table(2048, 1 << 15)), (1 << 12, "cpu", Table(2, 1 << 6)), (0, "cpu", Table(1, 1 << 6))],
)  # fmt: skip
def test_the_table_is_a_quarter_of_the_memory_and_half_a_gib_at_most(
    memory_bytes: int | None, kind: str, table: Table
) -> None:
    info = DeviceInfo("d", kind, "d", "", "d", "", compute_units=4, memory_bytes=memory_bytes)  # type: ignore[arg-type]
    assert table_of(info) == table
    assert table_of(replace(info, simulator=True)).words * 8 <= 1 << 16


def test_what_cannot_be_is_said_in_a_sentence() -> None:
    with pytest.raises(InputError, match="64 KiB to 1 TiB"):
        WORKLOAD.parameters_of({"size": 5})
    with pytest.raises(InputError, match="no parameter 'prefixes'"):
        WORKLOAD.parameters_of({"prefixes": 5})
    info = DeviceInfo("d", "cpu", "d", "", "d", "", memory_bytes=1 << 20, languages=("llvm",))
    assert "too little for a table of 2048 MiB" in str(WORKLOAD.why_not(info, {"size": 1 << 31}))
    assert WORKLOAD.why_not(info, {}) is None
    assert "runs no kernels but its own" in str(WORKLOAD.why_not(replace(info, languages=()), {}))
    assert not WORKLOAD.verify(Reported(source="me"), CLAIM)[0].ok
    assert WORKLOAD.verify(Checked(answers=5, how="so"), CLAIM)[0].ok


def test_the_roof_is_reads_of_the_same_table() -> None:
    device = small_cpu()
    task = GupsTask(device, SMALL)
    task.self_test()
    task.rehearse(None)
    roof = task.roof()
    assert roof is not None
    assert roof.binds == "latency"
    assert roof.rate_per_s > 0
    device.close()
