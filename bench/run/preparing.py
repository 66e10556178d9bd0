"""Getting a session ready for samples: the size of its batches, the settings that a result keeps, who else is busy."""

from __future__ import annotations

from collections.abc import Callable

from ...kernels.device import DeviceInfo
from ...kernels.workloads.protocol import Expected
from ..machine.describe import allowed_cpus
from ..machine.load import LoadMeter
from ..result.measurement import RunSettings
from ..result.printable import printable
from ..sampling.calibrate import Calibrated, calibrate
from ..sampling.plan import Plan
from ..sampling.stopwatch import Stopwatch
from .assignment import Assignment


def tested_batch(
    stopwatch: Stopwatch, plan: Plan, stage: Callable[[str], None], tell: Callable[[str], None]
) -> Calibrated:
    """The size of a batch of the task, which has tested itself; `tell` gets what its compiler said.

    Raises DeviceError, WrongResult.
    """
    task = stopwatch.task
    stage("compiling, self-test")
    task.self_test()
    tell("" if task.kernel is None else task.kernel.build_log)
    stage("calibrating")
    task.rehearse(None)
    calibrated = calibrate(stopwatch, plan.batch_s)
    task.rehearse(expected(plan, calibrated.rate))
    task.check_batch(calibrated.batch)
    return calibrated


def expected(plan: Plan, rate: float) -> Expected:
    """How much work will probably count at that rate."""
    return Expected(rate * plan.expected_s, plan.expected_s)


def run_settings(plan: Plan, assignment: Assignment, batch: int) -> RunSettings:
    """How it is measured, for the result; the workload's plan may be another than the assignment's."""
    options = assignment.options
    return RunSettings(
        batch=batch,
        batches_per_sample=plan.batches_per_sample,
        batch_target_s=plan.batch_s,
        planned_s=plan.seconds,
        until_narrow=plan.until_narrow,
        usable_cpus=allowed_cpus() or None,
        virtual_machine=assignment.virtual_machine,
        asked_kernel=None if options.kernel is None else printable(options.kernel, 200) or None,
        asked_threads=options.threads,
    )


def load_meter(info: DeviceInfo, assignment: Assignment, process_id: int | None) -> LoadMeter:
    """What sees how busy others are while the device works, whose own process that is (None: this one)."""
    rendezvous = assignment.rendezvous
    own = () if process_id is None else (process_id,)
    return LoadMeter(
        processes=own if rendezvous is None else rendezvous.processes,
        on_cpu=info.on_host_cores,
        clock_is_real=not assignment.virtual_machine,
        worker=process_id,
        # Devices that are driven from this process at the same time cannot be told apart by its CPU time.
        works_alone=rendezvous is None or process_id is not None,
    )
