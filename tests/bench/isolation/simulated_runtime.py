"""Devices whose runtime is slow, hangs or dies in any phase, on a clock that only they move: minutes pass at once.

The worker's side is real, too (its answers, the device's race), but it is called instead of started: what the parent
writes into its pipe is answered at the moment that the simulated work would be through.
"""

from __future__ import annotations

import io
import os
import queue
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import msgspec

from hashwatt.bench.isolation.messages import Close, Request, read_frame, write_frame
from hashwatt.bench.isolation.process import WorkerProcess
from hashwatt.bench.isolation.worker import Worker
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Found, KernelInfo, Missing, Roof, Scan
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.scanner import Scanner
from hashwatt.kernels.opencl.setting import Tuning
from hashwatt.kernels.opencl.slot import Answer
from hashwatt.kernels.opencl.tuning.candidates import race_entries

NATIVE_WIDTH = 16
NAMES = [tuning.name for tuning in race_entries("cpu", NATIVE_WIDTH)]
RATE_HS = 1e6
FIND_S, OPEN_S, BUILD_S, ROOF_S, CRASH_S = 0.5, 0.3, 1.5, 2.0, 3.0


class Hang(BaseException):
    """The process does not answer any more."""


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Clock:
    """Takes the place of the module `time`."""

    now_s: float = 1000.0

    def now(self) -> float:
        return self.now_s

    monotonic = perf_counter = now
    time = now

    def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)


CLOCK = Clock()


@dataclass(frozen=True)
class Fate:
    """What happens in each phase: "well", "hangs", "crashes", or how many seconds it takes.

    `build` and `launch` may name whom they mean before a colon: "others:hangs" spares the first kernel of the race.
    """

    find: str = "well"
    open: str = "well"
    build: str = "well"
    launch: str = "well"
    scan: str = "well"
    roof: str = "well"
    close: str = "well"

    def __str__(self) -> str:
        return ", ".join(f"{name} {what}" for name, what in vars(self).items() if what != "well") or "well"


def befall(what: str, usual_s: float, tuning: Tuning | None = None) -> None:
    """Let a phase take its time, or its end."""
    whom, _, how = what.rpartition(":")
    if whom == "others" and tuning is not None and tuning.name == NAMES[0]:
        how = "well"
    if how == "crashes":
        CLOCK.sleep(CRASH_S)
    if how in ("hangs", "crashes"):
        # Whatever runs on the way out of the worker's code would not run in truth.
        Runtime.is_silent = True
        raise Hang if how == "hangs" else Crash
    CLOCK.sleep(usual_s if how == "well" else float(how))


class Runtime:
    """Which devices there are, and what becomes of them."""

    fates: ClassVar[list[Fate]] = []
    started: ClassVar[int] = 0
    is_silent: ClassVar[bool] = False


class SimulatedScanner:
    """A kernel that was built."""

    def __init__(self, fate: Fate, tuning: Tuning, job: Job) -> None:
        self.fate, self.tuning, self.job = fate, tuning, job
        self.pace = SimpleNamespace(hashes=1)
        self.built = SimpleNamespace(variant=tuning.variant, build_s=BUILD_S, source_sha256="0" * 64, log="")

    def launch_once(self, nonces: range, target: int) -> Answer:
        seconds = len(nonces) / (RATE_HS * self.tuning.variant.width)
        CLOCK.sleep(seconds)
        return Answer(nonces, 0, [], seconds, seconds)


class SimulatedDevice(OpenCLDevice):
    """The OpenCL device with its race; what a runtime would do takes simulated time."""

    def __init__(self, info: DeviceInfo, fate: Fate, options: DeviceOptions) -> None:
        self.fate = fate
        super().__init__(info, None, options)

    def _connect(self, opencl_device: Any) -> None:
        befall(self.fate.open, OPEN_S)
        self._cpu = None
        self._opencl_device = SimpleNamespace(
            native_vector_width_int=NATIVE_WIDTH, max_compute_units=2, max_work_group_size=64
        )

    def _checked_scanner(self, job: Job, tuning: Tuning) -> Scanner:
        if tuning.variant not in self._built:
            befall(self.fate.build, BUILD_S, tuning)
            befall(self.fate.launch, 0.1, tuning)
            self._built[tuning.variant] = cast(Any, True)
        return cast(Scanner, SimulatedScanner(self.fate, tuning, job))

    def scan(self, nonces: range) -> Scan:
        befall(self.fate.scan, len(nonces) / RATE_HS)
        return Scan((), len(nonces), 0)

    def roof(self) -> Roof | None:
        befall(self.fate.roof, ROOF_S)
        return Roof(2 * RATE_HS, None, None, {}, "simulated")

    def close(self) -> None:
        befall(self.fate.close, 0.1)


class SimulatedCpu:
    """What is measured first, in the harness's own process."""

    info = DeviceInfo("cpu", "cpu", "A simulated CPU", "hashwatt", "cpu", "simulated", compute_units=2)

    def prepare(self, job: Job) -> KernelInfo:
        CLOCK.sleep(6.0)
        return KernelInfo("simulated", len(job.prefixes), {}, 6.0, "0" * 64)

    def scan(self, nonces: range) -> Scan:
        CLOCK.sleep(len(nonces) / RATE_HS)
        return Scan((), len(nonces), 0)

    def roof(self) -> Roof:
        CLOCK.sleep(2.0)
        return Roof(2 * RATE_HS, None, None, {}, "simulated")

    def close(self) -> None: ...


