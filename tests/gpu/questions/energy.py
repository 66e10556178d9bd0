"""The energy counter against power added up."""

from __future__ import annotations

import contextlib
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from .asked import MOST_NONCES, SCAN_S, Json, device_of

SAMPLE_S = 0.02


def energy(device_id: str, seconds: str) -> Json:
    """The energy counter against power added up, with clocks and throttle reasons, while the card hashes."""
    from hashwatt.bench.energy.telemetry import nvml_probes
    from hashwatt.kernels.headers.job import PREFIX_BYTES, Job

    found = device_of(device_id)
    own = own_card(found.info)
    if isinstance(own, str):
        return {"why": own}
    library, card, one = own
    probe = next(iter(nvml_probes(library, found.info)), None)

    def joules() -> float | None:
        with contextlib.suppress(library.NVMLError):
            return library.nvmlDeviceGetTotalEnergyConsumption(card) / 1e3 if one.has_counter else None
        return None

    rows: list[Json] = []
    job = Job((random.Random(7).randbytes(PREFIX_BYTES),), 1)
    with _hashing(found, job) as hashed, _sampling(lambda: _sample(library, card, one, probe), rows):
        time.sleep(1.0)
        first_j, first_s, before = joules(), time.perf_counter(), hashed[0]
        time.sleep(float(seconds))
        last_j, last_s, after = joules(), time.perf_counter(), hashed[0]
    inside = [row for row in rows if first_s <= row["at_s"] <= last_s and row["power_w"] is not None]
    added_j = sum((b["at_s"] - a["at_s"]) * (a["power_w"] + b["power_w"]) / 2 for a, b in pairwise(inside))
    span_s = inside[-1]["at_s"] - inside[0]["at_s"] if len(inside) > 1 else 0.0
    counted_j = None if first_j is None or last_j is None else last_j - first_j
    # A counter that stands still has counted nothing that anybody knows.
    counted_w = counted_j / (last_s - first_s) if counted_j else None
    clocks = [row["clock_hz"] for row in inside if row["clock_hz"]]
    return {
        "seconds": last_s - first_s,
        "hashes_about": after - before,
        "counter_w": counted_w,
        "counter_stood_still": counted_j == 0,
        "integrated_w": added_j / span_s if span_s else None,
        "samples": len(inside),
        "clock_hz": statistics.median(clocks) if clocks else None,
        "clock_low_hz": min(clocks, default=None),
        "temperature_c": max((row["temperature_c"] or 0 for row in inside), default=None),
        "throttle": sorted({reason for row in inside for reason in row["throttle"]}),
    }


def own_card(info: Any) -> tuple[Any, Any, Any] | str:
    """NVML, its handle of the card that is this device, and what that tells; or in a sentence why there is none."""
    from hashwatt.bench.energy.joules.coverage import card_relation
    from hashwatt.bench.energy.meters import nvml

    try:
        library = nvml.binding()
    except ImportError as error:
        return f"NVIDIA's binding to NVML cannot be loaded: {error}"
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        return nvml.why_not_started(library, error).reason
    try:
        count = library.nvmlDeviceGetCount()
    except library.NVMLError as error:
        return f"the NVIDIA driver does not list its cards: {error}"
    others = []
    for index in range(count):
        try:
            card = library.nvmlDeviceGetHandleByIndex(index)
            name = str(library.nvmlDeviceGetName(card))
        except library.NVMLError as error:
            others.append(f"card {index} does not answer: {error}")
            continue
        one = nvml.ask(library, card)
        covers = card_relation(nvml.coverage_of(name, one), info)
        if covers != "the device":
            others.append(f"{name} is {covers}")
        elif one.sliced:
            others.append(f"{name} is cut into slices (MIG) and counts all of them")
        elif not one.has_counter and one.power is None:
            others.append(f"{name} tells neither joules nor watts: {one.refusal}")
        else:
            return library, card, one
    return "; ".join(others) or "the NVIDIA driver knows of no card"


def _sample(library: Any, card: Any, one: Any, probe: Any) -> Json:
    power = None
    with contextlib.suppress(library.NVMLError):
        power = one.power(library, card) if one.power else None
    clock, temperature, reasons = probe.read() if probe else (None, None, ())
    return {"power_w": power, "clock_hz": clock, "temperature_c": temperature, "throttle": list(reasons)}


@contextlib.contextmanager
def _hashing(found: Any, job: Any) -> Iterator[list[int]]:
    """Hash in a thread for as long as this is entered; how many hashes so far."""
    from hashwatt.kernels.device import DeviceOptions, scanning

    device = scanning(found.open(DeviceOptions()))
    device.prepare(job)
    hashed, ending = [0], threading.Event()

    def work() -> None:
        count = 1 << 16
        while not ending.is_set():
            started = time.perf_counter()
            device.scan(range(count))
            hashed[0] += count
            if time.perf_counter() - started < SCAN_S / 2:
                count = min(2 * count, MOST_NONCES)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield hashed
    finally:
        ending.set()
        thread.join()
        device.close()


@contextlib.contextmanager
def _sampling(sample: Callable[[], Json], rows: list[Json]) -> Iterator[None]:
    ending = threading.Event()

    def work() -> None:
        while not ending.wait(SAMPLE_S):
            rows.append({"at_s": time.perf_counter(), **sample()})

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
