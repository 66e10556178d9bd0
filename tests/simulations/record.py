"""Keep a real run as a course: `python -m tests.simulations.record RESULT.json "where and when" > COURSE.json`.

The samples of all rounds of its first device, laid end to end: by the clock, and by the CPU seconds that they took,
which is about what they would have done alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hashwatt.bench.result.file import load


def course_of(path: Path, conditions: str) -> dict[str, object]:
    """What the courses are made from, with few digits."""
    result = load(path)
    entry = result.results[0]
    samples = [sample for one in entry.rounds for sample in one.samples]
    amount, seconds = sum(one.amount for one in samples), sum(one.seconds for one in samples)
    cpu_s = sum(one.cpu_s or 0.0 for one in samples)
    return {
        "machine": f"{entry.device.name}, {result.machines[0].logical_cpus} logical CPUs",
        "conditions": conditions,
        "recorded": result.created,
        "seconds": [round(one.seconds, 4) for one in samples],
        "rates": [round(one.amount / one.seconds / (amount / seconds), 4) for one in samples],
        "rates_by_cpu": [round(one.amount / (one.cpu_s or 1.0) / (amount / cpu_s), 4) for one in samples],
        "other_load": [round(one.other_load or 0.0, 3) for one in samples],
    }


if __name__ == "__main__":
    json.dump(course_of(Path(sys.argv[1]), sys.argv[2]), sys.stdout)
    print()
