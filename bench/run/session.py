"""Measuring one workload on one device, from self-test to result; whatever goes wrong is a status with a reason."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext

from msgspec.structs import replace

from ...kernels.device import AnyDevice, Found
from ...kernels.errors import (
    DeviceError,
    HashwattError,
    InputError,
    OutOfTime,
    Unfit,
    WrongResult,
    details_of,
    shortage_of,
)
from ...kernels.system.quota import ThrottleCounter
from ...kernels.workloads.protocol import LendsMemory, Request, Task, counts_for
from ..interrupts import interruptible, pending
from ..isolation.device import process_of
from ..machine.core_clock import CoreClock
from ..machine.load import LoadMeter
from ..progress import Progress
from ..result.from_device import fault_of_id
from ..result.measurement import Measurement, RunSettings, Status
from ..result.warning import WarningRecord
from ..sampling.budget import SLACK_S, budget, device_seconds
from ..sampling.calibrate import Calibrated
from ..sampling.sampler import Sampler
from ..sampling.stopwatch import Clock, Stopwatch
from ..sampling.warmup import Warmup, begins_at_once, warm_up, warm_up_again, warming_batch
from ..verification.checks import check_measurement
from ..warnings import sentences
from .assignment import Assignment, Work, failure_sentence, unmeasured
from .measured import measurement_of
from .part import current_part
from .preparing import expected, load_meter, run_settings, tested_batch
from .roofs import is_loss
from .session_roof import SessionRoof
from .stages import Stages

LOG = logging.getLogger(__name__)
NOT_ALONE = "the setting that it was to be alternated with could not be had"
# Of the time that a workload wants.
NOTICEABLY_SHORTER = 0.5
# What a device came to that can go on with other work.
STILL_WELL = ("measured", "skipped")
BEFORE_ITS_TURN = "the run was interrupted before this device's turn"


class Session:
    """One workload on one device: made ready once, sampled in rounds, which others' rounds may lie between.

    Use: `measure`, or `prepare`, `round` as long as it `goes_on`, `finish`, and then `result`. None of them raises for
    a device's fault, nor for an interrupt (see `interrupted`). `refused_input` holds what the user gave wrongly, if
    anything.
    """

    def __init__(
        self, found: Found, work: Work, assignment: Assignment, progress: Progress, clock: Clock = time.perf_counter
    ) -> None:
        """A session with a device that was found but not opened."""
        self.found = found
        self.work = work
        self.energy = assignment.energy.account(found.info)
        self._assignment = assignment
        self._plan = assignment.plan_of(work)
        self._progress = progress
        self._stages = Stages(found.info.id, work, assignment, progress)
        self._clock = clock
        self._left_s = 0.0
        self._device: AnyDevice | None = None
        self._task: Task | None = None
        self._stopwatch: Stopwatch | None = None
        self._sampler: Sampler | None = None
        self._meter: LoadMeter | None = None
        self._settings: RunSettings | None = None
        self._calibrated: Calibrated | None = None
        # Whether the host's cores did other work for this device or another a moment ago.
        self._is_warm_here = False
        self._process_id: int | None = None
        self._core_clock: CoreClock | None = None
        self._roof = SessionRoof(found.info, self._stages.begin, self._lose, self._failure)
        self._warnings: list[WarningRecord] = []
        self._end: tuple[Status, str | None] | None = None
        self._lost = False
        self.refused_input: InputError | None = None
        self.interrupted = False
        if assignment.ledger is not None:
            assignment.ledger.enter(self, found.isolate)

    def measure(self) -> Measurement:
        """All of it, without anything in between."""
        self.prepare()
        while self.goes_on:
            self.round()
        self.finish()
        return self.result()

    def sample_for(self, seconds: float) -> None:
        """Sample for so long, before it is prepared; whatever the assignment says."""
        self._plan = self._assignment.plan_for(seconds)
        if seconds < NOTICEABLY_SHORTER * (self.work.seconds or 0.0):
            self._warnings.append(sentences.cut_short())

    @property
    def is_open(self) -> bool:
        """Whether its device is open from earlier work of the run, so that it may be prepared before others' rounds."""
        devices = self._assignment.devices
        return devices is not None and devices.is_open(self.found.info.id)

    @property
    def goes_on(self) -> bool:
        """Whether another round is to be made."""
        return self._end is None and (self._sampler is None or not self._sampler.done)

    def prepare(self) -> None:
        """Open the device, and get ready for samples."""
        devices = self._assignment.devices
        why_not = None if devices is None else devices.why_given_up(self.found.info.id)
        why_not = why_not or self.work.workload.why_not(self.found.info, self.work.parameters)
        if why_not is not None:
            self._end = "skipped", why_not
            return
        if devices is not None and devices.is_warm(self.found.info):
            self._is_warm_here = self.found.info.on_host_cores
            self._plan = self._plan.of_a_warm_device(self._is_warm_here)
        # Devices at once wait for each other, so that the patience of two is needed.
        patience_s = self._assignment.patience_s * (1 if self._assignment.rendezvous is None else 2)
        self._left_s = device_seconds(self._plan, patience_s)
        self._attempt(self._prepare)
        if self._end is None:
            self._wait_for_other_machines()

    def round(self) -> None:
        """Warm up, and take the samples of a round."""
        self._attempt(self._round)

    def finish(self) -> None:
        """Ask the device for a last answer and for its roof, and close it."""
        if self._end is None:
            self._attempt(self._finish)
        self._end = self._end or ("measured", None)
        if self._assignment.ledger is not None:
            self._assignment.ledger.needs(self, 0.0)
        self._close()
        self.energy.complete()

    def cut_short(self) -> None:
        """The run was interrupted while this device had not come to its end."""
        if self._end is None:
            begun = self._sampler is not None and self._sampler.rounds
            self._end = self._interrupted() if begun else ("interrupted", BEFORE_ITS_TURN)
        if self.interrupted:
            self._close()
            self.energy.complete()

    def leave(self) -> None:
        """Close the device without another word: what was to be measured beside it cannot be."""
        self._end = self._end or ("skipped", NOT_ALONE)
        self._close()
        self.energy.complete()

    def result(self) -> Measurement:
        """What was measured."""
        try:
            return self._checked(*(self._end or self._interrupted()))
        except Exception as error:
            # A foreign value that nobody thought of: it must not cost what the other devices have measured.
            return self._nothing("failed", self._failure(error))

    def given_up(self) -> Measurement:
        """What was measured so far of a device that does not come to an end, while another thread waits for it."""
        return self._checked(*self._interrupted())

    def _attempt(self, step: Callable[[], None]) -> None:
        """Go a step further, within the time that the device has left; where it fails, that is the end."""
        begun_s = time.monotonic()
        ledger = self._assignment.ledger
        try:
            with budget(self._left_s if ledger is None else min(self._left_s, ledger.turn_seconds(self))):
                interruptible(step)
        except KeyboardInterrupt:
            self._end = self._interrupted()
        except HashwattError as error:
            self._tell(details_of(error))
            if self._is_over() and not isinstance(error, WrongResult):
                # Whoever ends the run may end the device's process with it.
                self._end = self._interrupted()
            else:
                self.refused_input = error if isinstance(error, InputError) else None
                self._end = _status_of(error), str(error)
                if is_loss(error):
                    self._lose()
        except Exception as error:
            shortage = shortage_of(error)
            self._end = ("failed", self._failure(error)) if shortage is None else ("skipped", self._short_of(shortage))
        finally:
            self._left_s -= time.monotonic() - begun_s
            if self._end is not None:
                self._close()
            if ledger is not None:
                ledger.needs(self, self._needs_s())

    def _lose(self) -> None:
        """Note that the device hung or died: once, for whatever is asked of it afterwards fails as well."""
        if not self._lost and self._assignment.devices is not None:
            self._assignment.devices.lose(self.found.info.id)
        self._lost = True

    def _wait_for_other_machines(self) -> None:
        """Where this is a part of a larger run whose machines begin at once. Waiting costs the device nothing."""
        part, waited_s = current_part(), 0.0
        try:
            if part is not None:
                waited_s = interruptible(part.wait)
        except KeyboardInterrupt:
            self._end = self._interrupted()
            self._close()
        if self._assignment.ledger is not None:
            self._assignment.ledger.extend(waited_s)

    def _needs_s(self) -> float:
        """What this device still needs if it is well."""
        if self._end is not None:
            return 0.0
        plan, sampler = self._plan, self._sampler
        rounds = plan.rounds if sampler is None else 0 if sampler.done else plan.rounds - len(sampler.rounds)
        warmup_s = plan.warmup_s if sampler is None else 0.0
        return warmup_s + rounds * (plan.round_s + plan.warmup_again_s) + SLACK_S

    def _checked(self, status: Status, reason: str | None) -> Measurement:
        """The result, refused where its own evidence does not hold."""
        result = self._result(status, reason)
        if status != "measured" and not result.rounds:
            return result
        checks = check_measurement(result, self._assignment.challenge, self._assignment.run_id).checks
        failed = [check for check in checks if not check.ok]
        if not failed:
            return result
        return self._result("refused", f"its own evidence does not hold ({failed[0].sentence}); run it again")

    def _interrupted(self) -> tuple[Status, str]:
        self.interrupted = True
        return "interrupted", "the run was interrupted; run it again for the full measurement"

    def _is_over(self) -> bool:
        rendezvous = self._assignment.rendezvous
        return pending() or (rendezvous is not None and rendezvous.over.is_set())

    def _failure(self, error: Exception) -> str:
        self._tell(traceback.format_exc())
        return failure_sentence(error)

    def _short_of(self, shortage: str) -> str:
        self._tell(traceback.format_exc())
        return f"{self.found.info.id}: {shortage}"

    def _close(self) -> None:
        device, self._device = self._device, None
        devices = self._assignment.devices
        try:
            well = self._end is not None and self._end[0] in STILL_WELL and not self._lost
            if device is not None and devices is not None and well:
                devices.give_back(device)
            elif device is not None:
                device.close()
        except Exception:
            # What was measured does not depend on it.
            self._tell(traceback.format_exc())

    def _opened(self) -> AnyDevice:
        devices, options = self._assignment.devices, self._assignment.options
        return self.found.open(options) if devices is None else devices.take(self.found, options)

    def _prepare(self) -> None:
        fault = fault_of_id(self.found.info.id)
        if fault:
            raise DeviceError(fault)
        assignment = self._assignment
        self._stages.begin("opening")
        device = self._device = self._opened()
        request = Request(
            assignment.challenge,
            assignment.inputs_run_id,
            self.work.parameters,
            assignment.machine,
            assignment.shares,
            assignment.options.retune,
        )
        task = self._task = self.work.workload.bind(device, request)
        stopwatch = self._stopwatch = Stopwatch(task, self._clock)
        calibrated = self._calibrated = tested_batch(stopwatch, self._plan, self._stages.begin, self._tell)
        self._process_id = process_of(device)
        if assignment.rendezvous is not None:
            assignment.rendezvous.work_by(self._process_id)
        self._settings = run_settings(self._plan, assignment, calibrated.batch)
        if assignment.rendezvous is None:
            self._core_clock = CoreClock(device.info, assignment.options.threads)
            counts = counts_for(self.work.workload, device.info, self.work.parameters)
            devices = assignment.devices
            self._roof.open(device, task, counts, None if devices is None else devices.ceilings_of(device.info.id))

    def _round(self) -> None:
        assignment = self._assignment
        warmup_s = self._warm_up()
        if self._sampler is None:
            assert self._stopwatch is not None
            assert self._settings is not None
            self._meter = load_meter(self.found.info, assignment, self._process_id)
            counter = ThrottleCounter().read
            settings = self._settings
            self._sampler = Sampler(
                self._stopwatch, self._meter, self._plan, settings.batch, counter, settings.usable_cpus
            )
        self._stages.sampling(self._sampler, self._plan)
        start_s = max(0.0, self._clock() - assignment.began_s)
        with self.energy.window() if assignment.rendezvous is None else nullcontext():
            self._sampler.sample(start_s, warmup_s, self._progress)
        if self._core_clock is not None:
            # At once: cores that idle soon change their clock.
            self._sampler.rounds[-1].clock_hz = self._core_clock.hz()
        self._roof.after_a_round()

    def _warm_up(self) -> float:
        """Warm up, devices at once together, and tell how long it took."""
        plan, rendezvous = self._plan, self._assignment.rendezvous
        stopwatch, settings, sampler = self._stopwatch, self._settings, self._sampler
        assert stopwatch is not None
        assert settings is not None
        if rendezvous is not None:
            rendezvous.meet()
        if sampler is None:
            self._stages.begin("warming up", plan.warmup_s)
            assert self._calibrated is not None
            _, rate, batch_s = self._calibrated
            if self._is_warm_here and begins_at_once(stopwatch.task, batch_s, plan.warmup_s):
                warmup = Warmup(0.0, 0, rate)
            else:
                batch = settings.batch
                if self._is_warm_here and isinstance(stopwatch.task, LendsMemory):
                    batch = warming_batch(stopwatch.task, batch)
                warmup = warm_up(stopwatch, batch, plan.warmup_s, self._progress)
            stopwatch.task.start(expected(plan, warmup.rate))
        else:
            self._stages.warming_up_again(sampler, plan)
            last = sampler.taken[-1]
            warmup = warm_up_again(
                stopwatch, settings.batch, last.rate, plan.warmup_again_s, self._progress,
                last.sample.seconds / plan.batches_per_sample, self.found.info.on_host_cores,
            )  # fmt: skip
        if rendezvous is not None:
            rendezvous.meet()
        return warmup.seconds

    def _finish(self) -> None:
        task, sampler, meter = self._task, self._sampler, self._meter
        assert task is not None
        assert sampler is not None
        assert meter is not None
        # What the device answers now, it must still answer rightly.
        task.spot_check()
        if sampler.ended_early is not None:
            if not sampler.is_enough:
                because = sampler.ended_early
                raise OutOfTime(f"{self.found.info.id}: no time was left for samples enough, because {because}")
            self._warnings.append(sentences.ended_early(len(sampler.taken), sampler.ended_early))
        if self._assignment.rendezvous is None:
            self._roof.at_the_end(task, meter, sampler)

    def _result(self, status: Status, reason: str | None) -> Measurement:
        failed = 0 if self._stopwatch is None else self._stopwatch.failed_batches
        return measurement_of(
            self._nothing(status, reason), self._task, self._sampler, self._settings,
            self._roof.roof, self._roof.other_load, failed, [*self._warnings, *self._roof.warnings],
        )  # fmt: skip

    def _nothing(self, status: Status, reason: str | None) -> Measurement:
        nothing = unmeasured(self.found, self.work, self._assignment.machine, status, reason)
        return replace(nothing, setting=self._assignment.setting)

    def _tell(self, details: str) -> None:
        """What no result keeps and few want to read: a driver's build log, say."""
        if details.strip():
            LOG.info("%s:\n%s", self.found.info.id, details)


def _status_of(error: HashwattError) -> Status:
    """What becomes of a device that raised this."""
    if isinstance(error, WrongResult):
        return "refused"
    return "skipped" if isinstance(error, Unfit) else "failed"
