"""What OpenCL's and CUDA's devices share: the race for the kernel, its check for every job, and scanning.

A subclass knows the driver: how a tuning and a job become a `Scanner`, and how the driver's errors are worded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import ClassVar

from ..device import DeviceInfo, DeviceOptions, KernelInfo, Scan, TellTrial, none_works
from ..errors import DeviceError
from ..execution import ExecutesByExecutor
from ..headers.job import NONCES, PREFIX_BYTES, Job
from .codegen.variant import Variant
from .known_answers import check_answers
from .program import Built
from .scanner import Scanner
from .setting import DEALT, DISPLAY_LIMIT, HEADLESS_LAUNCH_S, TARGET_LAUNCH_S, Pace, Tuning
from .tuning.cache import Key, recall, remember
from .tuning.candidates import first_guess, within
from .tuning.tuner import Outcome, Race, reason_of

# A driver whose events claim less than this part of the time that passed does not keep time (rusticl: 1 ns).
SANE_EVENT_SHARE = 0.2
# Compilers may say a lot; it travels from process to process, and in the end somebody reads it.
LONGEST_LOG = 1 << 16
TUNING_JOB = Job((bytes(PREFIX_BYTES),), target=1)


class RacedDevice(ExecutesByExecutor):
    """A device whose kernel is raced. `_backend`: whose kernels they are, in their names."""

    _backend: ClassVar[str] = "opencl"

    def __init__(self, info: DeviceInfo, options: DeviceOptions, chosen: Variant | None) -> None:
        """`chosen`: the kernel that the user asks for."""
        self.info = info
        self._options = options
        self._chosen = chosen
        self._tell: TellTrial = _nobody_listens
        self._first_only = False
        self._tunings: dict[bool, Tuning] = {}
        self._built: dict[Variant, Built] = {}
        self._paces: dict[Tuning, Pace] = {}
        # Kernels of this process that were right on a whole set of known answers.
        self._proven: set[Variant] = set()
        self._scanner: Scanner | None = None
        self._outcome: Outcome | None = None
        self._closed = False
        self._process_id = os.getpid()

    # What a subclass knows.

    def _scanner_for(self, job: Job, tuning: Tuning) -> Scanner:
        """The kernel, compiled where it is not yet, with the job uploaded. Raises DeviceError."""
        raise NotImplementedError

    def _worded(self, what: str) -> AbstractContextManager[None]:
        """Entered around calls of the driver: its errors become DeviceErrors that name `what` was done."""
        raise NotImplementedError

    def _native_width(self) -> int:
        """Words of a vector that the driver calls native."""
        return 1

    def _largest_group(self) -> int:
        """Work-items a work-group at most."""
        raise NotImplementedError

    def _key(self) -> Key:
        """What a race's outcome depends on."""
        return Key(self.info.name, self.info.driver, self.info.compute_units)

    # What all share.

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
            name=replace(tuning, refined=False).name,
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
            tuning = replace(plain, variant=plain.variant.of_job(rolled))
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
        width = self._native_width()
        guess = within(first_guess(self.info.kind, self.info.simulator, width), self._largest_group())
        guess = replace(guess, backend=self._backend)
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
        race = Race(make, self._trying, options, self._first_only, left, self._backend)
        outcome = race.run(self.info.kind, width, self._largest_group())
        if outcome is None:
            raise race.first_error or DeviceError(none_works(self.info, race.failures))
        remember(self._key(), outcome)
        return outcome

    def _keep(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if outcome.hashrate_hs:
            remember(self._key(), outcome)

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
            check_answers(scanner, self.info, brief=tuning.variant in self._proven)
        self._proven.add(tuning.variant)
        return scanner

    def _check_open(self) -> None:
        if os.getpid() != self._process_id:
            # Runtimes keep threads, which a forked process does not have: it would wait for them forever.
            raise DeviceError(f"{self.info.id} was opened by the process that forked this one; open it again here")
        if self._closed:
            raise DeviceError(f"{self.info.id} is closed; open it again")

    def _pace(self, tuning: Tuning) -> Pace:
        launch_s = HEADLESS_LAUNCH_S if self.info.limits.get(DISPLAY_LIMIT) == 0 else TARGET_LAUNCH_S
        hashrate_hs = self._outcome.hashrate_hs if self._outcome else None
        return self._paces.setdefault(tuning, Pace(hashrate_hs, launch_s))


def _nobody_listens(_kernel: str, _worked: bool | None) -> None:
    """What a device tells of its trials where nobody asked for it."""
