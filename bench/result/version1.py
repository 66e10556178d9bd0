"""The result model of schema version 1, which hashwatt 0.1 wrote: for reading only, see `upgrade`.

It counted hashes and nothing else. What did not change since is taken from the model of today.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import (
    Celsius,
    Count,
    DeviceId,
    Figure,
    Name,
    Percent,
    Positive,
    Probability,
    Rate,
    Record,
    RunId,
    SampleSeconds,
    Seconds,
    Settings,
    TargetHex,
    Text,
    Timestamp,
)
from ...kernels.workloads.evidence_version1 import Chunk, Header, Share
from .energy import CrossCheck, IdlePower, Interval, PowerPoint, Telemetry
from .machine import Cache
from .measurement import Origin
from .warning import WarningRecord

Status = Literal["measured", "refused", "failed", "interrupted"]


class Machine(Record, frozen=True, kw_only=True):
    """Where it was measured. `load_before` is the mean number of busy logical CPUs just before the run."""

    cpu_model: Text | None
    microarchitecture: Name | None
    cpu_vendor: Name | None
    cpu_features: Annotated[tuple[Name, ...], Meta(max_length=1000)]
    caches: Annotated[tuple[Cache, ...], Meta(max_length=20)]
    physical_cores: Positive | None
    logical_cpus: Positive | None
    usable_cpus: Figure | None
    memory_bytes: Positive | None
    architecture: Name | None
    os: Text | None
    kernel: Text | None
    python: Text
    hypervisor: Text | None
    container: Text | None
    governor: Text | None
    on_battery: bool | None
    load_before: Figure | None


class Proof(Record, frozen=True, kw_only=True):
    """What shows that the hashes were computed (never how long it took)."""

    target_hex: TargetHex
    prefixes: Annotated[int, Meta(ge=1, le=1 << 16)]
    headers: Annotated[tuple[Header, ...], Meta(max_length=20_000)]
    chunks: Annotated[tuple[Chunk, ...], Meta(max_length=20_000)]
    shares: Annotated[tuple[Share, ...], Meta(max_length=50_000)]


class DeviceRecord(Record, frozen=True, kw_only=True):
    """What the device is, as far as its driver tells."""

    id: DeviceId
    kind: Literal["cpu", "gpu", "fpga", "asic", "accelerator"]
    name: Text
    vendor: Text
    backend: Name
    driver: Text
    compute_units: Count | None
    limits: Settings


class CandidateRecord(Record, frozen=True, kw_only=True):
    """A kernel variant that was raced: its rate on one core or queue, or why it did not run."""

    name: Name
    hashrate_hs: Figure | None
    compile_s: Seconds | None
    reason: Text | None


class KernelRecord(Record, frozen=True, kw_only=True):
    """The kernel that ran: `prefixes` headers are hashed for each nonce (1: no version rolling)."""

    name: Name
    prefixes: Annotated[int, Meta(ge=1, le=1 << 16)]
    tuning: Settings
    compile_s: Seconds | None
    source_sha256: Text
    candidates: Annotated[tuple[CandidateRecord, ...], Meta(max_length=200)]


class RunSettings(Record, frozen=True, kw_only=True):
    """How it was measured: nonces a batch, batches a sample, the time aimed at, and the stop rule.

    `planned_s` is the longest time that sampling may take; `until_narrow` tells whether sampling may
    stop earlier, as soon as the interval is narrow enough.
    """

    batch_nonces: Positive
    batches_per_sample: Positive
    batch_target_s: Seconds
    planned_s: Seconds
    until_narrow: bool
    warmup_s: Seconds
    warmup_batches: Count


class Sample(Record, frozen=True, kw_only=True):
    """One timed piece of work. `device_s` is the device's own word for the time.

    `other_load` is the mean number of logical CPUs that other programs kept busy meanwhile.
    """

    hashes: Positive
    seconds: SampleSeconds
    device_s: Seconds | None
    clock_hz: Figure | None
    temperature_c: Celsius | None
    other_load: Figure | None


class Hashrate(Record, frozen=True, kw_only=True):
    """Median of the samples' rates and its bootstrap percentile interval, in hashes a second."""

    value_hs: Rate
    low_hs: Rate
    high_hs: Rate
    confidence: Probability
    origin: Origin


