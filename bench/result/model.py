"""The result model: what one run leaves behind, complete enough to redo and to check the measurement.

One JSON file a run. The model is strict: unknown fields, wrong types, strings with control
characters and numbers out of bounds are refused at load. What is not known is None (`null`), never
0; NaN and infinity cannot occur. `result.schema.json` is generated from this file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ..bounded import (
    MOST_CHUNKS,
    MOST_HEADERS,
    MOST_METERS,
    MOST_SAMPLES,
    MOST_WARNINGS,
    Celsius,
    Count,
    DeviceId,
    Figure,
    Name,
    Percent,
    Positive,
    PrefixHex,
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
    Word,
)

SCHEMA_VERSION: Literal[1] = 1

Origin = Literal["measured", "reported", "modelled", "cited", "estimated"]
Status = Literal["measured", "refused", "failed", "interrupted"]

WarningCode = Literal[
    "drift",
    "throttling",
    "contention",
    "stolen_time",
    "virtual_machine",
    "container",
    "battery",
    "powersave_governor",
    "few_samples",
    "wide_interval",
    "clock_unknown",
    "failed_batches",
    "limit_unknown",
    "limit_unsure",
    "shared_cores",
    "energy_gaps",
    "energy_shared",
    "energy_window_short",
    "energy_disagreement",
    "idle_moved",
    "ended_early",
    "date_unsure",
    "left_out",
]


class WarningRecord(Record, frozen=True, kw_only=True):
    """Something about the conditions that makes the figures less sure: what, why, and what to do about it."""

    code: WarningCode
    text: Text


class Cache(Record, frozen=True, kw_only=True):
    """One level of cache as the first core sees it: `kind` is data, instruction or unified."""

    level: Annotated[int, Meta(ge=1, le=9)]
    kind: Name
    size_bytes: Positive


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
    """The device's roof, which is its own limit, and how much of it was reached."""

    hashrate_hs: Rate
    origin: Origin
    percent: Percent | None
    clock_hz: Figure | None
    cycles_per_hash: Figure | None
    explanation: Text


class Interval(Record, frozen=True, kw_only=True):
    """A derived figure with its bounds; `high` is None where nothing bounds it from above."""

    value: Figure
    low: Figure
    high: Figure | None


class IdlePower(Record, frozen=True, kw_only=True):
    """What a meter saw in `seconds` of idleness before or after the run."""

    when: Literal["before", "after"]
    seconds: Seconds
    power_w: Figure
    low_w: Figure
    high_w: Figure


class CrossCheck(Record, frozen=True, kw_only=True):
    """The same joules got from the meter's other kind of reading; `agrees` when the bounds of the two overlap."""

    method: Literal["integrated counter", "sampled power"]
    joules: Figure
    low_j: Figure
    high_j: Figure
    agrees: bool


class Efficiency(Record, frozen=True, kw_only=True):
    """Energy and work together; the intervals combine the energy's bounds with the hashrate's interval."""

    j_per_th: Interval
    mh_per_j: Interval
    above_idle_j_per_th: Interval | None


class PowerPoint(Record, frozen=True, kw_only=True):
    """The mean power in a part of the window that ends `until_s` after its start."""

    until_s: Seconds
    power_w: Figure


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


class ThrottleReason(Record, frozen=True, kw_only=True):
    """Why a device held its clock back, and in which share of the readings it said so."""

    reason: Name
    share: Probability


class Telemetry(Record, frozen=True, kw_only=True):
    """Clocks and temperatures seen while sampling, beside those kept with each sample; `source` says where."""

    source: Name
    readings: Count
    clock_hz: Figure | None
    clock_low_hz: Figure | None
    clock_high_hz: Figure | None
    temperature_c: Celsius | None
    temperature_high_c: Celsius | None
    throttle: Annotated[tuple[ThrottleReason, ...], Meta(max_length=40)]


class ProofHeader(Record, frozen=True, kw_only=True):
    """The first prefix (76 bytes) that was hashed under one running number; the others are rolled from it."""

    running_number: Count
    prefix_hex: PrefixHex


class Chunk(Record, frozen=True, kw_only=True):
    """A range of nonces under one running number, all counted in one sample, and the XOR of all its H7 words."""

    running_number: Count
    start: Word
    nonces: Annotated[int, Meta(ge=1, le=2**32)]
    xor_h7: Word
    sample: Annotated[int, Meta(ge=0, le=10_000)]


class Share(Record, frozen=True, kw_only=True):
    """A nonce whose header (the given prefix under the given running number) meets the share target."""

    running_number: Count
    prefix: Annotated[int, Meta(ge=0, le=(1 << 16) - 1)]
    nonce: Word


class Proof(Record, frozen=True, kw_only=True):
    """What shows that the hashes were computed (never how long it took): see `hashwatt.bench.sha256d.proof`."""

    target_hex: TargetHex
    prefixes: Annotated[int, Meta(ge=1, le=1 << 16)]
    headers: Annotated[tuple[ProofHeader, ...], Meta(max_length=MOST_HEADERS)]
    chunks: Annotated[tuple[Chunk, ...], Meta(max_length=MOST_CHUNKS)]
    shares: Annotated[tuple[Share, ...], Meta(max_length=50_000)]


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
    samples: Annotated[tuple[Sample, ...], Meta(max_length=MOST_SAMPLES)]
    hashes: Count
    seconds: Seconds
    hashrate: Hashrate | None
    roof: Roof | None
    energy: Annotated[tuple[Energy, ...], Meta(max_length=MOST_METERS)]
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]
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
    (`hashwatt.bench.sha256d.proof`). `sum_hs` adds the rates (measured, as they are). Where nothing was measured,
    `reason` says why.
    """

    seconds: Seconds | None
    reason: Text | None
    devices: Annotated[tuple[DeviceResult, ...], Meta(max_length=200)]
    rates: Annotated[tuple[RateTogether, ...], Meta(max_length=200)]
    sum_hs: Rate | None
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]


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
    warnings: Annotated[tuple[WarningRecord, ...], Meta(max_length=MOST_WARNINGS)]
    devices: Annotated[tuple[DeviceResult, ...], Meta(max_length=200)]
    together: Together | None = None
