"""An OpenCL device behind the interface that all devices share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..cpu.cores.features import host_features
from ..device import DeviceInfo, DeviceOptions, Roof
from ..errors import DeviceError
from ..headers.job import Job
from ..system.microarchitecture import llvm_cpu_name
from .codegen.variant import parse_variant
from .executor import OpenCLExecutor
from .launch import OpenCLSlot, Results, Uploaded
from .program import Built, build
from .raced import RacedDevice
from .roof import OpenCLStreams, measure_roof
from .runtimes.intel import targeted
from .runtimes.pocl import renamed
from .runtimes.wording import failure
from .scanner import Scanner
from .setting import Tuning
from .tuning.cache import Key
from .tuning.candidates import within


class OpenCLDevice(RacedDevice):
    """A device of one OpenCL platform. `opencl_device` is pyopencl's object for it."""

    def __init__(self, info: DeviceInfo, opencl_device: Any, options: DeviceOptions) -> None:
        """Open it. Raises DeviceError, InputError."""
        super().__init__(info, options, parse_variant(options.kernel) if options.kernel else None)
        self._connect(opencl_device)
        self._execution: OpenCLExecutor | None = None
        # By how many records they hold.
        self._results: dict[int, list[Results]] = {}

    def _connect(self, opencl_device: Any) -> None:
        import pyopencl

        with self._worded("opening it"):
            features = host_features()
            # Both before the context is there, which is for the CPU that they name.
            self._cpu: str | None = renamed(opencl_device, features) or targeted(
                opencl_device, features, llvm_cpu_name()
            )
            self._opencl_device = _limited(opencl_device, self.info, self._options.threads)
            self._context = pyopencl.Context([self._opencl_device])
            self._queue = pyopencl.CommandQueue(
                self._context, properties=pyopencl.command_queue_properties.PROFILING_ENABLE
            )

    def roof(self) -> Roof | None:
        """See HasRoof: by the prefixes that are prepared. A simulator has none."""
        self._check_open()
        if self._scanner is None or self.info.simulator:
            return None
        variant = replace(self._scanner.tuning.variant, rolled=False)
        units = int(self._opencl_device.max_compute_units or 1)
        rated_hz = 1e6 * float(self._opencl_device.max_clock_frequency or 0)
        with self._worded("measuring its roof"):
            streams = OpenCLStreams(self._context, self._queue, self.info.kind, units, self._cpu)
            prefixes = len(self._scanner.job.prefixes)
            return measure_roof(streams, self.info.kind, variant, units, rated_hz, prefixes)

    def close(self) -> None:
        """See Scans."""
        self._closed = True
        self._scanner = self._execution = None
        self._built.clear()
        self._results.clear()
        self._queue = self._context = None

    def _executor(self) -> OpenCLExecutor:
        self._check_open()
        if self._execution is None:
            self._execution = OpenCLExecutor(self.info, self._opencl_device, self._context, self._queue, self._cpu)
        return self._execution

    def _key(self) -> Key:
        compiled_for = f", compiled for {self._cpu}" if self._cpu else ""
        return Key(self.info.name, self.info.driver + compiled_for, self._opencl_device.max_compute_units)

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        variant = tuning.variant
        if variant not in self._built:
            self._built[variant] = build(self._context, self._opencl_device, variant, self.info, self._cpu)
        built = self._built[variant]
        tuning = self._fitting(tuning, built)
        with self._worded("uploading the job"):
            uploaded = Uploaded(self._context, built, job)
            slots = [OpenCLSlot(self._queue, uploaded, results) for results in self._results_for(uploaded.words.room)]
        return Scanner(built, tuning, self._pace(tuning), job, slots, uploaded.words.room)

    def _fitting(self, tuning: Tuning, built: Built) -> Tuning:
        """The tuning in work-groups that the kernel takes. Raises DeviceError where its name tells of larger ones."""
        most = built.largest_group
        if most is None or tuning.local_size <= most:
            return tuning
        if tuning.refined:
            raise DeviceError(f"{self.info.id}: this kernel takes work-groups of {most} work-items at most")
        return within(tuning, most)

    def _results_for(self, room: int) -> list[Results]:
        if room not in self._results:
            pinned = self.info.kind == "gpu"
            self._results = {room: [Results(self._context, self._queue, room, pinned) for _ in range(2)]}
        return self._results[room]

    def _native_width(self) -> int:
        return int(self._opencl_device.native_vector_width_int or 1)

    def _largest_group(self) -> int:
        return int(self._opencl_device.max_work_group_size)

    @contextmanager
    def _worded(self, what: str) -> Iterator[None]:
        import pyopencl

        try:
            yield
        except pyopencl.Error as error:
            raise failure(f"{self.info.id}: {what}", error, self.info.remedy) from error


def _limited(opencl_device: Any, info: DeviceInfo, threads: int | None) -> Any:
    """The device, or the part of a CPU device that runs that many threads. A GPU has no threads of the host's."""
    import pyopencl

    if threads is None or info.kind != "cpu" or threads >= (info.compute_units or 1):
        return opencl_device
    try:
        by_counts = [pyopencl.device_partition_property.BY_COUNTS, threads]
        return opencl_device.create_sub_devices(by_counts)[0]
    except pyopencl.Error as error:
        raise DeviceError(
            f"{info.id} cannot be limited to {threads} threads (its runtime says {error}); leave the number out for it"
        ) from error
