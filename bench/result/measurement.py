"""One measurement: what one device of one machine did of one workload."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import (
    MOST_METERS,
    MOST_SAMPLES,
    MOST_WARNINGS,
    Celsius,
    Count,
    DeviceId,
    Figure,
    MachineId,
    Name,
    Percent,
    Positive,
    Probability,
    Record,
    SampleSeconds,
    Seconds,
    Settings,
    Text,
)
from ...kernels.bounded import (
    Rate as PositiveRate,
)
from ...kernels.workloads.evidence import Evidence
from .brief import rate_text
from .energy import Energy, Telemetry
from .warning import WarningRecord

Origin = Literal["measured", "reported", "modelled", "cited", "estimated"]
Status = Literal["measured", "failed", "refused", "interrupted", "skipped"]


class DeviceRecord(Record, frozen=True, kw_only=True):
    """What the device is, as far as its driver tells. What it does not tell is null.

    `runs_on_host_cpu`: its work is done by the machine's own cores, by whatever name (a CPU's runtime, an emulator).
    `simulator`: its rate says nothing about hardware. `pci_address`: like 0000:01:00.0.

    Fields:
        id: what to name it by, like cpu or opencl:0
        kind: what sort of device it is; remote: whatever spoke to a server of ours, unseen
        name: as its driver calls it
        vendor: its maker
        backend: what found and drove it
        driver: the driver and its version
        compute_units: cores, multiprocessors or the like; null: unknown
        runs_on_host_cpu: whether the machine's own cores do its work, by whatever name; null: unknown
        simulator: whether its rate says nothing about hardware
        pci_address: like 0000:01:00.0; null: nobody tells
        limits: whatever else the driver tells
    """

    id: DeviceId
    kind: Literal["cpu", "gpu", "fpga", "asic", "accelerator", "remote"]
    name: Text
    vendor: Text
    backend: Name
    driver: Text
    compute_units: Count | None
    runs_on_host_cpu: bool | None
    simulator: bool
    pci_address: Name | None
    limits: Settings


class CandidateRecord(Record, frozen=True, kw_only=True):
    """A kernel variant that was raced: its rate on one core or queue in the workload's unit, or why it did not run.

    Fields:
        name: the variant
        rate_per_s: its rate on one core or queue, in the workload's unit; null: it did not run, see `reason`
        compile_s: how long it took to compile; null: unknown
        reason: why it did not run; null: it did
    """

    name: Name
    rate_per_s: Figure | None
    compile_s: Seconds | None
    reason: Text | None


class KernelRecord(Record, frozen=True, kw_only=True):
    """The kernel that ran, how it was tuned, and the race it won (fastest first).

    Fields:
        name: the kernel
        tuning: how it was tuned
        compile_s: how long it took to compile; null: unknown
        source_sha256: SHA-256 of what it was compiled from
        candidates: the race it won, fastest first; empty where nothing was raced
    """

    name: Name
    tuning: Settings
    compile_s: Seconds | None
    source_sha256: Text
    candidates: Annotated[tuple[CandidateRecord, ...], Meta(max_length=200)]


class RunSettings(Record, frozen=True, kw_only=True):
    """How it was measured: the size of a batch as its workload counts them, batches a sample, and the stop rule.

    `planned_s` is the longest time that sampling may take; `until_narrow` tells whether it may stop earlier, as soon
    as the interval is narrow enough.

    Fields:
        batch: how large one call of the device was, as its workload counts batches
        batches_per_sample: how many calls make a sample
        batch_target_s: the time that a batch was to take
        planned_s: the longest time that sampling might take
        until_narrow: whether it might stop earlier, as soon as the interval is narrow enough
        usable_cpus: logical CPUs that the work could use; null: unknown (version 1)
        virtual_machine: whether they were a virtual machine's, whose runs differ by more than a run sees; null: unknown
        asked_kernel: the kernel that was asked for (`--kernel`); null: the race chose, or the file is older than this
        asked_threads: the threads that were asked for (`--threads`); null: as many as are best
    """

    batch: Positive
    batches_per_sample: Positive
    batch_target_s: Seconds
    planned_s: Seconds
    until_narrow: bool
    usable_cpus: Positive | None = None
    virtual_machine: bool | None = None
    asked_kernel: Name | None = None
    asked_threads: Positive | None = None


class Sample(Record, frozen=True, kw_only=True):
    """One timed piece of work: `amount` units in `seconds`. `device_s` is the device's own word for the time.

    `cpu_s`: CPU seconds of the threads that worked, null where the work is not the host's. `other_load` and
    `stolen_load`: the mean number of logical CPUs that other programs, and other virtual machines, took meanwhile.

    Fields:
        amount: units of work
        seconds: how long they took by the harness's clock
        device_s: the device's own word for that time; null: it tells none
        cpu_s: CPU seconds of the process that worked; null: the work is not the host's, or was not its alone
        clock_hz: the CPU's clock just after; null: not the CPU's work, or not to be read
        temperature_c: the CPU's temperature; null: not the CPU's work, or not to be read
        other_load: mean number of logical CPUs that other programs kept busy; null: unknown
        stolen_load: mean number of logical CPUs that other virtual machines took; null: unknown
    """

    amount: Positive
    seconds: SampleSeconds
    device_s: Seconds | None
    cpu_s: Seconds | None
    clock_hz: Figure | None
    temperature_c: Celsius | None
    other_load: Figure | None
    stolen_load: Figure | None


class Round(Record, frozen=True, kw_only=True):
    """Samples taken one after another; a run may have several rounds, apart in time, each with its own warm-up.

    `start_s`: seconds since the run began. `counted`: whether the rate rests on it; where not, `left_out` says why
    (load, steal or quota that was measured apart from the rate). Every round is kept. `throttled_s`: CPU seconds that
    a quota held back, as the control group counts them. `clock_hz` is measured, not read: a virtual machine is told no
    clock, and a system may tell a nominal one.

    Fields:
        start_s: when it began, in seconds since the run began; null: not kept (version 1)
        warmup_s: how long it warmed up before
        counted: whether the rate rests on it
        left_out: why it does not; null: it does
        throttled_s: CPU seconds that a quota held back meanwhile; null: there is no quota, or nobody counts it
        clock_hz: the working cores' clock at its end, by timed operations; null: not the CPU's work, emulated, or old
        samples: in the order in which they were taken
    """

    start_s: Seconds | None
    warmup_s: Seconds
    counted: bool
    left_out: Text | None
    throttled_s: Seconds | None = None
    clock_hz: Figure | None = None
    samples: Annotated[tuple[Sample, ...], Meta(max_length=MOST_SAMPLES)]


class Rate(Record, frozen=True, kw_only=True):
    """How much work a second: `value` is all work ÷ all time of the counted rounds.

    `low` and `high` are its 95 % interval (`confidence`) by how far the rounds lie apart, null where there is none:
    it holds what the device does under these conditions over minutes, not what changes only from one start of the
    program to the next. `median` and `best` are those of the samples' rates, null where there are no samples. `unit` is
    the plain unit a second, without a prefix.

    Fields:
        value: all work ÷ all time of the counted rounds (in files of version 1 the median)
        low: the interval's lower end; null: unknown
        high: its upper end; null: unknown
        confidence: how often such intervals hold the truth, 0.95; null: there is no interval
        median: of the samples' rates; null: there are none
        best: of the samples' rates; null: there are none
        unit: of all these figures, without a prefix, like byte/s
        origin: whose word it is
    """

    value: PositiveRate
    low: PositiveRate | None
    high: PositiveRate | None
    confidence: Probability | None
    median: PositiveRate | None
    best: PositiveRate | None
    unit: Name
    origin: Origin


class CeilingRecord(Record, frozen=True, kw_only=True):
    """What the device did at most of one kind, measured in between the rounds of the work, with the suite's kernels.

    Fields:
        name: which one, like memory or float32
        unit: what it counts, like byte or flop
        rate: so many of them a second
        count: how many of them one unit of the work takes
    """

    name: Name
    unit: Name
    rate: PositiveRate
    count: Annotated[float, Meta(gt=0, le=1e30)]


class Roof(Record, frozen=True, kw_only=True):
    """The device's own limit for this work: the smallest ceiling that binds, and which one (`binds`).

    `percent` is the share of it that was reached; null, with `reason`, where the limit cannot be right.

    Fields:
        rate: what the device could do at most of this work, in `unit`
        unit: without a prefix, like byte/s
        origin: whose word it is
        percent: the share of it that was reached; null: it cannot be right, see `reason`
        binds: which of the device's ceilings it is, like logic or memory; null: unknown
        clock_hz: the clock meanwhile; null: unknown
        cycles_per_unit: of one core, for one unit of work; null: unknown
        explanation: what it is made of and what it leaves out
        reason: why there is no share; null: there is one
        ceilings: those that the work takes anything of; empty where the device measured the roof itself
    """

    rate: PositiveRate
    unit: Name
    origin: Origin
    percent: Percent | None
    binds: Name | None
    clock_hz: Figure | None
    cycles_per_unit: Figure | None
    explanation: Text
    reason: Text | None = None
    ceilings: Annotated[tuple[CeilingRecord, ...], Meta(max_length=20)] = ()


class Measurement(Record, frozen=True, kw_only=True):
    """One machine × device × workload. Only `measured` and `interrupted` ones have a rate; `reason` says why not.

    `unit` is what `amount` counts; `amount` and `seconds` are the sums over the counted rounds. `parameters` make two
    measurements the same kind of work: only such are compared. `rate_per_cpu_s`: work for each CPU second of the
    threads that worked, which stays where others take the CPUs away; null where the work is not the host's. `setting`
    sets a record apart from the other of the same device in a run that alternated two (see `Alternated`).

    Fields:
        machine: the id of one of the result's machines
        device: what the device is
        workload: what was computed
        parameters: what makes two measurements of a workload the same kind of work
        unit: what `amount` counts, like byte
        status: what came of it
        reason: why there is no rate, or less of it than was asked for; null: nothing is amiss
        kernel: what ran; null: it did not come to that
        settings: how it was measured; null: it did not come to that
        rate: work a second; null: nothing was measured
        rate_per_cpu_s: work for each CPU second; null: not the host's work, or too little of it to tell
        rounds: all that was timed, counted or not
        amount: units of work in the counted rounds
        seconds: the time that they took
        roof: the device's own limit for this work; null: unknown
        energy: a record for each meter, or one that says why there is none
        telemetry: clocks and temperatures from the device's own sensors
        evidence: what shows that the work was done; null: nothing was measured
        warnings: what makes the figures less sure
        setting: what sets it apart in a run that alternated settings of a device, like threads=1; null: nothing does
    """

    machine: MachineId
    device: DeviceRecord
    workload: Name
    parameters: Settings
    unit: Name
    status: Status
    reason: Text | None
    kernel: KernelRecord | None
    settings: RunSettings | None
    rate: Rate | None
    rate_per_cpu_s: PositiveRate | None
    rounds: Annotated[tuple[Round, ...], Meta(max_length=1000)]
    amount: Count
    seconds: Seconds
    roof: Roof | None
    energy: Annotated[tuple[Energy, ...], Meta(max_length=MOST_METERS)]
    telemetry: Annotated[tuple[Telemetry, ...], Meta(max_length=20)]
    evidence: Evidence | None
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]
    setting: Name | None = None

    def __repr__(self) -> str:
        return f"Measurement({self.in_short()})"

    def in_short(self) -> str:
        """Device, work, rate with its interval, share of the roof, in a line; where there is no rate, the reason."""
        given = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        set_to = f" ({self.setting})" if self.setting else ""
        told = f"{self.device.id}{set_to}, {self.workload}{f'({given})' if given else ''}: "
        if self.rate is None:
            return f"{told}{self.status}, {self.reason or 'no reason given'}"
        told += f"{rate_text(self.rate.value, self.unit)} {self.rate.origin}"
        if self.rate.low is not None and self.rate.high is not None:
            told += f" ({rate_text(self.rate.low, self.unit)} to {rate_text(self.rate.high, self.unit)})"
        if self.roof is not None and self.roof.percent is not None and self.roof.percent <= 100:
            told += f", {self.roof.percent:.1f} % of its roof"
        return told if self.status == "measured" else f"{told}, {self.status}"
