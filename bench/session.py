"""Measuring one workload on one device, from self-test to result; whatever goes wrong is a status with a reason."""

from __future__ import annotations

import logging
import math
import time
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from msgspec.structs import replace

from ..kernels.device import AnyDevice, DeviceOptions, Found, Roof
from ..kernels.errors import DeviceError, HashwattError, InputError, OutOfTime, WrongResult, details_of
from ..kernels.workloads.protocol import SAMPLES_FOR_EVIDENCE, Request, Task, Value, Workload
from .energy.joules.record import missing_record
from .energy.measurement import NOT_MEASURED, EnergyMeasurement
from .interrupts import interruptible, pending
from .isolation.device import process_of
from .machine.load import LoadMeter
from .progress import Progress
from .rates import rate_of, rate_per_cpu_s
from .rendezvous import Rendezvous
from .result.from_device import device_record, fault_of_id, kernel_record, roof_record
from .result.measurement import Measurement, Rate, Round, RunSettings, Sample, Status
from .result.printable import printable
from .result.warning import WarningRecord
from .sampling.budget import PATIENCE_WHEN_ASKED_S, budget, device_seconds
from .sampling.calibrate import calibrate
from .sampling.plan import Plan
from .sampling.sampler import Sampler, TimedSample
from .sampling.stopwatch import Clock, Stopwatch
from .sampling.warmup import warm_up
from .verification.checks import check_measurement
from .warnings import sentences
from .warnings.judge import judge_roof, judge_samples

LOG = logging.getLogger(__name__)
FEWEST_SAMPLES_TO_KEEP = 3


@dataclass(frozen=True)
class Work:
    """A workload with its parameters, complete."""

    workload: Workload
    parameters: dict[str, Value]


@dataclass(frozen=True)
class Assignment:
    """How to measure, alike for all devices and workloads of a run.

    `machine`: the id of the machine that this is. `began_s`: when the run began, on the clock that samples are timed
    with. `energy` is told when sampling begins and ends, and adds the joules when all are done. `rendezvous`: the
    device is measured along with others, without its energy and its roof. `patience_s`: what its driver may take
    besides warm-up and samples (see `budget`).
    """

    machine: str
    plan: Plan
    challenge: str
    run_id: str
    options: DeviceOptions
    clock_is_real: bool
    began_s: float
    energy: EnergyMeasurement
    rendezvous: Rendezvous | None = None
    patience_s: float = PATIENCE_WHEN_ASKED_S


