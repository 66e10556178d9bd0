"""Each hash on each OpenCL device of this machine, and under Oclgrind, which watches every access."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Executes, Found, Launch, Launched, Source
from hashwatt.kernels.execution import largest_group
from hashwatt.kernels.fakes.device import fake_info
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen.stream import CHAINS, STEPS, interleaved
from hashwatt.kernels.opencl.executor import LARGEST_GROUP
from hashwatt.kernels.workloads.blake2s import description as blake2s
from hashwatt.kernels.workloads.hashing import opencl
from hashwatt.kernels.workloads.hashing.header_graph import HeaderGraph
from hashwatt.kernels.workloads.hashing.opencl_streams import FOLDING
from hashwatt.kernels.workloads.hashing.roof import measure_roof
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner, executes
from hashwatt.kernels.workloads.hashing.streams import MIX
from hashwatt.kernels.workloads.keccak256 import description as keccak256

from ...devices_here import device_params
from ...opencl.devices import device_named
from .hashes import NAMES, workload
from .test_kernels import RANGES, check

ONE_SCAN = """
import sys
from hashwatt.kernels.device import DeviceOptions
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner, executes
from tests.kernels.opencl.devices import device_named
from tests.kernels.workloads.hashing.hashes import workload
from tests.kernels.workloads.hashing.test_kernels import check
found = device_named("Oclgrind")
device = executes(found.open(DeviceOptions()))
name, count = sys.argv[1], int(sys.argv[2])
for kernel in workload(name).kernels(found.info, "opencl"):
    scans = KernelScanner(device, [kernel], workload(name).oracle())
    check(name, scans, bytes(range(76)), range(count), target_from_zero_bits(1))
    print(kernel.name)