class Roof(Record, frozen=True, kw_only=True):
    """The device's own limit, and how much of it was reached."""

    hashrate_hs: Rate
    origin: Origin
    percent: Percent | None
    clock_hz: Figure | None
    cycles_per_hash: Figure | None
    explanation: Text


class Efficiency(Record, frozen=True, kw_only=True):
    """Energy and work together; the intervals combine the energy's bounds with the hashrate's interval."""

    j_per_th: Interval
    mh_per_j: Interval
    above_idle_j_per_th: Interval | None


class Energy(Record, frozen=True, kw_only=True):
    """Joules of one meter over one window: gross, and above idle where idle was measured.

    Where `gross_j` is None, `reason` says why. `low_j` and `high_j` bound the gross figure.
    Figures of two meters are never added: see `scope` for what each one covers, and `covers` for
    how that relates to the device. `hole_s` of the window were filled in; `meter_cpu_s` is the CPU
    time that reading the meter took within the window.
    """

    meter: Name | None
    method: Literal["integrated counter", "sampled power", "device-reported", "estimated"] | None
    scope: Literal["part", "memory", "chip", "package", "board", "system", "wall"] | None
    gross_j: Figure | None
    above_idle_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None
    window_s: Seconds | None
    samples: Count | None
    gaps: Count | None
    low_j: Figure | None
    high_j: Figure | None
    bound_source: Text | None
    reason: Text | None
    name: Text | None = None
    covers: Literal["the device", "the device and more", "not the device", "unknown"] | None = None
    attribution: Text | None = None
    hole_s: Seconds | None = None
    above_idle_low_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None = None
    above_idle_high_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None = None
    idle: Annotated[tuple[IdlePower, ...], Meta(max_length=2)] = ()
    cross_check: CrossCheck | None = None
    efficiency: Efficiency | None = None
    course: Annotated[tuple[PowerPoint, ...], Meta(max_length=200)] = ()
    meter_cpu_s: Seconds | None = None


class DeviceResult(Record, frozen=True, kw_only=True):
    """What one device did. Only `measured` and `interrupted` ones carry a hashrate; `reason` says why others do not.

    `hashes` and `seconds` are the sums over the samples.
    """

    device: DeviceRecord
    status: Status
    reason: Text | None
    workload: Name
    unit: Name
    kernel: KernelRecord | None
    settings: RunSettings | None
    samples: Annotated[tuple[Sample, ...], Meta(max_length=10_000)]
    hashes: Count
    seconds: Seconds
    hashrate: Hashrate | None
    roof: Roof | None
    energy: Annotated[tuple[Energy, ...], Meta(max_length=100)]
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=100)]
    proof: Proof | None
    telemetry: Annotated[tuple[Telemetry, ...], Meta(max_length=20)] = ()


class RateTogether(Record, frozen=True, kw_only=True):
    """A device's median rate among the others, and that divided by its rate alone (1: they do not interfere)."""

    device: DeviceId
    hashrate_hs: Rate
    ratio_to_alone: Figure


class Together(Record, frozen=True, kw_only=True):
    """All devices at once, after each was measured alone (`--together`).

    They warm up together, begin sampling at the same moment, and sample for the same planned `seconds`.
    `devices` are full records with proofs of their own, under a run id that derives from the run's
    (see the workload sha256d). `sum_hs` adds the rates (measured, as they are). Where nothing was measured,
    `reason` says why.
    """

    seconds: Seconds | None
    reason: Text | None
    devices: Annotated[tuple[DeviceResult, ...], Meta(max_length=200)]
    rates: Annotated[tuple[RateTogether, ...], Meta(max_length=200)]
    sum_hs: Rate | None
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=100)]


class Result(Record, frozen=True, kw_only=True):
    """One run: `hashwatt run`, all its devices, the machine and the conditions."""

    schema_version: Literal[1]
    run_id: RunId
    created: Timestamp
    hashwatt_version: Name
    challenge: Text
    note: Text | None
    machine: Machine
    libraries: Annotated[dict[Name, Text], Meta(max_length=200)]
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=100)]
    devices: Annotated[tuple[DeviceResult, ...], Meta(max_length=200)]
    together: Together | None = None
