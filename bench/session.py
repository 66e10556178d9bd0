"""Measuring one device from self-test to result; whatever goes wrong becomes a status with a reason."""

from __future__ import annotations

import logging
import math
import time
import traceback
from contextlib import nullcontext
from dataclasses import dataclass

from ..kernels.device import Device, DeviceOptions, Found, HasRoof, Roof
from ..kernels.errors import DeviceError, HashwattError, InputError, OutOfTime, WrongResult, details_of
from .energy.joules.record import missing_record
from .energy.measurement import NOT_MEASURED, EnergyMeasurement
from .interrupts import interruptible, pending
from .machine.load import LoadMeter
from .progress import Progress
from .rendezvous import Rendezvous
from .result.from_device import device_record, fault_of_id, kernel_record, roof_record
from .result.model import DeviceResult, Hashrate, RunSettings, Status, WarningRecord
from .result.printable import printable
from .sampling.budget import PATIENCE_WHEN_ASKED_S, budget, device_seconds
from .sampling.calibrate import calibrate
from .sampling.plan import Plan
from .sampling.sampler import Sampler
from .sampling.stopwatch import Clock, Stopwatch
from .sampling.warmup import Warmup, warm_up
from .sha256d.proof import SAMPLES_FOR_A_PROOF
from .sha256d.workload import Hashing
from .statistics import CONFIDENCE, Interval, median_interval
from .verification.checks import check_device
from .warnings import sentences
from .warnings.judge import cannot_be, judge_roof, judge_samples, on_cores

LOG = logging.getLogger(__name__)
FEWEST_SAMPLES_TO_KEEP = 3


@dataclass(frozen=True)
class Task:
    """What to measure, alike for all devices of a run. `prefixes`: 1, or more for version rolling.

    `energy` is told when a device's sampling begins and ends, and adds the joules when all are done.
    `rendezvous`: the device is measured along with others, without its energy and its roof. `patience_s`: what its
    driver may take besides warm-up and samples (see `budget`).
    """

    plan: Plan
    challenge: str
    run_id: str
    options: DeviceOptions
    prefixes: int
    clock_is_real: bool
    energy: EnergyMeasurement
    rendezvous: Rendezvous | None = None
    patience_s: float = PATIENCE_WHEN_ASKED_S