"""


def info_of(kind: str) -> DeviceInfo:
    return DeviceInfo("opencl:0", kind, "a device", "", "opencl", "", compute_units=2, memory_bytes=1 << 30)  # type: ignore[arg-type]


@pytest.mark.slow  # Compilers for OpenCL take up to half a minute for a hash.
@pytest.mark.parametrize("found", device_params(missing=False))
@pytest.mark.parametrize("name", NAMES)
def test_every_kernel_of_a_device_finds_what_the_hash_has(name: str, found: Found) -> None:
    if "opencl" not in found.info.languages:
        pytest.skip(f"{found.info.id} does not take OpenCL C")
    device = executes(found.open(DeviceOptions()))
    try:
        # A GPU's kernel is right on a CPU, too.
        for info in (found.info, replace(found.info, kind="gpu", compute_units=1, memory_bytes=1 << 26)):
            for kernel in workload(name).kernels(info, "opencl"):
                scans = KernelScanner(device, [kernel], workload(name).oracle())
                for seed, nonces in enumerate(RANGES):
                    check(name, scans, random.Random(seed).randbytes(PREFIX_BYTES), nonces, target_from_zero_bits(2))
                device.release()
    finally:
        device.close()


@pytest.mark.slow  # A hash of scrypt takes the simulator some ten seconds.
@pytest.mark.parametrize(("name", "count"), [("blake2s", 131), ("keccak256", 131), ("scrypt", 1)])
def test_a_kernel_runs_clean(name: str, count: int, tmp_path: Path) -> None:
    found = device_named("Oclgrind")
    log = tmp_path / "log"
    environment = {**os.environ, "OCLGRIND_DATA_RACES": "1", "OCLGRIND_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", ONE_SCAN, name, str(count)],
        env=environment,
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=600,
    )
    names = [kernel.name for kernel in workload(name).kernels(found.info, "opencl")]
    assert done.stdout.split() == names, done.stderr
    assert not log.exists() or log.read_text() == ""


@pytest.mark.parametrize("kind", ["gpu", "cpu"])
@pytest.mark.parametrize("name", NAMES)
def test_kernels_are_for_the_kind_of_device(name: str, kind: str) -> None:
    kernels = workload(name).kernels(info_of(kind), "opencl")
    assert len({kernel.name for kernel in kernels}) == len(kernels)
    for kernel in kernels:
        frames = kernel.frame_bytes * kernel.most_items
        assert frames <= (1 << 30) // 8
        # Nothing that takes or gives a wide vector is called on a CPU.
        assert kind == "gpu" or "rotate(" not in kernel.source.text
        assert kernel.nonces_an_item * kernel.most_items < NONCES


def test_romix_is_a_function_of_its_own_where_a_runtime_may_compile_a_kernel_several_times() -> None:
    called = "romix(block, memory);"
    for kind, calls in (("cpu", 1), ("gpu", 0)):
        for kernel in workload("scrypt").kernels(info_of(kind), "opencl"):
            function, _, body = kernel.source.text.partition("__kernel")
            assert body.count(called) == calls
            # V is filled and read there, in loops of its own.
            loops = function.count("i++"), body.count("i++")
            assert loops == ((2, 0) if calls else (0, 2))
            assert function.count("__attribute__((noinline)) static void romix(") == calls


@pytest.mark.parametrize("three", [False, True])
@pytest.mark.parametrize("kind", ["gpu", "cpu"])
@pytest.mark.parametrize("graph", [blake2s.header_graph(), keccak256.header_graph()], ids=lambda graph: graph.name)
def test_what_can_be_a_loop_of_rounds_races_as_one(
    graph: HeaderGraph, kind: str, three: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencl, "has_ternary_logic", lambda: three)
    looped = [form.looped for form in opencl.forms(graph, info_of(kind))]
    if graph.rounds is None:
        assert not any(looped)
    elif kind == "gpu" or three:
        assert set(looped) == {False, True}
    else:
        assert all(looped)


def test_a_loop_of_rounds_has_each_operation_once() -> None:
    graph = keccak256.header_graph()
    programs = graph.round_programs(three_operand_logic=True)
    parts = (programs.before, programs.again, programs.after)
    text = opencl.scan_source(graph, opencl.Form(4, rotate=False, looped=True), 16)
    assert text.count("const word v") == sum(len(part.operations()) for part in parts)


@pytest.mark.parametrize(("kind", "units"), [("cpu", 2), ("cpu", 24), ("gpu", 132)])
@pytest.mark.parametrize("name", NAMES)
def test_a_launch_has_a_group_for_each_compute_unit(name: str, kind: str, units: int) -> None:
    info = replace(info_of(kind), compute_units=units, memory_bytes=1 << 35)
    for kernel in workload(name).kernels(info, "opencl"):
        group = largest_group(kernel.most_items, min(LARGEST_GROUP, kernel.grain or LARGEST_GROUP))
        assert kernel.most_items // group >= units, kernel.name


@pytest.mark.parametrize("name", NAMES)
def test_a_roof_s_stream_has_the_kernel_s_operations_in_its_proportions(name: str) -> None:
    for info in (fake_info("steady"), replace(fake_info("steady"), kind="gpu", compute_units=4)):
        for kernel in workload(name).kernels(info, "opencl"):
            (stream,) = kernel.streams.values()
            body = [line.strip() for line in stream.source.text.splitlines() if line.startswith("        x")]
            assert len(body) == stream.operations == STEPS * CHAINS
            steps = interleaved(kernel.mix, FOLDING)
            total = sum(kernel.mix.values())
            for kind, count in kernel.mix.items():
                # Spread evenly, to a step; what a compiler would fold gives way to what lies between.
                assert abs(steps.count(kind) - STEPS * count / total) <= 1
            # On each chain, from one turn to the next as well, nothing follows that folds with it.
            for before, after in pairwise([*steps, steps[0]]):
                assert not (before in FOLDING and after in FOLDING)


@pytest.mark.parametrize("beside_others", [False, True])
def test_a_stream_is_what_a_roof_is_told_from(beside_others: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a device on which every operation takes a nanosecond, of which two threads have half each.

    Other programs have the cores nine tenths of the time; a thread's own time leaves that out.
    """
    clock, (kernel, *_) = [0.0], workload("blake2s").kernels(fake_info("steady"), "opencl")
    launched: list[Launch] = []

    class Streaming:
        def allocate(self, size_bytes: int) -> int:
            assert size_bytes >= 4 * kernel.stream_items
            return 7

        def compile(self, source: Source) -> tuple[int, float]:
            assert source == kernel.streams[MIX].source
            return 1, 0.0

        def launch(self, launch: Launch) -> Launched:
            launched.append(launch)
            seconds = 1e-9 * launch.items * int(launch.scalars[0]) * STEPS * CHAINS
            clock[0] += seconds * (10 if beside_others else 1)
            return Launched(threads=2, cpu_s=2 * seconds) if beside_others else Launched()

    monkeypatch.setattr("hashwatt.kernels.workloads.hashing.roof.time.perf_counter", lambda: clock[0])
    roof = measure_roof(cast(Executes, Streaming()), kernel)
    assert roof is not None
    assert roof.rate_per_s == pytest.approx(1e9 * kernel.nonces_an_item / sum(kernel.mix.values()))
    assert "rotations by whole bytes" in roof.explanation
