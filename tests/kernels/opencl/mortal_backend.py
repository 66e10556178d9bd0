"""OpenCL devices whose runtime dies, hangs, refuses or errs at one turn, simulated: no runtime is needed.

The device is ours, with its race and all; only what pyopencl would do is put in its place. The id says what happens:
`mortal:build-2-hangs` hangs when the third kernel of the race is built; where it `drags`, the others take long besides.
A worker imports this as `mortal_backend`.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Found, Missing, Roof
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.fakes.device import hash_all
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.scanner import Scanner, Tally
from hashwatt.kernels.opencl.setting import Pace, Tuning
from hashwatt.kernels.opencl.slot import Answer
from hashwatt.kernels.opencl.tuning.candidates import race_entries

NATIVE_WIDTH = 16
# The wider the faster, and the later in the race the faster: the last one that works wins.
NAMES = [tuning.name for tuning in race_entries("cpu", NATIVE_WIDTH)]
RATE_HS = 150_000.0
# More nonces than a scan that checks answers has, and no more than the first batch, however busy the machine is.
LARGE_RANGE = 1_024
FOREVER_S = 3600.0
KINDS = ("crashes", "hangs", "drags", "spins", "fails", "errs")
# What a kernel takes to be built, each time, where others drag on.
SLOW_S = 2.0
PHASES = ("open", "build", "launch", "race", "rolled", "scan", "roof")
ENTRIES = ("all", "others", *map(str, range(len(NAMES))))
HEALTHY = "mortal:well"


@dataclass(frozen=True)
class Fate:
    """What happens when: in `phase`, of the race's entry with that number, of "all", or of "others" than the first."""

    phase: str
    entry: str
    kind: str

    @classmethod
    def of(cls, device_id: str) -> Fate:
        phase, _, rest = device_id.partition(":")[2].partition("-")
        entry, _, kind = rest.rpartition("-")
        return cls(phase, entry, kind)

    def meets(self, phase: str, tuning: Tuning | None = None) -> bool:
        plain = "" if tuning is None else tuning.name.replace("-version-rolled", "").partition("/")[0]
        if self.phase != phase:
            return False
        return (
            self.entry == "all"
            or str(NAMES.index(plain)) == self.entry
            or (self.entry == "others" and plain != NAMES[0])
        )

    def happen(self) -> None:
        if self.kind == "crashes":
            os.kill(os.getpid(), signal.SIGSEGV if os.name == "posix" else signal.SIGTERM)
        if self.kind in ("crashes", "hangs", "drags"):
            time.sleep(FOREVER_S)
        while self.kind == "spins":
            pass
        if self.kind == "fails":
            raise DeviceError("the simulated compiler refuses the kernel")


class SimulatedScanner:
    """Hashes with hashlib; a launch that is timed for the race takes no time."""

    def __init__(self, fate: Fate, tuning: Tuning, job: Job) -> None:
        self.fate = fate
        self.tuning = tuning
        self.job = job
        self.pace = Pace(RATE_HS)
        self.built = SimpleNamespace(variant=tuning.variant, build_s=0.0, source_sha256="0" * 64, log="")

    def scan(self, nonces: range, target: int, info: DeviceInfo) -> Tally:
        wrong = self.fate.meets("launch", self.tuning)
        if wrong or (len(nonces) >= LARGE_RANGE and self.fate.meets("scan")):
            self.fate.happen()
        started = time.perf_counter()
        hits, checksum = hash_all(Job(self.job.prefixes, target), nonces)
        hashes = len(nonces) * len(self.job.prefixes)
        time.sleep(max(0.0, hashes / RATE_HS - (time.perf_counter() - started)))
        return Tally(list(hits), len(nonces), checksum ^ wrong, hashes / RATE_HS, hashes / RATE_HS)

    def launch_once(self, nonces: range, target: int) -> Answer:
        if self.fate.meets("race", self.tuning):
            self.fate.happen()
        place = NAMES.index(self.tuning.name.partition("/")[0])
        seconds = len(nonces) / ((1 + place) * 1e6 * (1.1 if self.tuning.refined else 1.0))
        return Answer(nonces, 0, [], seconds, seconds)


class MortalDevice(OpenCLDevice):
    """The device with a simulated runtime."""

    def __init__(self, info: DeviceInfo, options: DeviceOptions) -> None:
        self.fate = Fate.of(info.id)
        super().__init__(info, None, options)

    def _connect(self, opencl_device: Any) -> None:
        if self.fate.meets("open"):
            self.fate.happen()
        self._cpu = None
        self._opencl_device = SimpleNamespace(
            native_vector_width_int=NATIVE_WIDTH, max_compute_units=2, max_work_group_size=64
        )

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        if self.fate.meets("rolled" if tuning.variant.rolled else "build", tuning):
            self.fate.happen()
        if self.fate.kind == "drags":
            time.sleep(SLOW_S)
        return cast(Scanner, SimulatedScanner(self.fate, tuning, job))

    def roof(self) -> Roof | None:
        if self.fate.meets("roof"):
            self.fate.happen()
        return Roof(2 * RATE_HS, None, None, {}, "simulated")

    def close(self) -> None:
        self._closed = True


def info(device_id: str) -> DeviceInfo:
    return DeviceInfo(device_id, "cpu", f"Device {device_id}", "hashwatt", "mortal", "simulated", compute_units=2)


def find() -> list[Found | Missing]:
    fates = [f"{phase}-{entry}-{kind}" for phase in PHASES for entry in ENTRIES for kind in KINDS]
    return [
        Found(info(name), partial(_open, name), isolate=True) for name in (HEALTHY, *map("mortal:{}".format, fates))
    ]


def _open(device_id: str, options: DeviceOptions) -> MortalDevice:
    return MortalDevice(info(device_id), options)
