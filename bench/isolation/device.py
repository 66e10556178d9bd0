"""Devices driven from processes of their own: a driver that crashes or hangs costs its own result only.

Where it does so on a kernel that is being tried, it costs that kernel only: a new process goes on
without it, as long as such kernels have not cost more than `Deadlines.trials_s` together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import cast

import msgspec

from ...kernels import registry
from ...kernels.device import (
    AnyDevice,
    BufferId,
    DeviceInfo,
    DeviceOptions,
    Found,
    Hit,
    KernelId,
    KernelInfo,
    Launch,
    Launched,
    Missing,
    Roof,
    Scan,
    Source,
    none_works,
)
from ...kernels.errors import DeviceCrashed, DeviceError, DeviceHung, OutOfTime
from ...kernels.headers.job import Job
from .deadlines import DEADLINES, Deadlines, Trials
from .messages import (
    PART_BYTES,
    Allocate,
    Allocated,
    BufferPart,
    Compile,
    CompiledKernel,
    Entries,
    Find,
    LaunchedKernel,
    LaunchKernel,
    MeasureRoof,
    Open,
    Prepare,
    Prepared,
    ReadBuffer,
    Release,
    RepeatBuffer,
    Reply,
    Request,
    RoofMeasured,
    Scanned,
    ScanRange,
    TakeTheFirst,
    WriteBuffer,
)
from .process import WorkerProcess

# Enumerated in this process, since no foreign driver is loaded for it; every other backend has a worker do it.
IN_PROCESS = ("cpu", "rtl")
# These tell by themselves where there is no sign of their driver.
SEEN_AT_ONCE = ("cuda",)


class IsolatedDevice:
    """A device in a worker process, behind the same interface as any other."""

    def __init__(self, info: DeviceInfo, module: str, options: DeviceOptions, deadlines: Deadlines = DEADLINES) -> None:
        """Open the device `info.id` of the backend in `module`. Raises DeviceError, InputError."""
        self.info = info
        self._module = module
        self._options = options
        self._deadlines = deadlines
        self._fewest_seconds_per_nonce: float | None = None
        self._fewest_seconds_per_item: dict[KernelId, float] = {}
        self._has_prepared = False
        self._opening_s = 0.0
        self._open()

    @property
    def process_id(self) -> int:
        """The process that works for this device: its CPU time is not other programs' load."""
        return self._worker.process_id

    def prepare(self, job: Job) -> KernelInfo:
        """See Scans."""
        request = Prepare(job.prefixes, job.target.to_bytes(32, "big"))
        trials = Trials(self._deadlines)
        while True:
            try:
                trials.begin(self._worker, self._options, self._opening_s, self._may_replace())
                if self._may_replace() and not trials.can_restart():
                    self._ask(TakeTheFirst(), self._deadlines.scan_s)
                reply = self._ask(request, self._deadlines.prepare_s, trials.deadline_s)
                break
            except (DeviceCrashed, DeviceHung) as error:
                self._go_on_without_the_last(trials, error)
        if not isinstance(reply, Prepared):
            raise self._confused()
        self._has_prepared = True
        return reply.kernel

    def scan(self, nonces: range) -> Scan:
        """See Scans."""
        if nonces.step != 1:
            # Only the ends travel: the device behind the border would scan what was never asked for.
            raise DeviceError(f"{self.info.id} scans ranges with step 1, not {nonces!r:.80}")
        started = time.perf_counter()
        reply = self._ask(
            ScanRange(nonces.start, nonces.stop), self._work_deadline_s(len(nonces), self._fewest_seconds_per_nonce)
        )
        if not isinstance(reply, Scanned):
            raise self._confused()
        if nonces:
            seconds = (time.perf_counter() - started) / len(nonces)
            self._fewest_seconds_per_nonce = min(seconds, self._fewest_seconds_per_nonce or seconds)
        hits = tuple(Hit(prefix, nonce) for prefix, nonce in reply.hits)
        return Scan(hits, reply.hashes, reply.xor_h7, reply.device_s)

    def roof(self) -> Roof | None:
        """See HasRoof; None where the device behind it has none."""
        reply = self._ask(MeasureRoof(), self._deadlines.prepare_s)
        if not isinstance(reply, RoofMeasured):
            raise self._confused()
        return reply.roof

    def close(self) -> None:
        """See Scans."""
        self._worker.close()

    def allocate(self, size_bytes: int) -> BufferId:
        """See Executes."""
        reply = self._ask(Allocate(size_bytes), self._deadlines.prepare_s)
        if not isinstance(reply, Allocated):
            raise self._confused()
        return reply.buffer

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executes."""
        for start in range(0, len(data), PART_BYTES):
            part = data[start : start + PART_BYTES]
            self._ask(WriteBuffer(buffer, offset_bytes + start, part), self._deadlines.scan_s)

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        """See Executes."""
        self._ask(RepeatBuffer(buffer, period_bytes, size_bytes), self._deadlines.scan_s)

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """See Executes."""
        parts = []
        for start in range(0, size_bytes, PART_BYTES):
            wanted = min(PART_BYTES, size_bytes - start)
            reply = self._ask(ReadBuffer(buffer, offset_bytes + start, wanted), self._deadlines.scan_s)
            if not isinstance(reply, BufferPart) or len(reply.data) != wanted:
                raise self._confused()
            parts.append(reply.data)
        return b"".join(parts)

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executes."""
        reply = self._ask(Compile(source), self._deadlines.prepare_s)
        if not isinstance(reply, CompiledKernel):
            raise self._confused()
        return reply.kernel, reply.compile_s

    def launch(self, launch: Launch) -> Launched:
        """See Executes."""
        work = launch.items * launch.repeats
        started = time.perf_counter()
        fewest = self._fewest_seconds_per_item.get(launch.kernel)
        reply = self._ask(LaunchKernel(launch), self._work_deadline_s(work, fewest))
        if not isinstance(reply, LaunchedKernel):
            raise self._confused()
        seconds = (time.perf_counter() - started) / work
        self._fewest_seconds_per_item[launch.kernel] = min(seconds, fewest or seconds)
        return reply.launched

    def release(self) -> None:
        """See Executes."""
        self._ask(Release(), self._deadlines.scan_s)
        self._fewest_seconds_per_item.clear()

    def _open(self) -> None:
        started = time.monotonic()
        self._worker = WorkerProcess(self.info.id, self.info.remedy)
        try:
            self._ask(Open(self._module, self.info.id, self._options), self._deadlines.open_s)
        except BaseException:
            self._worker.kill()
            raise
        self._opening_s = max(self._opening_s, time.monotonic() - started)

    def _may_replace(self) -> bool:
        """Whether another kernel may take the place of one that ends its process."""
        return not self._has_prepared and self._options.kernel is None

    def _go_on_without_the_last(self, trials: Trials, error: DeviceError) -> None:
        """After the process ended with `error`: another one, without the kernel that was being tried.

        Only before anything has run: what is measured is measured with one kernel. Raises `error` where that cannot be.
        """
        kernel, end = self._worker.trial, self._worker.end
        # Where the device's time is up, the kernel is not to blame.
        if kernel is None or end is None or isinstance(error, OutOfTime):
            raise error
        if not self._may_replace():
            raise error
        reason = f"the process that tried it {end}"
        if isinstance(error, DeviceHung):
            reason += trials.excuse()
        self._options = trials.without(self._options, kernel, reason)
        if self._options.only == ():
            raise type(error)(none_works(self.info, self._options.avoid)) from None
        self._open()

    def _work_deadline_s(self, amount: int, fewest_seconds: float | None) -> float:
        limits = self._deadlines
        if fewest_seconds is None:
            return limits.first_scan_s
        expected = amount * fewest_seconds
        # A rate from tiny scans is far too low; no caller asks for scans of minutes.
        return limits.scan_s + min(limits.first_scan_s, limits.scan_factor * expected)

    def _ask(self, request: Request, deadline_s: float, trial_s: Callable[[], float] | None = None) -> Reply:
        try:
            return self._worker.ask(request, deadline_s, trial_s)
        except msgspec.DecodeError:
            raise self._confused() from None

    def _confused(self) -> DeviceError:
        self._worker.kill()
        return DeviceCrashed(f"{self.info.id}: its driver garbled the answers; {self.info.remedy}")


