"""The steps of the first hour that are more than a command of hashwatt's: each prints its answer as JSON, in one line.

python tests/gpu/steps.py NAME [ARGUMENT…]
"""

from __future__ import annotations

import contextlib
import csv
import json
import platform
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import distributions
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

Json = dict[str, Any]
OF_INTEREST = ("hashwatt", "numpy", "numba", "pyopencl", "pocl", "cuda", "nvidia", "intel", "msgspec")
VENDORS = Path("/etc/OpenCL/vendors")
QUERY = (
    "name,driver_version,pci.bus_id,clocks.max.sm,clocks.sm,power.limit,temperature.gpu,mig.mode.current,display_active"
)
SAMPLE_S = 0.02
SCAN_S = 0.4
SCANS = 3
MOST_NONCES = 1 << 32
CHECKED_NONCES = 2_000
CHECKED_ITEMS, CHECKED_TURNS = 64, 2
TIMED_S = 0.03
TRIALS = 5
TOOLS = ("nvidia-smi", "ncu", "nvcc", "git", "gcc")
TRIPLED = 1000
TRIPLE = """
kernel void triple(global uint *words, long factor) { words[get_global_id(0)] *= (uint)factor; }
"""
# Nonces of a launch whose counters are read: some 40 ms of a fast card.
COUNTED_NONCES = 1 << 28
COUNTED_KERNELS = ("x1-rotate-xor-standard", "x1-rotate-xor-standard-rot15")
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
# What an operation of a stream is to the model of a unit's pipes.
MODELLED = {
    "add": "add2",
    "add3": "add3",
    "lop3": "logic",
    "rotate": "shift",
    "mad": "multiply",
    "mul_hi": "multiply_high",
}


def tell(answer: Json) -> None:
    """Print an answer, or as much of it as there is: the last line counts, should the step be ended."""
    print(json.dumps(answer), flush=True)


def machine() -> Json:
    """Python and packages, NVIDIA's own words, and which OpenCL runtimes and libraries there are."""
    from hashwatt.kernels.cuda.driver import NODES
    from hashwatt.kernels.opencl.runtimes.installed import drivers_library

    packages = {
        name: one.version
        for one in distributions()
        if (name := str(one.metadata["Name"]).lower()).startswith(OF_INTEREST)
    }
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": packages,
        "nvidia_smi": _said("nvidia-smi", f"--query-gpu={QUERY}", "--format=csv"),
        "nvidia_smi_clocks": _said("nvidia-smi", "-q", "-d", "CLOCK,POWER"),
        "nodes": [node for node in NODES if Path(node).exists()],
        "icd_files": {file.name: file.read_text(errors="replace")[:200] for file in sorted(VENDORS.glob("*.icd"))},
        "opencl_libraries": drivers_library(),
        "tools": {name: shutil.which(name) for name in TOOLS},
    }


def cuda() -> Json:
    """Whether NVIDIA's packages and driver work together: a kernel compiled, loaded and run, and its answer checked."""
    import numpy as np

    from hashwatt.kernels.cuda import backend
    from hashwatt.kernels.device import DeviceOptions, Executes, Found, Launch, Missing, Source

    found = backend.absent() or next(iter(backend.find()))
    if isinstance(found, Missing):
        raise SystemExit(found.reason)
    assert isinstance(found, Found)
    marks = [time.perf_counter()]
    device = found.open(DeviceOptions())
    marks.append(time.perf_counter())
    assert isinstance(device, Executes)
    kernel, compile_s = device.compile(Source("opencl", TRIPLE, "triple", ("uint32",)))
    buffer = device.allocate(4 * TRIPLED)
    device.write(buffer, 0, np.arange(TRIPLED, dtype=np.uint32).tobytes())
    device.launch(Launch(kernel, (buffer,), (3,), TRIPLED))
    answers = np.frombuffer(device.read(buffer, 0, 4 * TRIPLED), np.uint32)
    marks.append(time.perf_counter())
    device.close()
    if not np.array_equal(answers, 3 * np.arange(TRIPLED, dtype=np.uint32)):
        raise SystemExit("its kernel computes something else")
    return {
        "device": found.info.name,
        "driver": found.info.driver,
        "nvrtc": _nvrtc(),
        "open_s": marks[1] - marks[0],
        "compile_s": compile_s,
        "run_s": marks[2] - marks[1],
    }