def cpu() -> Found:
    return Found(SimulatedCpu.info, lambda _: SimulatedCpu())


def info(number: int) -> DeviceInfo:
    return DeviceInfo(f"sim:{number}", "cpu", "Simulated", "hashwatt", "sim", "simulated", compute_units=2)


def find() -> list[Found | Missing]:
    """The backend's own, as a worker calls it."""
    befall(Runtime.fates[0].find, FIND_S)
    return [
        Found(info(number), partial(_open, info(number), fate), isolate=True)
        for number, fate in enumerate(Runtime.fates)
    ]


def _open(which: DeviceInfo, fate: Fate, options: DeviceOptions) -> SimulatedDevice:
    return SimulatedDevice(replace(which), fate, options)


class Frames:
    """The queue between the worker's pipe and its parent, on the simulated clock."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, tuple[int, bytes] | None]] = []

    def put(self, frame: tuple[int, bytes] | None) -> None:
        self._waiting.append((CLOCK.now_s, frame))

    def get(self, timeout: float) -> tuple[int, bytes] | None:
        if self._waiting and self._waiting[0][0] <= CLOCK.now_s + timeout:
            at, frame = self._waiting.pop(0)
            CLOCK.now_s = max(CLOCK.now_s, at)
            return frame
        CLOCK.now_s += timeout
        raise queue.Empty


class SimulatedProcess:
    """Takes the place of subprocess.Popen, with a worker that answers as soon as it is asked, but not by its clock."""

    def __init__(self, frames: Frames) -> None:
        Runtime.started += 1
        self.pid = os.getpid()
        self.returncode: int | None = None
        self.stdin = self
        self.stdout = self.stderr = None
        self.ends_s: float | None = None
        self._frames = frames
        self._hangs = False
        self._busy_until_s = 0.0
        self._sequence = 0
        self._worker = Worker(self._tell)

    def write(self, frame: bytes) -> None:
        read = read_frame(io.BytesIO(frame))
        assert read is not None
        self._sequence, body = read
        request = msgspec.msgpack.decode(body, type=Request)
        now_s = CLOCK.now_s
        CLOCK.now_s = max(now_s, self._busy_until_s)
        try:
            if not self._hangs and self.ends_s is None:
                self._tell(self._worker.answer(request))
                if isinstance(request, Close):
                    self.ends_s, self.returncode = CLOCK.now_s, 0
        except Hang:
            self._hangs = True
        except Crash:
            self.ends_s = CLOCK.now_s
            self._frames.put(None)
        finally:
            Runtime.is_silent = False
            self._busy_until_s = CLOCK.now_s
            CLOCK.now_s = now_s

    def _tell(self, reply: Any) -> None:
        if Runtime.is_silent:
            return
        stream = io.BytesIO()
        write_frame(stream, self._sequence, reply)
        self._frames.put(read_frame(io.BytesIO(stream.getvalue())))

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def kill(self) -> None:
        self.returncode = -9

    def wait(self, timeout: float) -> None: ...


class SimulatedWorker(WorkerProcess):
    """The parent's end, as it is, of a process that is none."""

    def _end_group(self) -> None: ...

    def _has_ended(self, patience_s: float) -> bool:
        process = cast(Any, self._process)
        if process.returncode is None and process.ends_s is None:
            CLOCK.sleep(patience_s)
            return False
        process.returncode = -11 if process.returncode is None else process.returncode
        return True

    def _cpu_s(self, with_children: bool = False) -> float | None:
        return None


def simulate(set_attribute: Callable[[str, Any], None]) -> None:
    """Put the simulation in the place of time and of processes; `set_attribute` takes a dotted name and a value."""
    made: list[Frames] = []

    def frames() -> Frames:
        made.append(Frames())
        return made[-1]

    nothing = SimpleNamespace(start=lambda: None, join=lambda _: None, is_alive=lambda: False, cancel=lambda: None)
    lifeline = SimpleNamespace(arguments=[], descriptors=(), passed_on=lambda: None, cut=lambda: None)
    bench = "hashwatt.bench"
    for module in (
        f"{bench}.isolation.process",
        f"{bench}.isolation.deadlines",
        f"{bench}.isolation.device",
        f"{bench}.sampling.budget",
        f"{bench}.sampling.sampler",
        "hashwatt.kernels.opencl.tuning.tuner",
        "hashwatt.kernels.opencl.tuning.cache",
    ):
        with suppress(AttributeError):
            set_attribute(f"{module}.time", CLOCK)
    set_attribute(f"{bench}.isolation.process.queue", SimpleNamespace(SimpleQueue=frames, Empty=queue.Empty))
    set_attribute(
        f"{bench}.isolation.process.threading",
        SimpleNamespace(Thread=lambda **_: nothing, Timer=lambda *_: nothing),
    )
    set_attribute(f"{bench}.isolation.process.Lifeline", lambda: lifeline)
    set_attribute(
        f"{bench}.isolation.process.subprocess",
        SimpleNamespace(
            Popen=lambda *_, **__: SimulatedProcess(made[-1]), PIPE=None, TimeoutExpired=subprocess.TimeoutExpired
        ),
    )
    set_attribute(f"{bench}.isolation.device.WorkerProcess", SimulatedWorker)