def process_of(device: AnyDevice) -> int | None:
    """The process that works for a device, None where it is this one."""
    return device.process_id if isinstance(device, IsolatedDevice) else None


def find_all(backends: list[str] | None = None) -> list[Found | Missing]:
    """Every device of the named backends (all by default), isolated where it asks for it, and the reasons for none."""
    found: list[Found | Missing] = []
    for name in backends or registry.BACKENDS:
        module = _module_name(name)
        if name in IN_PROCESS:
            backend = cast(registry.Backend, import_module(module))
            found.extend(_isolated_if_wished(entry, module) for entry in backend.find())
            continue
        nothing = _nothing_to_look_for(module) if name in SEEN_AT_ONCE else None
        found.extend(find_isolated(name, module) if nothing is None else [nothing])
    return registry.measured_once(found)


def _nothing_to_look_for(module: str) -> Missing | None:
    """Why a backend has no device, where its `absent` tells so without loading a driver: no process is started."""
    absent: Callable[[], Missing | None] = import_module(module).absent
    return absent()


def find_isolated(backend: str, module: str, deadlines: Deadlines = DEADLINES) -> list[Found | Missing]:
    """The devices of the backend in `module`, enumerated by a worker; a crash or hang there is a Missing."""
    try:
        worker = WorkerProcess(backend)
        try:
            reply = worker.ask(Find(module), deadlines.find_s)
        finally:
            worker.close()
    except (DeviceError, msgspec.DecodeError) as error:
        return [Missing(backend, str(error), broken=True)]
    if not isinstance(reply, Entries):
        return [Missing(backend, f"{backend}: its driver garbled the answers; update it", broken=True)]
    found: list[Found | Missing] = []
    for entry in reply.entries:
        if entry.missing is not None:
            found.append(entry.missing)
        elif entry.info is not None:
            found.append(Found(entry.info, opener(entry.info, module, deadlines), True, entry.by_default))
    return found


def opener(info: DeviceInfo, module: str, deadlines: Deadlines = DEADLINES) -> Callable[[DeviceOptions], AnyDevice]:
    """What opens the device in a worker."""
    return partial(_open, info, module, deadlines)


def _open(info: DeviceInfo, module: str, deadlines: Deadlines, options: DeviceOptions) -> AnyDevice:
    return IsolatedDevice(info, module, options, deadlines)


def _isolated_if_wished(entry: Found | Missing, module: str) -> Found | Missing:
    if isinstance(entry, Found) and entry.isolate:
        return replace(entry, open=opener(entry.info, module))
    return entry


def _module_name(backend: str) -> str:
    package = registry.__name__.rpartition(".")[0]
    return package + registry.BACKENDS[backend]