def _nvrtc() -> str | None:
    """NVRTC's version, which is not the package's where another one is loaded."""
    with contextlib.suppress(Exception):
        nvrtc = import_module("cuda.bindings.nvrtc")
        _, major, minor = nvrtc.nvrtcVersion()
        return f"{major}.{minor}"
    return None


def _said(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout or done.stderr)[:4000]


def properties(device_id: str) -> Json:
    """All that the driver tells of the device."""
    found = _found(device_id)
    told: Json = {"info": {name: str(value) for name, value in vars(found.info).items()}}
    if found.info.backend != "opencl":
        return told
    import pyopencl

    from hashwatt.kernels.opencl.runtimes.installed import registered

    with registered():
        platforms = pyopencl.get_platforms()
    device = next(
        device for one in platforms for device in one.get_devices() if found.info.name.startswith(device.name.strip())
    )
    names = sorted(name for name in vars(pyopencl.device_info) if name.isupper() and not name.startswith("_"))
    for name in names:
        with contextlib.suppress(Exception):
            told.setdefault("opencl", {})[name] = str(device.get_info(getattr(pyopencl.device_info, name)))[:2000]
    return told


def variants(device_id: str, seconds: str) -> None:
    """Every kernel with one or two nonces a work-item: is it right, and how fast."""
    from hashwatt.kernels.opencl.codegen.variant import all_variants
    from hashwatt.kernels.opencl.tuning.candidates import race_entries

    end = time.monotonic() + float(seconds)
    found = _found(device_id)
    # First those of a GPU's race, each of which is a candidate for the fastest.
    likeliest = [tuning.variant for tuning in race_entries("gpu", 1)]
    others = [variant for variant in all_variants() if variant.width <= 2 and variant.form == "ndrange"]
    names = [variant.name for variant in dict.fromkeys((*likeliest, *others))]
    rows: list[Json] = []
    for name in names:
        if time.monotonic() > end:
            rows.append({"name": name, "why": "no time was left"})
            tell({"variants": rows})
            continue
        try:
            rows.append({"name": name, **_one_variant(found, name)})
        except Exception as error:
            rows.append({"name": name, "why": f"{type(error).__name__}: {error}"[:600]})
        tell({"variants": sorted(rows, key=lambda row: -float(row.get("best_hs", 0)))})


def _one_variant(found: Any, name: str) -> Json:
    from hashwatt.kernels.device import DeviceOptions, scanning
    from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
    from hashwatt.kernels.headers.oracle import reference_scan
    from hashwatt.kernels.headers.target import target_from_zero_bits

    prefix = random.Random(7).randbytes(PREFIX_BYTES)
    device = scanning(found.open(DeviceOptions(kernel=name)))
    try:
        easy = Job((prefix,), target_from_zero_bits(6))
        kernel = device.prepare(easy)
        nonces = range(1 << 31, (1 << 31) + CHECKED_NONCES)
        scan = device.scan(nonces)
        hits = [(hit.prefix, hit.nonce) for hit in scan.hits]
        if (hits, scan.xor_h7) != reference_scan(easy, nonces):
            raise ValueError("does not agree with hashlib")
        device.prepare(Job((prefix,), target_from_zero_bits(28)))
        rates = _rates(device)
    finally:
        device.close()
    host, told = [rate for rate, _ in rates], [rate for _, rate in rates if rate is not None]
    return {
        "right": True,
        "compile_s": kernel.compile_s,
        "best_hs": max(host),
        "median_hs": statistics.median(host),
        "best_by_events_hs": max(told, default=None),
    }


def _rates(device: Any) -> list[tuple[float, float | None]]:
    count = 1 << 14
    while True:
        started = time.perf_counter()
        device.scan(range(count))
        elapsed_s = time.perf_counter() - started
        if elapsed_s > SCAN_S / 4 or count >= MOST_NONCES:
            break
        count *= 2
    count = min(max(int(count * SCAN_S / elapsed_s), 1), MOST_NONCES)
    rates = []
    for _ in range(SCANS):
        started = time.perf_counter()
        scan = device.scan(range(count))
        elapsed_s = time.perf_counter() - started
        rates.append((count / elapsed_s, None if not scan.device_s else count / scan.device_s))
    return rates


