"""`.json`: the samples as pytest-benchmark stores them, for `pytest-benchmark compare` and what else reads that.

A sample is a round; its time is the time of one unit of work, so that `ops` is the rate. Only verified runs are
written, and what a device says of itself is none: nothing was timed. Result files themselves are JSON already; this
is for the other direction.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Entry
from ..document.report import Report
from ..ladder.own import j_per_th
from ..layout.entry_names import entry_names
from ..layout.hash_columns import PARAMETER, prefixes_of
from ..layout.ladder_figures import ladder_summary
from ..wording.visible import visible

# The storage's version that these fields are of.
STORAGE_VERSION = "5.0.0"


def render(report: Report) -> bytes:
    """The storage file, of the newest run of each device; or the ladder as `hashwatt ladder --json` prints it."""
    if report.subject == "ladder":
        return (json.dumps(ladder_summary(report), indent=1, allow_nan=False) + "\n").encode()
    entries = [group.newest for group in report.collection.groups if group.newest.samples]
    document = {
        "machine_info": machine_info(entries[0]) if entries else {},
        "commit_info": {
            "id": "unversioned",
            "time": None,
            "dirty": False,
            "project": "hashwatt",
            "branch": "(unknown)",
        },
        "benchmarks": [benchmark(entry, name) for entry, name in zip(entries, entry_names(entries), strict=True)],
        "datetime": entries[0].result.created if entries else None,
        "version": STORAGE_VERSION,
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def machine_info(entry: Entry) -> dict[str, Any]:
    """The machine in the storage's words."""
    machine = entry.machine
    if machine is None:
        return {}
    known = {
        "machine": machine.architecture,
        "system": machine.os,
        "release": machine.kernel,
        "python_version": machine.python,
        "cpu": {"brand_raw": shown(machine.cpu_model), "count": machine.logical_cpus},
    }
    return {name: shown(value) if isinstance(value, str) else value for name, value in known.items()}


def shown(text: str | None) -> str | None:
    """A string as every report shows it."""
    return None if text is None else visible(text, NAME_LIMIT)


def benchmark(entry: Entry, name: str) -> dict[str, Any]:
    """One device of one run."""
    device, energy = entry.device, energy_figure(entry.device)
    times = [sample.seconds / sample.amount for sample in entry.samples]
    return {
        "group": shown(device.workload),
        "name": name,
        "fullname": f"hashwatt::{name}",
        "params": None,
        "param": None,
        "extra_info": {
            "unit": shown(device.unit),
            "device": device_name(device),
            "driver": shown(device.device.driver),
            "kernel": shown(device.kernel.name) if device.kernel else None,
            PARAMETER: prefixes_of(device),
            "parameters": {
                shown(name): shown(value) if isinstance(value, str) else value
                for name, value in sorted(device.parameters.items())
            },
            "run_id": entry.result.run_id,
            "created": entry.result.created,
            "j_per_th": j_per_th(energy)[0],
            "j_per_unit": energy.j_per_unit if energy else None,
        },
        "options": {
            "disable_gc": False,
            "timer": "perf_counter",
            "min_rounds": len(times),
            "max_time": device.seconds,
            "min_time": 0.0,
            "warmup": True,
        },
        "stats": stats(times),
    }


def stats(times: Sequence[float]) -> dict[str, Any]:
    """The storage's statistics of such times (at least one), its outliers as it counts them."""
    ordered = sorted(times)
    mean = statistics.fmean(ordered)
    deviation = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    q1, middle, q3 = statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else ordered * 3
    inner = [time for time in ordered if q1 - 1.5 * (q3 - q1) <= time <= q3 + 1.5 * (q3 - q1)]
    outside = sum(abs(time - mean) > deviation for time in ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "rounds": len(ordered),
        "median": middle,
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": len(ordered) - len(inner),
        "stddev_outliers": outside,
        "outliers": f"{outside};{len(ordered) - len(inner)}",
        "ld15iqr": inner[0],
        "hd15iqr": inner[-1],
        "ops": 1 / mean,
        "total": sum(times),
        "data": list(times),
        "iterations": 1,
    }
