"""Runs in a process of its own, in which `libnvidia-ml.so.1` is the fake one: plays states, prints what came out.

Arguments: the path of the state file, and the states as JSON: `[[seconds, millijoules, milliwatts, error], …]`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from hashwatt.bench.energy import telemetry
from hashwatt.bench.energy.joules.coverage import attribute
from hashwatt.bench.energy.joules.readings import Point, Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import MeterError, MeterFound
from hashwatt.bench.energy.meters import nvml
from hashwatt.kernels.device import DeviceInfo

GPU = DeviceInfo("opencl:0", "gpu", "NVIDIA Fake 9000", "NVIDIA", "opencl", "1.0")


def play(state: Path, states: list[list[float]]) -> dict[str, object]:
    (entry,) = nvml.find()
    if not isinstance(entry, MeterFound):
        return {"id": entry.id, "reason": entry.reason, "mend": entry.mend}
    meter = entry.open()
    points = []
    for seconds, energy_mj, power_mw, error in states:
        state.write_text(f"{int(energy_mj)} {int(power_mw)} {int(error)}")
        try:
            points.append(Point(seconds, seconds, meter.read()))
        except MeterError as refusal:
            points.append(Point(seconds, seconds, None, str(refusal)))
    meter.close()
    window = Window(states[0][0], states[-1][0])
    record = energy_record(entry.info, points, window, attribute(entry.info, GPU))
    (probe,) = telemetry.probes_for(GPU)
    return {"id": entry.info.id, "record": msgspec.to_builtins(record), "probe": [probe.source, *probe.read()]}


if __name__ == "__main__":
    path = Path(sys.argv[1])
    print(json.dumps(play(path, json.loads(sys.argv[2]))))