class Session:
    """One workload on one device, measured once.

    After `measure`, `refused_input` holds what the user gave wrongly, if anything.
    """

    def __init__(
        self, found: Found, work: Work, assignment: Assignment, progress: Progress, clock: Clock = time.perf_counter
    ) -> None:
        """A session with a device that was found but not opened."""
        self._found = found
        self._work = work
        self._assignment = assignment
        self._progress = progress
        self._clock = clock
        self._task: Task | None = None
        self._stopwatch: Stopwatch | None = None
        self._sampler: Sampler | None = None
        self._settings: RunSettings | None = None
        self._start_s: float | None = None
        self._warmup_s = 0.0
        self._roof: Roof | None = None
        self._load_at_roof: float | None = None
        self._warnings: list[WarningRecord] = []
        self.refused_input: InputError | None = None
        self.interrupted = False

    def measure(self) -> Measurement:
        """What was measured; never raises for a device's fault, nor for an interrupt (see `interrupted`)."""
        status, reason = self._attempt()
        try:
            return self._checked(status, reason)
        except Exception as error:
            # A foreign value that nobody thought of: it must not cost what the other devices have measured.
            return self._nothing("failed", self._mistake(error))

    def given_up(self) -> Measurement:
        """What was measured so far of a device that does not come to an end, while another thread waits for it."""
        return self._checked(*self._interrupted())

    def _attempt(self) -> tuple[Status, str | None]:
        """Measure, and say how it ended and why."""
        try:
            why_not = self._work.workload.why_not(self._found.info)
            if why_not is not None:
                return "skipped", why_not
            # Devices at once wait for each other, so that the patience of two is needed.
            patience_s = self._assignment.patience_s * (1 if self._assignment.rendezvous is None else 2)
            with budget(device_seconds(self._assignment.plan, patience_s)):
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

    def _checked(self, status: Status, reason: str | None) -> Measurement:
        """The result, refused where its own evidence does not hold."""
        result = self._result(status, reason)
        if status != "measured" and not result.rounds:
            return result
        checks = check_measurement(result, self._assignment.challenge, self._assignment.run_id)
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

    def _mistake(self, error: Exception) -> str:
        self._tell(traceback.format_exc())
        return mistake_sentence(error)

    def _measure(self) -> None:
        fault = fault_of_id(self._found.info.id)
        if fault:
            raise DeviceError(fault)
        self._stage("opening", None)
        device = self._found.open(self._assignment.options)
        try:
            self._measure_open(device)
        finally:
            self._close(device)

    def _close(self, device: AnyDevice) -> None:
        try:
            device.close()
        except Exception:
            # What was measured does not depend on it.
            self._tell(traceback.format_exc())

    def _measure_open(self, device: AnyDevice) -> None:
        assignment, plan = self._assignment, self._assignment.plan
        request = Request(assignment.challenge, assignment.run_id, self._work.parameters)
        task = self._task = self._work.workload.bind(device, request)
        stopwatch = self._stopwatch = Stopwatch(task, self._clock)
        self._stage("compiling, self-test", None)
        task.self_test()
        self._tell("" if task.kernel is None else task.kernel.build_log)
        self._stage("calibrating", None)
        task.rehearse(None)
        batch = calibrate(stopwatch, plan.batch_s)
        rough = stopwatch.run(batch)
        task.drop()
        task.rehearse(self._expected(rough.rate, rough.amount))
        task.check_batch(batch)
        process_id = process_of(device)
        if assignment.rendezvous is not None:
            assignment.rendezvous.work_by(process_id)
            assignment.rendezvous.meet()
        self._stage("warming up", plan.warmup_s)
        warmup = warm_up(stopwatch, batch, plan.warmup_s, self._progress)
        self._settings = self._run_settings(batch)
        self._warmup_s = warmup.seconds
        task.start(self._expected(warmup.rate, rough.amount))
        if assignment.rendezvous is not None:
            assignment.rendezvous.meet()
        self._stage("sampling", plan.seconds)
        meter = self._load_meter(process_id)
        self._sampler = Sampler(stopwatch, meter, plan, batch)
        self._start_s = max(0.0, self._clock() - assignment.began_s)
        alone = assignment.rendezvous is None
        with assignment.energy.window(self._found.info, self._work.workload.name) if alone else nullcontext():
            self._sampler.sample(self._progress)
        # What the device answers now, it must still answer rightly.
        task.spot_check()
        if self._sampler.ended_early is not None:
            if len(self._sampler.taken) < FEWEST_SAMPLES_TO_KEEP:
                because = self._sampler.ended_early
                raise OutOfTime(f"{self._found.info.id}: no time was left for samples, because {because}")
            self._warnings.append(sentences.ended_early(len(self._sampler.taken), self._sampler.ended_early))
        if alone:
            self._measure_roof(task, meter)

    def _expected(self, rate: float, amount_of_batch: int) -> float:
        """The work that evidence is to hold for: that of the whole plan, or less, since a run may be cut short."""
        plan = self._assignment.plan
        return min(rate * plan.expected_s, SAMPLES_FOR_EVIDENCE * amount_of_batch * plan.batches_per_sample)

    def _load_meter(self, process_id: int | None) -> LoadMeter:
        rendezvous = self._assignment.rendezvous
        own = () if process_id is None else (process_id,)
        return LoadMeter(
            processes=own if rendezvous is None else rendezvous.processes,
            on_cpu=self._found.info.on_host_cores,
            clock_is_real=self._assignment.clock_is_real,
            worker=process_id,
            # Devices that are driven from this process at the same time cannot be told apart by its CPU time.
            works_alone=rendezvous is None or process_id is not None,
        )

    def _measure_roof(self, task: Task, meter: LoadMeter) -> None:
        self._stage("measuring its roof", None)
        try:
            meter.start()
            self._roof = task.roof()
            if self._found.info.on_host_cores:
                self._load_at_roof = meter.stop().other_load
        except DeviceError as error:
            # The rate is measured by now; a device that fails here does not lose it.
            self._warnings.append(sentences.limit_unknown(str(error)))
        except Exception as error:
            self._warnings.append(sentences.limit_unknown(self._mistake(error)))

    def _run_settings(self, batch: int) -> RunSettings:
        plan, options = self._assignment.plan, self._assignment.options
        return RunSettings(
            batch=batch,
            batches_per_sample=plan.batches_per_sample,
            batch_target_s=plan.batch_s,
            planned_s=plan.seconds,
            until_narrow=plan.until_narrow,
            asked_kernel=None if options.kernel is None else printable(options.kernel, 200) or None,
            asked_threads=options.threads,
        )

    def _result(self, status: Status, reason: str | None) -> Measurement:
        taken = self._sampler.taken if self._sampler is not None else []
        # A rate needs something to stand on, and what was refused or failed is never ranked.
        if status not in ("measured", "interrupted") or len(taken) < FEWEST_SAMPLES_TO_KEEP:
            taken = []
        nothing = self._nothing(status, reason)
        task = self._task
        kernel = None if task is None or task.kernel is None else kernel_record(task.kernel, task.compile_s)
        if not taken or task is None:
            return replace(nothing, kernel=kernel, settings=self._settings)
        samples = tuple(one.sample for one in taken)
        rate = rate_of(samples, nothing.unit)
        roof = None if self._roof is None else roof_record(self._roof, rate.value, nothing.unit)
        return replace(
            nothing,
            kernel=kernel,
            settings=self._settings,
            rate=rate,
            rate_per_cpu_s=rate_per_cpu_s(samples),
            rounds=(self._round(samples),),
            amount=sum(sample.amount for sample in samples),
            seconds=math.fsum(sample.seconds for sample in samples),
            roof=roof,
            evidence=task.evidence(len(taken)),
            warnings=tuple(self._judged(taken, rate)),
        )

    def _nothing(self, status: Status, reason: str | None) -> Measurement:
        return unmeasured(self._found, self._work, self._assignment.machine, status, reason)

    def _round(self, samples: tuple[Sample, ...]) -> Round:
        return Round(start_s=self._start_s, warmup_s=self._warmup_s, counted=True, left_out=None, samples=samples)

    def _judged(self, taken: Sequence[TimedSample], rate: Rate) -> list[WarningRecord]:
        failed = 0 if self._stopwatch is None else self._stopwatch.failed_batches
        warnings = [*judge_samples(taken, rate, failed), *self._warnings]
        kernel = None if self._task is None else self._task.kernel
        if kernel is not None and kernel.likelier:
            warnings.append(sentences.race_ended_early(kernel.likelier))
        if self._roof is not None and self._roof.rate_per_s > 0:
            warnings.extend(judge_roof(100 * rate.value / self._roof.rate_per_s, self._load_at_roof))
        return warnings

    def _tell(self, details: str) -> None:
        """What no result keeps and few want to read: a driver's build log, say."""
        if details.strip():
            LOG.info("%s:\n%s", self._found.info.id, details)

    def _stage(self, text: str, total: float | None) -> None:
        self._progress.stage(self._found.info.id, text, total, self._work.workload.quantity.unit)


def mistake_sentence(error: Exception) -> str:
    """What a result says of an error that nobody foresaw."""
    return (
        f"a mistake in hashwatt or a library of it ({type(error).__name__}: {error}); "
        "please report it with what -v shows"
    )


def unmeasured(found: Found, work: Work, machine: str, status: Status, reason: str | None) -> Measurement:
    """The record of work that has no rate."""
    return Measurement(
        machine=machine,
        device=device_record(found.info),
        workload=work.workload.name,
        parameters=dict(work.parameters),
        unit=work.workload.quantity.unit,
        status=status,
        reason=None if reason is None else printable(reason),
        kernel=None,
        settings=None,
        rate=None,
        rate_per_cpu_s=None,
        rounds=(),
        amount=0,
        seconds=0.0,
        roof=None,
        energy=(missing_record(NOT_MEASURED),),
        telemetry=(),
        evidence=None,
        warnings=(),
    )
