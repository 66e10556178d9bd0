"""Stream and peak on the first OpenCL device that runs on the CPU, beside ours: `python -m tests.perf.roofs_on_opencl`.

In a process of its own, for a runtime may crash. By the process's CPU time, in turns. Prints the ratios as JSON.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from statistics import median

from hashwatt.kernels.cpu.backend import find as find_cpu
from hashwatt.kernels.device import DeviceOptions, Executes, Found
from hashwatt.kernels.opencl.backend import find as find_opencl
from hashwatt.kernels.workloads.protocol import Request, Task
from hashwatt.kernels.workloads.registry import load_workload
from hashwatt.kernels.workloads.suite import rows_of

ROUNDS = 9
BATCH_S = 0.05


def opened(entries: list[Found]) -> Executes:
    for entry in entries:
        if entry.info.kind == "cpu":
            device = entry.open(DeviceOptions())
            assert isinstance(device, Executes)
            # What was free when it was found; both have arrays now.
            device.info = replace(device.info, memory_bytes=None)
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


def main() -> None:
    cpu, opencl = (opened([one for one in find() if isinstance(one, Found)]) for find in (find_cpu, find_opencl))
    ratios = {}
    for name in ("stream", "peak"):
        workload = load_workload(name)
        for row in rows_of(workload):
            parameters = workload.parameters_of(row)
            if any(workload.why_not(device.info, parameters) for device in (cpu, opencl)):
                continue
            tasks = [workload.bind(device, Request("c", "r", parameters)) for device in (cpu, opencl)]
            batches = [ready(task) for task in tasks]
            shares = []
            for _ in range(ROUNDS):
                ours, theirs = (rate(task, batch) for task, batch in zip(tasks, batches, strict=True))
                shares.append(theirs / ours)
            ratios[workload.variant_text(parameters)] = round(median(shares), 3)
            cpu.release()
            opencl.release()
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