class Session:
    """One device, measured once. After `measure`, `refused_input` holds what the user gave wrongly, if anything."""

    def __init__(self, found: Found, task: Task, progress: Progress, clock: Clock = time.perf_counter) -> None:
        """A session with a device that was found but not opened."""
        self._found = found
        self._task = task
        self._progress = progress
        self._clock = clock
        self._workload: Hashing | None = None
        self._stopwatch: Stopwatch | None = None
        self._sampler: Sampler | None = None
        self._settings: RunSettings | None = None
        self._roof: Roof | None = None
        self._load_at_roof: float | None = None
        self._warnings: list[WarningRecord] = []
        self.refused_input: InputError | None = None
        self.interrupted = False

    def measure(self) -> DeviceResult:
        """The device's result; never raises for a device's fault, nor for an interrupt (see `interrupted`)."""
        status, reason = self._attempt()
        try:
            return self._judged(status, reason)
        except Exception as error:
            # A foreign value that nobody thought of: it must not cost what the other devices have measured.
            return unmeasured(self._found, "failed", self._mistake(error))

    def given_up(self) -> DeviceResult:
        """What was measured so far of a device that does not come to an end, while another thread waits for it."""
        return self._judged(*self._interrupted())

    def _attempt(self) -> tuple[Status, str | None]:
        """Measure, and say how it ended and why."""
        try:
            # Devices at once wait for each other, so that the patience of two is needed.
            patience_s = self._task.patience_s * (1 if self._task.rendezvous is None else 2)
            with budget(device_seconds(self._task.plan, patience_s)):
                interruptible(self._measure)
        except KeyboardInterrupt:
            return self._interrupted()
        except HashwattError as error:
            self._tell(details_of(error))
            if self._is_over() and not isinstance(error, WrongResult):
                # Whoever ends the run may end the device's process with it.
                return self._interrupted()
            self.refused_input = error if isinstance(error, InputError) else None
            return "refused" if isinstance(error, WrongResult) else "failed", str(error)
        except Exception as error:
            return "failed", self._mistake(error)
        return "measured", None

    def _judged(self, status: Status, reason: str | None) -> DeviceResult:
        """The result, refused where its own proof does not hold."""
        result = self._result(status, reason)
        if status != "measured" and not result.samples:
            return result
        failed = [check for check in check_device(result, self._task.challenge, self._task.run_id) if not check.ok]
        if not failed:
            return result
        return self._result("refused", f"its own proof does not hold ({failed[0].sentence}); run it again")

    def _interrupted(self) -> tuple[Status, str]:
        self.interrupted = True
        return "interrupted", "the run was interrupted; run it again for the full measurement"

    def _is_over(self) -> bool:
        return pending() or (self._task.rendezvous is not None and self._task.rendezvous.over.is_set())

    def _mistake(self, error: Exception) -> str:
        self._tell(traceback.format_exc())
        return mistake_sentence(error)

    def _measure(self) -> None:
        fault = fault_of_id(self._found.info.id)
        if fault:
            raise DeviceError(fault)
        self._stage("opening", None)
        device = self._found.open(self._task.options)
        try:
            self._measure_open(device)
        finally:
            self._close(device)

    def _close(self, device: Device) -> None:
        try:
            device.close()
        except Exception:
            # What was measured does not depend on it.
            self._tell(traceback.format_exc())

    def _measure_open(self, device: Device) -> None:
        task = self._task
        workload = self._workload = Hashing(device, task.challenge, task.run_id, task.prefixes)
        stopwatch = self._stopwatch = Stopwatch(workload, self._clock)
        self._stage("compiling, self-test", None)
        workload.self_test()
        self._tell("" if workload.kernel is None else workload.kernel.build_log)
        self._stage("calibrating", None)
        workload.rehearse(None)
        batch = calibrate(stopwatch, task.plan.batch_s)
        rough = stopwatch.run(batch)
        workload.drop()
        workload.rehearse(self._expected_hashes(rough.rate, batch))
        workload.check_batch(batch)
        process_id: int | None = getattr(device, "process_id", None)
        if task.rendezvous is not None:
            task.rendezvous.work_by(process_id)
            task.rendezvous.meet()
        self._stage("warming up", task.plan.warmup_s)
        warmup = warm_up(stopwatch, batch, task.plan.warmup_s, self._progress)
        self._settings = self._run_settings(batch, warmup)
        workload.start(self._expected_hashes(warmup.rate, batch))
        if task.rendezvous is not None:
            task.rendezvous.meet()
        self._stage("sampling", task.plan.seconds)
        own = () if process_id is None else (process_id,)
        meter = LoadMeter(
            processes=own if task.rendezvous is None else task.rendezvous.processes,
            on_cpu=device.info.kind == "cpu",
            clock_is_real=task.clock_is_real,
        )
        self._sampler = Sampler(stopwatch, meter, task.plan, batch)
        with nullcontext() if task.rendezvous is not None else task.energy.window(self._found.info):
            self._sampler.sample(self._progress)
        # What the device answers now, it must still answer rightly.
        workload.spot_check()
        if self._sampler.ended_early is not None:
            if len(self._sampler.taken) < FEWEST_SAMPLES_TO_KEEP:
                because = self._sampler.ended_early
                raise OutOfTime(f"{self._found.info.id}: no time was left for samples, because {because}")
            self._warnings.append(sentences.ended_early(len(self._sampler.taken), self._sampler.ended_early))
        self._measure_roof(device, meter)

    def _expected_hashes(self, rate_hs: float, batch: int) -> float:
        """The hashes that a proof is to hold for: those of the whole plan, or fewer, since a run may be cut short."""
        plan = self._task.plan
        hashes_of_sample = batch * self._task.prefixes * plan.batches_per_sample
        return min(rate_hs * plan.expected_s, SAMPLES_FOR_A_PROOF * hashes_of_sample)

    def _measure_roof(self, device: Device, meter: LoadMeter) -> None:
        if not isinstance(device, HasRoof) or self._task.rendezvous is not None:
            return
        self._stage("measuring its roof", None)
        try:
            meter.start()
            self._roof = device.roof()
            if on_cores(device.info):
                self._load_at_roof = meter.stop().other_load
        except DeviceError as error:
            # The hashrate is measured by now; a device that fails here does not lose it.
            self._warnings.append(sentences.limit_unknown(str(error)))
        except Exception as error:
            self._warnings.append(sentences.limit_unknown(self._mistake(error)))

    def _run_settings(self, batch: int, warmup: Warmup) -> RunSettings:
        plan = self._task.plan
        return RunSettings(
            batch_nonces=batch,
            batches_per_sample=plan.batches_per_sample,
            batch_target_s=plan.batch_s,
            planned_s=plan.seconds,
            until_narrow=plan.until_narrow,
            warmup_s=warmup.seconds,
            warmup_batches=warmup.batches,
        )

    def _result(self, status: Status, reason: str | None) -> DeviceResult:
        taken = self._sampler.taken if self._sampler is not None else []
        # A median needs something to stand on, and what was refused or failed is never ranked.
        if status not in ("measured", "interrupted") or len(taken) < FEWEST_SAMPLES_TO_KEEP:
            taken = []
        workload = self._workload
        interval = median_interval([sample.rate for sample in taken]) if taken else None
        kernel = workload.kernel if workload is not None else None
        roof = None if interval is None or self._roof is None else roof_record(self._roof, interval.median)
        roof_warnings = [] if roof is None or roof.percent is None else judge_roof(roof.percent, self._load_at_roof)
        if roof is not None and cannot_be(roof.percent):
            # A limit that was passed is none; the caution keeps the figures and says so.
            roof = None
        return DeviceResult(
            device=device_record(self._found.info),
            status=status,
            reason=None if reason is None else printable(reason),
            workload=Hashing.name,
            unit=Hashing.unit,
            kernel=None if kernel is None or workload is None else kernel_record(kernel, workload.compile_s),
            settings=self._settings,
            samples=tuple(sample.sample for sample in taken),
            hashes=sum(sample.sample.hashes for sample in taken),
            seconds=math.fsum(sample.sample.seconds for sample in taken),
            hashrate=None if interval is None else _hashrate(interval),
            roof=roof,
            energy=(missing_record(NOT_MEASURED),),
            warnings=()
            if interval is None or self._stopwatch is None
            else (*judge_samples(taken, interval, self._stopwatch.failed_batches), *self._warnings, *roof_warnings),
            proof=workload.proof(len(taken)) if taken and workload is not None else None,
        )

    def _tell(self, details: str) -> None:
        """What no result keeps and few want to read: a driver's build log, say."""
        if details.strip():
            LOG.info("%s:\n%s", self._found.info.id, details)

    def _stage(self, text: str, total: float | None) -> None:
        self._progress.stage(self._found.info.id, text, total)


def mistake_sentence(error: Exception) -> str:
    """What a result says of an error that nobody foresaw."""
    return (
        f"a mistake in hashwatt or a library of it ({type(error).__name__}: {error}); "
        "please report it with what -v shows"
    )


def unmeasured(found: Found, status: Status, reason: str) -> DeviceResult:
    """The record of a device that was never opened."""
    return DeviceResult(
        device=device_record(found.info),
        status=status,
        reason=printable(reason),
        workload=Hashing.name,
        unit=Hashing.unit,
        kernel=None,
        settings=None,
        samples=(),
        hashes=0,
        seconds=0.0,
        hashrate=None,
        roof=None,
        energy=(missing_record(NOT_MEASURED),),
        warnings=(),
        proof=None,
    )


def _hashrate(interval: Interval) -> Hashrate:
    return Hashrate(
        value_hs=interval.median,
        low_hs=interval.low,
        high_hs=interval.high,
        confidence=CONFIDENCE,
        origin="measured",
    )
