"""Runs in a process of its own, in which `libnvidia-ml.so.1` is the fake one: plays states, prints what came out.

Arguments: the path of the state file, and the states as JSON: `[[seconds, millijoules, milliwatts, error], …]`; or
`{"devices": [[name, PCI address], …]}`, to be told which meters count which device.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
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
        return {"id": entry.id, "reason": entry.reason, "remedy": entry.remedy}
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


def cards(devices: list[list[str | None]]) -> list[dict[str, object]]:
    """For each device (name and PCI address): what each meter is to it, the joules of the one that counts it alone."""
    told: list[dict[str, object]] = []
    for name, address in devices:
        device = replace(GPU, name=str(name), pci_address=address)
        entries = [entry for entry in nvml.find() if isinstance(entry, MeterFound)]
        covers = {entry.info.id: attribute(entry.info, device).covers for entry in entries}
        own = [entry for entry in entries if covers[entry.info.id] == "the device"]
        joules = [counter for entry in own for counter in entry.open().read().counters_j]
        told.append({"covers": covers, "joules": joules, "probes": len(telemetry.probes_for(device))})
    return told


if __name__ == "__main__":
    path, given = Path(sys.argv[1]), json.loads(sys.argv[2])
    if isinstance(given, dict):
        path.write_text("5000 200000 0")
        print(json.dumps(cards(given["devices"])))
    else:
        print(json.dumps(play(path, given)))
