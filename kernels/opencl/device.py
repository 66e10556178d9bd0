"""An OpenCL device behind the interface that all devices share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..cpu.features import host_features
from ..device import DeviceInfo, DeviceOptions, KernelInfo, Roof, Scan
from ..errors import DeviceError
from ..execution import ExecutesByExecutor
from ..job import NONCES, PREFIX_BYTES, Job
from .candidates import SIMULATOR, first_guess
from .executor import OpenCLExecutor
from .known_answers import check_answers
from .pocl import renamed
from .program import Built, build
from .roof import measure_roof
from .scanner import Scanner
from .tuner import Outcome, tune
from .tuning import Pace, Tuning
from .tuning_cache import Key, recall, remember
from .variant import Variant, parse_variant
from .wording import failure

# A driver whose events claim less than this part of the time that passed does not keep time (rusticl: 1 ns).
SANE_EVENT_SHARE = 0.2
# Compilers may say a lot; it travels from process to process, and in the end somebody reads it.
LONGEST_LOG = 1 << 16
TUNING_JOB = Job((bytes(PREFIX_BYTES),), target=1)


class OpenCLDevice(ExecutesByExecutor):
    """A device of one OpenCL platform. `opencl_device` is pyopencl's object for it."""

    def __init__(self, info: DeviceInfo, opencl_device: Any, options: DeviceOptions) -> None:
        """Open it. Raises DeviceError, InputError."""
        import pyopencl

        self.info = info
        self._chosen = parse_variant(options.kernel) if options.kernel else None
        self._retune = options.retune
        with self._worded("opening it"):
            self._cpu = renamed(opencl_device, host_features())
            self._opencl_device = _limited(opencl_device, info, options.threads)
            self._context = pyopencl.Context([self._opencl_device])
            self._queue = pyopencl.CommandQueue(
                self._context, properties=pyopencl.command_queue_properties.PROFILING_ENABLE
            )
        self._built: dict[Variant, Built] = {}
        self._paces: dict[Tuning, Pace] = {}
        self._scanner: Scanner | None = None
        self._outcome: Outcome | None = None
        self._execution: OpenCLExecutor | None = None
        self._closed = False
        self._process_id = os.getpid()

    def prepare(self, job: Job) -> KernelInfo:
        """See Device."""
        self._check_open()
        self._scanner = None
        with self._worded("the race of its kernels"):
            tuning = self._tuning(rolled=len(job.prefixes) > 1)
        scanner = self._scanner_for(job, tuning)
        with self._worded("the self-test"):
            check_answers(scanner, self.info.id)
        self._scanner = scanner
        return KernelInfo(
            name=f"opencl-{tuning.variant.name}",
            prefixes=len(job.prefixes),
            tuning={
                "vector_width": tuning.variant.width,
                "vectors_per_item": tuning.vectors_per_item,
                "local_size": tuning.local_size,
                "hashes_per_launch": scanner.pace.hashes,
            },
            compile_s=scanner.built.build_s,
            source_sha256=scanner.built.source_sha256,
            candidates=self._outcome.candidates if self._outcome else (),
            build_log=scanner.built.log[-LONGEST_LOG:],
        )

    def scan(self, nonces: range) -> Scan:
        """See Device."""
        self._check_open()
        if self._scanner is None:
            raise DeviceError(f"{self.info.id} has no job yet; call prepare first")
        if nonces.step != 1 or not 0 <= nonces.start <= nonces.stop <= NONCES:
            raise DeviceError(f"{self.info.id} scans ranges within 0…2³²−1 with step 1, not {nonces!r:.80}")
        job = self._scanner.job
        with self._worded("the launch"):
            tally = self._scanner.scan(nonces, job.target, self.info.id)
        sane = SANE_EVENT_SHARE * tally.host_s <= tally.event_s <= 1.01 * tally.host_s
        return Scan(tuple(tally.hits), len(job.prefixes) * tally.nonces, tally.xor_h7, tally.event_s if sane else None)

    def roof(self) -> Roof | None:
        """See HasRoof: the roof of one prefix, also where several are prepared. A simulator has none."""
        self._check_open()
        if self._scanner is None or SIMULATOR in self.info.name:
            return None
        variant = replace(self._scanner.tuning.variant, rolled=False)
        units = int(self._opencl_device.max_compute_units or 1)
        rated_hz = 1e6 * float(self._opencl_device.max_clock_frequency or 0)
        with self._worded("measuring its roof"):
            return measure_roof(self._context, self._queue, self.info.kind, variant, units, rated_hz)

    def close(self) -> None:
        """See Device."""
        self._closed = True
        self._scanner = self._execution = None
        self._built.clear()
        self._queue = self._context = None

    def _executor(self) -> OpenCLExecutor:
        self._check_open()
        if self._execution is None:
            self._execution = OpenCLExecutor(self.info, self._opencl_device, self._context, self._queue)
        return self._execution

    def _tuning(self, rolled: bool) -> Tuning:
        if self._outcome is None:
            self._outcome = self._chosen_or_raced()
            # Those of the race started from nothing.
            self._paces.clear()
        tuning = self._outcome.tuning
        # What is fastest for one prefix is within a few percent of it for many: no second race.
        return replace(tuning, variant=replace(tuning.variant, rolled=rolled))

    def _chosen_or_raced(self) -> Outcome:
        width = int(self._opencl_device.native_vector_width_int or 1)
        guess = first_guess(self.info.kind, self.info.name, width)
        if self._chosen:
            return Outcome(replace(guess, variant=self._chosen))
        if SIMULATOR in self.info.name:
            return Outcome(guess)
        key = Key(self.info.name, self.info.driver, self._opencl_device.max_compute_units)
        outcome = None if self._retune else recall(key)
        if outcome is None:
            largest_group = self._opencl_device.max_work_group_size
            outcome = tune(self._checked_scanner, self.info.kind, width, largest_group)
            remember(key, outcome)
        return outcome

    def _checked_scanner(self, tuning: Tuning) -> Scanner:
        scanner = self._scanner_for(TUNING_JOB, tuning)
        with self._worded("the self-test"):
            check_answers(scanner, self.info.id)
        return scanner

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        variant = tuning.variant
        if variant not in self._built:
            self._built[variant] = build(self._context, self._opencl_device, variant, self.info.id)
        pace = self._paces.setdefault(tuning, Pace(self._outcome.hashrate_hs if self._outcome else None))
        with self._worded("uploading the job"):
            return Scanner(self._context, self._queue, self._built[variant], tuning, pace, job)

    def _check_open(self) -> None:
        if os.getpid() != self._process_id:
            # Runtimes keep threads, which a forked process does not have: it would wait for them forever.
            raise DeviceError(f"{self.info.id} was opened by the process that forked this one; open it again here")
        if self._closed:
            raise DeviceError(f"{self.info.id} is closed; open it again")

    @contextmanager
    def _worded(self, what: str) -> Iterator[None]:
        import pyopencl

        try:
            yield
        except pyopencl.Error as error:
            raise failure(f"{self.info.id}: {what}", error) from error


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
