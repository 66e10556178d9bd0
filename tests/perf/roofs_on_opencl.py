"""Workloads on the first OpenCL device that runs on the CPU, beside ours: `python -m tests.perf.roofs_on_opencl gemm`.

In a process of its own, for a runtime may crash. By the process's CPU time, in turns. Prints the ratios as JSON, and of
work that is bound by peak's operations the rate of a core and its share of peak's on the same device.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from hashwatt.kernels.cpu.backend import find as find_cpu
from hashwatt.kernels.device import DeviceOptions, Executes, Found
from hashwatt.kernels.opencl.backend import find as find_opencl
from hashwatt.kernels.workloads.peak.formats import FORMATS
from hashwatt.kernels.workloads.protocol import Request, Task, Value, Workload, counts_for
from hashwatt.kernels.workloads.registry import load_workload
from hashwatt.kernels.workloads.suite import rows_of

PRODUCTS = ("gemm", "conv")
ROUNDS = 9
BATCH_S = 0.05
MOST_BYTES = 10 << 30


def opened(entries: list[Found], threads: int | None = None) -> Executes:
    for entry in entries:
        if entry.info.kind == "cpu":
            device = entry.open(DeviceOptions(threads=threads))
            assert isinstance(device, Executes)
            # Three arrays of a GiB at most: two devices hold them, and beside a server's cache more would take minutes.
            device.info = replace(device.info, memory_bytes=min(device.info.memory_bytes or MOST_BYTES, MOST_BYTES))
            return device
    raise SystemExit("no OpenCL device here runs on the CPU")


def ready(task: Task) -> int:
    """The task is ready for batches; how large one is that takes about BATCH_S."""
    task.self_test()
    task.rehearse(None)
    batch = task.smallest_batch
    while True:
        task.ready(batch)
        started = time.perf_counter()
        task.run(batch)
        if time.perf_counter() - started >= BATCH_S or batch >= task.largest_batch:
            return batch
        batch *= 2


def rate(task: Task, batch: int) -> float:
    task.ready(batch)
    started = time.process_time()
    amount = task.run(batch).amount
    return amount / (time.process_time() - started)


def told(workload: Workload, parameters: Mapping[str, Value], devices: Sequence[Executes]) -> dict[str, float]:
    """The second device's rate over the first's; of products also what a core does, and its share of peak's rate.

    The third is the second once more, for peak gives back all that a device has.
    """
    tasks = [workload.bind(device, Request("c", "r", parameters)) for device in devices[:2]]
    counts = counts_for(workload, devices[1].info, parameters)
    number = next((name for name in counts if name in FORMATS), None) if workload.name in PRODUCTS else None
    if number is not None:
        peak = load_workload("peak")
        tasks.append(peak.bind(devices[2], Request("c", "r", peak.parameters_of({"number": number}))))
    batches = [ready(task) for task in tasks]
    rounds = [[rate(task, batch) for task, batch in zip(tasks, batches, strict=True)] for _ in range(ROUNDS)]
    figures = {"ratio": round(median(theirs / ours for ours, theirs, *_ in rounds), 3)}
    if number is not None:
        figures["giga_a_core"] = round(median(rates[1] for rates in rounds) / 1e9, 1)
        figures["of_peak"] = round(median(rates[1] * counts[number] / rates[2] for rates in rounds), 3)
    return figures


def main(names: Sequence[str]) -> None:
    # A BLAS whose threads wait for each other computes nothing meanwhile, and takes CPU time.
    cpu = opened([one for one in find_cpu() if isinstance(one, Found)], 1 if set(names) & set(PRODUCTS) else None)
    opencl, again = (opened([one for one in find_opencl() if isinstance(one, Found)]) for _ in range(2))
    figures = {}
    for name in names:
        workload = load_workload(name)
        for row in rows_of(workload):
            parameters = workload.parameters_of(row)
            if any(workload.why_not(device.info, parameters) for device in (cpu, opencl)):
                continue
            variant = workload.variant_text(parameters)
            figures[f"{name} {variant}" if name in PRODUCTS else variant] = told(
                workload, parameters, (cpu, opencl, again)
            )
            for device in (cpu, opencl, again):
                device.release()
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
