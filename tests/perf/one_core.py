"""Measures the first OpenCL device that runs on the CPU, on one core or more: `python -m tests.perf.one_core WHAT`.

In a process of its own, because PoCL reads how many threads it may have when it is loaded. By the
process's CPU time, so that other programs cost little; entries take turns. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

from hashwatt.kernels.cpu.backend import find as find_cpu
from hashwatt.kernels.cpu.cores.features import host_features
from hashwatt.kernels.cpu.race import race
from hashwatt.kernels.cpu.variants import variant as cpu_variant
from hashwatt.kernels.device import DeviceOptions, Found, Scans, scanning
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.opencl.backend import find as find_opencl
from hashwatt.kernels.opencl.codegen.variant import all_variants
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.raced import TUNING_JOB
from hashwatt.kernels.opencl.scanner import Scanner
from hashwatt.kernels.opencl.setting import Tuning

# OpenCL has no SHA instructions: it is held against the best of our kernels that has none either.
VECTOR_KERNELS = (
    *("avx512-x16-piped", "avx512-x16-ordered", "avx512-x16", "avx2-x8-halved", "avx2-x8"),
    *("sse2-x4", "neon-x4", "scalar-x1"),
)
ROUNDS = 9
HASHES = 1 << 22
SEARCH_ROUNDS = 5
SEARCH_NONCES = 1 << 19
# A point this much slower than the best is not timed again.
HOPELESS = 1.5


def opencl_on_the_cpu(part_of_name: str = "") -> OpenCLDevice:
    for entry in find_opencl():
        if isinstance(entry, Found) and entry.info.kind == "cpu" and part_of_name in entry.info.name:
            device = scanning(entry.open(DeviceOptions(retune=True)))
            assert isinstance(device, OpenCLDevice)
            return device
    raise SystemExit("no OpenCL device here runs on the CPU")


def against_cpu_kernel(prefixes: int, threads: int) -> dict[str, object]:
    """Our OpenCL kernel against our own kernel of vectors, both on so many cores: the ratio of the medians."""
    job = Job(roll_versions(bytes(range(76)), prefixes), 1)
    names = [f"{name}-rolled" if prefixes > 1 else name for name in VECTOR_KERNELS]
    (fastest, *_) = race(cpu_variant(name) for name in names if not _lacking(name))
    options = DeviceOptions(kernel=fastest.name, threads=threads)
    (cpu,) = (scanning(entry.open(options)) for entry in find_cpu() if isinstance(entry, Found))
    opencl = opencl_on_the_cpu()
    kernels = [device.prepare(job).name for device in (opencl, cpu)]
    nonces = range(HASHES // prefixes)
    for device in (opencl, cpu):
        device.scan(nonces)
    rates: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for taken, device in zip(rates, (opencl, cpu), strict=True):
            taken.append(threads * HASHES / seconds(scan_of(device, nonces)))
    mhs = [round(median(taken) / 1e6, 2) for taken in rates]
    return {
        "device": opencl.info.name,
        "compiled_for": opencl._cpu,
        "kernels": kernels,
        "mhs": mhs,
        "ratio": round(mhs[0] / mhs[1], 3),
    }


def against_exhaustive_search() -> dict[str, object]:
    """The race's choice against every way to write the kernel at vectors of 8 and 16 and six ways to deal it out."""
    device = opencl_on_the_cpu()
    started = time.perf_counter()
    kernel = device.prepare(TUNING_JOB)
    race_s = time.perf_counter() - started
    chosen = race_choice(device)
    points: dict[Tuning, Scanner] = {chosen: device._checked_scanner(TUNING_JOB, chosen)}
    for variant in all_variants():
        if variant.form == "pipeline" or variant.width not in (8, 16) or variant.rotate == "rotate" or variant.rolled:
            continue
        if variant.logic == "vpternlog" and "avx512vl" not in host_features():
            continue
        for vectors in (64, 256):
            for local_size in (1, 4, 16):
                tuning = Tuning(variant, vectors, local_size)
                points.setdefault(tuning, device._checked_scanner(TUNING_JOB, tuning))
    fewest = dict.fromkeys(points, float("inf"))
    for turn in range(SEARCH_ROUNDS):
        limit = min(fewest.values()) * HOPELESS
        for tuning, scanner in points.items():
            if not turn or fewest[tuning] <= limit:
                fewest[tuning] = min(fewest[tuning], seconds(lambda: scanner.launch_once(range(SEARCH_NONCES), 1)))  # noqa: B023
    best = min(fewest, key=lambda tuning: fewest[tuning])
    return {
        "device": device.info.name,
        "race_s": round(race_s, 2),
        "first_build_s": round(max((each.compile_s or 0.0) for each in kernel.candidates), 2),
        "points": len(points),
        "chosen": chosen.variant.name,
        "best": best.variant.name,
        "chosen_of_best": round(fewest[best] / fewest[chosen], 3),
    }


def rate_on(part_of_name: str) -> dict[str, object]:
    """MH/s by the wall clock, the best of some rounds: to be held against another program's own figure."""
    device = opencl_on_the_cpu(part_of_name)
    name = device.prepare(TUNING_JOB).name
    device.scan(range(HASHES))
    best_s = float("inf")
    for _ in range(3 * ROUNDS):
        started = time.perf_counter()
        device.scan(range(HASHES))
        best_s = min(best_s, time.perf_counter() - started)
    return {"device": device.info.name, "kernel": name, "mhs": round(HASHES / best_s / 1e6, 2)}


def _lacking(name: str) -> str | None:
    """What this CPU lacks for one of our kernels, or that there is no such kernel; None where it runs."""
    try:
        return cpu_variant(name).missing()
    except KeyError:
        return "no such kernel"


def race_choice(device: OpenCLDevice) -> Tuning:
    assert device._outcome is not None
    return device._outcome.tuning


def scan_of(device: Scans, nonces: range) -> Callable[[], object]:
    return lambda: device.scan(nonces)


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    answers: dict[str, Callable[[], dict[str, object]]] = {
        "cpu-kernel": lambda: against_cpu_kernel(*map(int, arguments)),
        "search": against_exhaustive_search,
        "rate": lambda: rate_on(arguments[0]),
    }
    print(json.dumps(answers[what]()))
