"""What a session is told: which work, and how to measure, alike for all of a run; and the record without a rate."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.device import DeviceOptions, Found
from ...kernels.errors import shortage_of
from ...kernels.workloads.protocol import Value, Workload, quantity_for
from ..energy.account import NOT_MEASURED
from ..energy.joules.record import missing_record
from ..energy.measurement import EnergyMeasurement
from ..result.from_device import device_record
from ..result.measurement import Measurement, Status
from ..result.printable import printable
from ..run_id import setting_run_id
from ..sampling.budget import PATIENCE_WHEN_ASKED_S, Ledger
from ..sampling.plan import Plan, plan
from .open_devices import OpenDevices
from .rendezvous import Rendezvous
from .suite_times import SuiteTimes


@dataclass(frozen=True)
class Work:
    """A workload with its parameters, complete; `seconds`: how long it is sampled (None: as the run's plan says).

    `flexible`: for shorter where a suite would not end in time else, since nobody asked for that time.
    """

    workload: Workload
    parameters: dict[str, Value]
    seconds: float | None = None
    flexible: bool = False

    @property
    def label(self) -> str:
        """What it is called beside other work of a run."""
        return " ".join(filter(None, (self.workload.name, self.workload.variant_text(self.parameters))))


@dataclass(frozen=True)
class Assignment:
    """How to measure, alike for all devices and workloads of a run.

    `machine`: the id of the machine that this is. `began_s`: when the run began, on the clock that samples are timed
    with. `energy` is told when sampling begins and ends, and adds the joules when all are done. `rendezvous`: the
    device is measured along with others, without its energy and its roof. `patience_s`: what its driver may take
    besides warm-up and samples (see `budget`). `ledger`: what bounds all devices of a run together, None for no bound.
    `setting`: what sets the record apart in a run that alternates two. `shares`: how many to keep as evidence (None:
    the workload knows). `several`: whether a device has more than one kind of work in the run. `devices`:
    where open ones wait for the next kind of work (None: each is closed after its work). `times`: those of a suite.
    """

    machine: str
    plan: Plan
    challenge: str
    run_id: str
    options: DeviceOptions
    virtual_machine: bool
    began_s: float
    energy: EnergyMeasurement
    rendezvous: Rendezvous | None = None
    patience_s: float = PATIENCE_WHEN_ASKED_S
    ledger: Ledger | None = None
    setting: str | None = None
    shares: int | None = None
    several: bool = False
    devices: OpenDevices | None = None
    times: SuiteTimes | None = None

    def plan_of(self, work: Work) -> Plan:
        """How that work is sampled."""
        return self.plan if work.seconds is None else self.plan_for(work.seconds)

    def plan_for(self, seconds: float) -> Plan:
        """How work is sampled for so long."""
        return plan(seconds, self.energy.slowest_s)

    @property
    def inputs_run_id(self) -> str:
        """The run id that the inputs derive from: of each setting its own."""
        return self.run_id if self.setting is None else setting_run_id(self.run_id, self.setting)


def failure_sentence(error: Exception) -> str:
    """What a result says of an error that nobody foresaw: what this system lacked, else that it is a mistake."""
    return shortage_of(error) or (
        f"a mistake in hashwatt or a library of it ({type(error).__name__}: {error!s:.200}); "
        "please report it with what -v shows"
    )


def unmeasured(found: Found, work: Work, machine: str, status: Status, reason: str | None) -> Measurement:
    """The record of work that has no rate."""
    return Measurement(
        machine=machine,
        device=device_record(found.info),
        workload=work.workload.name,
        parameters=dict(work.parameters),
        unit=quantity_for(work.workload, work.parameters).unit,
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
