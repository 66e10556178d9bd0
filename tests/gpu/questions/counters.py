"""How busy each pipe is, by the card's own counters, where NVIDIA's profiler is installed."""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from .asked import Json

# What starts a question in a process of its own.
SCRIPT = Path(__file__).resolve().parents[1] / "steps.py"
# Nonces of a launch whose counters are read: some 40 ms of a fast card.
COUNTED_NONCES = 1 << 28
COUNTED_KERNELS = tuple(f"x1-rotate-xor-standard{pipes}" for pipes in ("-pair", "-pairshr", ""))
METRICS = (
    "gpu__time_duration.sum",
    "sm__cycles_elapsed.max",
    "smsp__issue_active.avg.pct_of_peak_sustained_active",
    "sm__inst_executed_pipe_alu.avg.pct_of_peak_sustained_active",
    "sm__inst_executed_pipe_fmaheavy.avg.pct_of_peak_sustained_active",
    "sm__inst_executed_pipe_fma.avg.pct_of_peak_sustained_active",
    "sm__warps_active.avg.pct_of_peak_sustained_active",
    "smsp__average_warps_issue_stalled_no_instruction_per_issue_active.ratio",
    "smsp__average_warps_issue_stalled_math_pipe_throttle_per_issue_active.ratio",
    "smsp__average_warps_issue_stalled_dispatch_stall_per_issue_active.ratio",
)


def counters() -> Json:
    """How busy each pipe is, by the card's own counters, where NVIDIA's profiler is here."""
    ncu = shutil.which("ncu")
    if ncu is None:
        return {"why": "ncu is not here"}
    rows: list[Json] = []
    for kernel in COUNTED_KERNELS:
        command = [ncu, "--profile-from-start", "off", "--clock-control", "none", "--csv", "--page", "raw"]
        launch = [sys.executable, str(SCRIPT), "launch", "0", kernel]
        done = subprocess.run(
            [*command, "--metrics", ",".join(METRICS), *launch], capture_output=True, text=True, check=False
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith('"')]
        if done.returncode or len(lines) < 3:
            rows.append({"kernel": kernel, "why": (done.stdout + done.stderr)[-600:]})
            continue
        names, units, *launches = csv.reader(lines)
        told = [dict(zip(names, row, strict=False)) for row in launches]
        rows.append(
            {"kernel": kernel, "launches": [{name: one.get(name) for name in METRICS} for one in told], "units": units}
        )
    return {"kernels": rows}


def launch(ordinal: str, kernel: str) -> Json:
    """One large scan by CUDA in this process, between the marks that a profiler waits for."""
    from hashwatt.kernels.cuda import backend
    from hashwatt.kernels.device import DeviceOptions, Found, scanning
    from hashwatt.kernels.headers.job import PREFIX_BYTES, Job

    found = backend.find()[int(ordinal)]
    if not isinstance(found, Found):
        raise SystemExit(found.reason)
    driver = import_module("cuda.bindings.driver")
    device = scanning(found.open(DeviceOptions(kernel=kernel)))
    device.prepare(Job((random.Random(7).randbytes(PREFIX_BYTES),), 1))
    device.scan(range(COUNTED_NONCES // 4))
    driver.cuProfilerStart()
    device.scan(range(COUNTED_NONCES))
    driver.cuProfilerStop()
    device.close()
    return {"kernel": kernel}
