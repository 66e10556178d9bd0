"""An OpenCL device behind the interface that all devices share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from ..cpu.cores.features import host_features
from ..device import DeviceInfo, DeviceOptions, KernelInfo, Roof, Scan, TellTrial, none_works
from ..errors import DeviceError
from ..execution import ExecutesByExecutor
from ..headers.job import NONCES, PREFIX_BYTES, Job
from .codegen.variant import Variant, parse_variant
from .executor import OpenCLExecutor
from .known_answers import check_answers
from .program import Built, build
from .roof import measure_roof
from .runtimes.pocl import renamed
from .runtimes.wording import failure
from .scanner import Scanner
from .setting import DEALT, Pace, Tuning
from .tuning.cache import Key, recall, remember
from .tuning.candidates import first_guess
from .tuning.tuner import Outcome, Race, reason_of

# A driver whose events claim less than this part of the time that passed does not keep time (rusticl: 1 ns).
SANE_EVENT_SHARE = 0.2
# Compilers may say a lot; it travels from process to process, and in the end somebody reads it.
LONGEST_LOG = 1 << 16
TUNING_JOB = Job((bytes(PREFIX_BYTES),), target=1)


class OpenCLDevice(ExecutesByExecutor):
    """A device of one OpenCL platform. `opencl_device` is pyopencl's object for it."""

    def __init__(self, info: DeviceInfo, opencl_device: Any, options: DeviceOptions) -> None:
        """Open it. Raises DeviceError, InputError."""
        self.info = info
        self._options = options
        self._chosen = parse_variant(options.kernel) if options.kernel else None
        self._tell: TellTrial = _nobody_listens
        self._first_only = False
        self._tunings: dict[bool, Tuning] = {}
        self._connect(opencl_device)
        self._built: dict[Variant, Built] = {}
        self._paces: dict[Tuning, Pace] = {}
        self._scanner: Scanner | None = None
        self._outcome: Outcome | None = None
        self._execution: OpenCLExecutor | None = None
        self._closed = False
        self._process_id = os.getpid()

    def _connect(self, opencl_device: Any) -> None:
        import pyopencl

        with self._worded("opening it"):
            self._cpu: str | None = renamed(opencl_device, host_features())
            self._opencl_device = _limited(opencl_device, self.info, self._options.threads)
            self._context = pyopencl.Context([self._opencl_device])
            self._queue = pyopencl.CommandQueue(
                self._context, properties=pyopencl.command_queue_properties.PROFILING_ENABLE
            )

    def tell_trials(self, tell: TellTrial) -> None:
        """See TriesKernels."""
        self._tell = tell

    def take_the_first(self) -> None:
        """See TriesKernels."""
        self._first_only = True

    def prepare(self, job: Job) -> KernelInfo:
        """See Scans."""
        self._check_open()
        self._scanner = None
        with self._worded("the race of its kernels"):
            scanner = self._settled(job)
        self._scanner = scanner
        tuning = scanner.tuning
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
            likelier=len(self._outcome.likelier) if self._outcome else 0,
        )

    def scan(self, nonces: range) -> Scan:
        """See Scans."""
        self._check_open()
        if self._scanner is None:
            raise DeviceError(f"{self.info.id} has no job yet; call prepare first")
        if nonces.step != 1 or not 0 <= nonces.start <= nonces.stop <= NONCES:
            raise DeviceError(f"{self.info.id} scans ranges within 0…2³²−1 with step 1, not {nonces!r:.80}")
        job = self._scanner.job
        with self._worded("the launch"):
            tally = self._scanner.scan(nonces, job.target, self.info)
        sane = SANE_EVENT_SHARE * tally.host_s <= tally.event_s <= 1.01 * tally.host_s
        return Scan(tuple(tally.hits), len(job.prefixes) * tally.nonces, tally.xor_h7, tally.event_s if sane else None)

    def roof(self) -> Roof | None:
        """See HasRoof: the roof of one prefix, also where several are prepared. A simulator has none."""
        self._check_open()
        if self._scanner is None or self.info.simulator:
            return None
        variant = replace(self._scanner.tuning.variant, rolled=False)
        units = int(self._opencl_device.max_compute_units or 1)
        rated_hz = 1e6 * float(self._opencl_device.max_clock_frequency or 0)
        with self._worded("measuring its roof"):
            return measure_roof(self._context, self._queue, self.info.kind, variant, units, rated_hz, self._cpu)

    def close(self) -> None:
        """See Scans."""
        self._closed = True
        self._scanner = self._execution = None
        self._built.clear()
        self._queue = self._context = None

    def _executor(self) -> OpenCLExecutor:
        self._check_open()
        if self._execution is None:
            self._execution = OpenCLExecutor(self.info, self._opencl_device, self._context, self._queue, self._cpu)
        return self._execution

    def _settled(self, job: Job) -> Scanner:
        """The job with the race's winner, or with the next that works where that one does not, rolled for it say."""
        rolled = len(job.prefixes) > 1
        if self._outcome is None:
            self._outcome = self._chosen_or_raced()
            # Those of the race started from nothing.
            self._paces.clear()
        if rolled in self._tunings:
            return self._checked_scanner(job, self._tunings[rolled])
        first_error: DeviceError | None = None
        failures: dict[str, str] = {}
        for plain in (self._outcome.tuning, *self._outcome.runners_up):
            # What is fastest for one prefix is within a few percent of it for many: no second race.
            tuning = replace(plain, variant=replace(plain.variant, rolled=rolled))
            reason = self._reason_against(tuning)
            if reason is None:
                try:
                    with self._trying(tuning):
                        scanner = self._checked_scanner(job, tuning)
                    self._tunings[rolled] = tuning
                    break
                except DeviceError as error:
                    if self._chosen:
                        raise
                    first_error = first_error or error
                    reason = reason_of(error)
            failures[tuning.name] = reason
        else:
            raise first_error or DeviceError(none_works(self.info, failures))
        if failures and not self._chosen:
            self._keep(self._outcome.without(failures) or self._outcome)
        return scanner

    def _reason_against(self, tuning: Tuning) -> str | None:
        """Why it is not to be tried: it ended or hung the process before this one, or did so in an earlier run."""
        known = self._outcome.candidates if self._outcome else ()
        failed = {candidate.name: candidate.reason for candidate in known if candidate.reason is not None}
        failed.update(self._options.avoid)
        if not tuning.variant.rolled:
            return failed.get(tuning.name)
        # Of these no other dealing has worked before: it is one kernel.
        kernels = {name.partition(DEALT)[0]: reason for name, reason in failed.items()}
        return kernels.get(tuning.name.partition(DEALT)[0])

    def _chosen_or_raced(self) -> Outcome:
        width = int(self._opencl_device.native_vector_width_int or 1)
        guess = first_guess(self.info.kind, self.info.simulator, width)
        if self._chosen:
            return Outcome(replace(guess, variant=self._chosen))
        if self.info.simulator:
            return Outcome(guess)
        earlier = None if self._options.retune else recall(self._key())
        # What was not in time for that race may live where all of it has died since.
        left = None if earlier is None else earlier.without(self._options.avoid)
        if left is not None and (not left.likelier or self._first_only):
            return left
        # What ended or hung a process in an earlier run is left out of this race, too.
        options = replace(self._options, avoid={**(earlier.failures if earlier else {}), **self._options.avoid})
        make = partial(self._checked_scanner, TUNING_JOB)
        race = Race(make, self._trying, options, self._first_only, left)
        outcome = race.run(self.info.kind, width, self._opencl_device.max_work_group_size)
        if outcome is None:
            raise race.first_error or DeviceError(none_works(self.info, race.failures))
        remember(self._key(), outcome)
        return outcome

    def _keep(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if outcome.hashrate_hs:
            remember(self._key(), outcome)

    def _key(self) -> Key:
        compiled_for = f", compiled for {self._cpu}" if self._cpu else ""
        return Key(self.info.name, self.info.driver + compiled_for, self._opencl_device.max_compute_units)

    @contextmanager
    def _trying(self, tuning: Tuning) -> Iterator[None]:
        self._tell(tuning.name, None)
        worked = False
        try:
            yield
            worked = True
        finally:
            self._tell(tuning.name, worked)

    def _checked_scanner(self, job: Job, tuning: Tuning) -> Scanner:
        scanner = self._scanner_for(job, tuning)
        with self._worded("the self-test"):
            check_answers(scanner, self.info)
        return scanner

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        variant = tuning.variant
        if variant not in self._built:
            self._built[variant] = build(self._context, self._opencl_device, variant, self.info, self._cpu)
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
            raise failure(f"{self.info.id}: {what}", error, self.info.remedy) from error


def _nobody_listens(_kernel: str, _worked: bool | None) -> None:
    """What a device tells of its trials where nobody asked for it."""


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
