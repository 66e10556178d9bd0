"""Hashes on the first OpenCL device that runs on the CPU, beside ours: `python -m tests.perf.hashes_on_opencl`.

In a process of its own, for a runtime may crash. By the process's CPU time, in turns. Prints JSON: of each of the
device's kernels the median and the middle half of its rate over that of our fastest kernel.
"""

from __future__ import annotations

import json
import time
from statistics import quantiles

from hashwatt.kernels.cpu.backend import find as find_cpu
from hashwatt.kernels.device import Executes, Found, Scans
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.opencl.backend import find as find_opencl
from hashwatt.kernels.workloads.hashing import opencl as hashing
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner
from hashwatt.kernels.workloads.keccak256.description import header_graph

from ..kernels.workloads.hashing.hashes import NAMES, workload
from .roofs_on_opencl import opened

ROUNDS = 31
BURST_S = 0.05
JOB = Job((bytes(range(PREFIX_BYTES)),), 1)


def main() -> None:
    cpu, opencl = (opened([one for one in find() if isinstance(one, Found)]) for find in (find_cpu, find_opencl))
    print(json.dumps({name: ratios(name, cpu, opencl) for name in NAMES}))


def ratios(name: str, cpu: Executes, opencl: Executes) -> dict[str, list[float]]:
    """Of each OpenCL kernel, by its name: the quartiles of its rate over ours."""
    ours = scanning(name, cpu, workload(name).kernels(cpu.info, "llvm"))
    kernels = workload(name).kernels(opencl.info, "opencl")
    if name == "keccak256" and not any(kernel.name == "x4_shift" for kernel in kernels):
        # What a loop of rounds is held against, also where it does not race.
        kernels.append(hashing.kernel_of(header_graph(), hashing.Form(4, rotate=False), opencl.info))
    scans = {kernel.name: scanning(name, opencl, [kernel]) for kernel in kernels}
    nonces = {scan: enough(scan) for scan in (ours, *scans.values())}
    found: dict[str, list[float]] = {kernel: [] for kernel in scans}
    for _ in range(ROUNDS):
        for kernel, scan in scans.items():
            mine = rate(ours, nonces[ours])
            found[kernel].append(rate(scan, nonces[scan]) / mine)
    return {kernel: [round(each, 3) for each in quantiles(taken)] for kernel, taken in found.items()}


def scanning(name: str, device: Executes, kernels: list[HashKernel]) -> KernelScanner:
    scans = KernelScanner(device, kernels, workload(name).oracle(), anew=True)
    scans.prepare(JOB)
    return scans


def enough(scans: Scans) -> int:
    """How many nonces take about BURST_S."""
    nonces = 1024
    while nonces / rate(scans, nonces) < BURST_S:
        nonces *= 2
    return nonces


def rate(scans: Scans, nonces: int) -> float:
    started = time.process_time()
    scans.scan(range(nonces))
    return nonces / (time.process_time() - started)


if __name__ == "__main__":
    main()