def pipes(device_id: str, seconds: str) -> None:
    """Streams of operations: how many a second, and a unit and cycle of the clock that the driver names."""
    from hashwatt.kernels.device import DeviceOptions, Executes
    from tests.gpu.pipes import MIXES

    end = time.monotonic() + float(seconds)
    found = _found(device_id)
    device = found.open(DeviceOptions())
    if not isinstance(device, Executes):
        raise SystemExit(f"{device_id} runs no kernels of others")
    units = found.info.compute_units or 1
    clock_hz = 1e6 * float(found.info.limits.get("max_clock_mhz") or 0)
    rows: list[Json] = []
    for mix in MIXES:
        row: Json = {"mix": list(mix), "why": "no time was left"}
        if time.monotonic() < end:
            try:
                rate = _pipe_rate(device, mix, units * (2048 if found.info.kind == "gpu" else 64))
                each = rate / (units * clock_hz) if clock_hz else None
                row = {"mix": list(mix), "operations_per_s": rate, "per_unit_and_rated_cycle": each}
            except Exception as error:
                row["why"] = f"{type(error).__name__}: {error}"[:600]
        rows.append(row)
        tell({"units": units, "rated_clock_hz": clock_hz or None, "pipes": rows})
    device.close()


def _pipe_rate(device: Any, mix: Sequence[str], items: int) -> float:
    import numpy as np

    from hashwatt.kernels.device import Launch, Source
    from tests.gpu.pipes import BITS, ENTRY, FACTOR, LARGE, operations, right_answers, source

    kernel, _ = device.compile(Source("opencl", source(mix), ENTRY, ("uint32",)))
    buffer = device.allocate(4 * items)

    def seconds(turns: int) -> float:
        started = time.perf_counter()
        told = device.launch(Launch(kernel, (buffer,), (turns, BITS, FACTOR, LARGE), items)).device_s
        return told or time.perf_counter() - started

    seconds(CHECKED_TURNS)
    answers = np.frombuffer(device.read(buffer, 0, 4 * CHECKED_ITEMS), np.uint32)
    if not np.array_equal(answers, right_answers(mix, CHECKED_ITEMS, CHECKED_TURNS)):
        raise ValueError("does not agree with numpy")
    turns = 16
    while (elapsed_s := seconds(turns)) < TIMED_S / 4 and turns < 1 << 20:
        turns *= 4
    turns = max(int(turns * TIMED_S / elapsed_s), 1)
    rate = operations(items, turns) / min(seconds(turns) for _ in range(TRIALS))
    device.release()
    return rate


def energy(device_id: str, seconds: str) -> Json:
    """The energy counter against power added up, with clocks and throttle reasons, while the card hashes."""
    from hashwatt.bench.energy.joules.coverage import card_relation
    from hashwatt.bench.energy.meters import nvml
    from hashwatt.bench.energy.telemetry import nvml_probes
    from hashwatt.kernels.headers.job import PREFIX_BYTES, Job

    found = _found(device_id)
    try:
        library = nvml.binding()
        library.nvmlInit()
        cards = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
    except Exception as error:
        return {"why": f"NVML tells nothing: {error}"}
    told = [(card, str(library.nvmlDeviceGetName(card)), nvml.ask(library, card)) for card in cards]
    covers = {one.pci or name: card_relation(nvml.coverage_of(name, one), found.info) for _, name, one in told}
    own = [(card, one) for card, name, one in told if covers[one.pci or name] == "the device" and not one.sliced]
    if not own:
        return {"why": "NVML shows no card that is this device", "cards": covers}
    card, one = own[0]
    probe = next(iter(nvml_probes(library, found.info)), None)

    def joules() -> float | None:
        return library.nvmlDeviceGetTotalEnergyConsumption(card) / 1e3 if one.has_counter else None

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


def expected(device_id: str) -> Json:
    """What is modelled for this card, before anything of it is measured: rates, and operations of each stream."""
    from hashwatt.kernels.machines.gpus import gpu_units
    from hashwatt.kernels.opencl.codegen.costs import cost_of_hash
    from hashwatt.kernels.opencl.codegen.pipes import SHARES
    from hashwatt.kernels.opencl.predict import HIGH, LOW, Gpu
    from tests.gpu.pipes import MIXES

    info = _found(device_id).info
    architecture = _architecture(info)
    rated_hz = 1e6 * float(info.limits.get("max_clock_mhz") or 0)
    registered = _registered(info.name.partition(" (")[0])
    if architecture is None or architecture not in gpu_units() or not rated_hz or not info.compute_units:
        return {"why": f"no model of {architecture} with {info.compute_units} units", "registered": registered}
    card = Gpu(info.name, architecture, info.compute_units, rated_hz, "its driver")
    rates = {}
    for pipes in SHARES if card.both_pipes else ("none",):
        cost = cost_of_hash(card.rules, pipes)
        rates[pipes] = {
            "likely": card.rate_per_s(cost),
            "low": LOW * card.rate_per_s(cost, "low"),
            "high": HIGH * card.rate_per_s(cost, "high"),
        }
    streams = {}
    for mix in MIXES:
        with contextlib.suppress(KeyError):
            counts = Counter(MODELLED[kind] for kind in mix)
            streams["+".join(mix)] = len(mix) / card.unit.clocks(counts).clocks
    return {
        "architecture": architecture,
        "rated_hz": rated_hz,
        "hashrate_hs": rates,
        "per_unit_and_cycle": streams,
        "registered": registered,
    }


def _architecture(info: Any) -> str | None:
    """As compilers call it: what the CUDA driver says of the card at this place."""
    from hashwatt.kernels.cuda.driver import DriverError, cards, may_be_here

    if info.backend == "cuda":
        return str(info.driver).rpartition(", ")[2]
    with contextlib.suppress(DriverError):
        shown = cards()[1] if may_be_here() else []
        same = [card for card in shown if card.pci_address == info.pci_address] or shown[:1]
        return same[0].arch if same else None
    return None


def _registered(name: str) -> Json:
    """The predictions that stand in docs/opencl.md for a card of this name."""
    from hashwatt.kernels.errors import InputError
    from hashwatt.kernels.opencl.predict import predict, predict_both_pipes

    try:
        return {"one pipe": repr(predict(name)), "both pipes": repr(predict_both_pipes(name))}
    except InputError as error:
        return {"why": str(error)}


def conformance(device_id: str) -> None:
    """The conformance suite that every device must pass, on the card: check after check."""
    from hashwatt.kernels.device import DeviceOptions, scanning
    from tests.kernels.conformance import CHECKS, Subject

    found = _found(device_id)
    subject = Subject(found, scanning(found.open(DeviceOptions())))
    rows: list[Json] = []
    try:
        for check in CHECKS:
            row: Json = {"name": check.__name__}
            started = time.monotonic()
            try:
                check(subject)
            except Exception as error:
                row["why"] = f"{type(error).__name__}: {error}"[:600]
            rows.append({**row, "seconds": round(time.monotonic() - started, 2)})
            tell({"checks": rows})
    finally:
        subject.device.close()


def counters() -> Json:
    """How busy each pipe is, by the card's own counters, where NVIDIA's profiler is here."""
    ncu = shutil.which("ncu")
    if ncu is None:
        return {"why": "ncu is not here"}
    rows: list[Json] = []
    for kernel in COUNTED_KERNELS:
        command = [ncu, "--profile-from-start", "off", "--clock-control", "none", "--csv", "--page", "raw"]
        launch = [sys.executable, __file__, "launch", "0", kernel]
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


def _found(device_id: str) -> Any:
    """The device, driven by a process of its own. Exits with a sentence where it is not there."""
    from hashwatt.bench.isolation.device import find_all
    from hashwatt.kernels.device import Found

    for entry in find_all([device_id.partition(":")[0]]):
        if isinstance(entry, Found) and entry.info.id == device_id:
            return entry
    raise SystemExit(f"there is no device {device_id}")


STEPS: dict[str, Callable[..., Json | None]] = {
    "machine": machine,
    "cuda": cuda,
    "expected": expected,
    "properties": properties,
    "variants": variants,
    "pipes": pipes,
    "energy": energy,
    "conformance": conformance,
    "counters": counters,
    "launch": launch,
}

if __name__ == "__main__":
    # A worker process of hashwatt's begins with this file, too: nothing but this runs then.
    said = STEPS[sys.argv[1]](*sys.argv[2:])
    if said is not None:
        tell(said)
