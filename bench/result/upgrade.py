"""A result of schema version 1 as one of version 2, in memory: every figure stays what it was.

What version 1 did not keep is None. What its readers told from English names (a simulator, a CPU's runtime) is told
from them here for the last time.
"""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import asdict

from ...kernels.workloads.evidence_version1 import ChunkedShares
from ...kernels.workloads.quantity import per_second
from . import version1
from .energy import Efficiency, Energy, Interval
from .machine import Machine
from .measurement import (
    CandidateRecord,
    DeviceRecord,
    KernelRecord,
    Measurement,
    Rate,
    Roof,
    Round,
    RunSettings,
    Sample,
)
from .model import SCHEMA_VERSION, RateTogether, Result, Together

HASHES_PER_TH = 1e12
HASHES_PER_MH = 1e6
# The model's own bound of a figure.
LARGEST = 1e30
# How version 1 marked, in a device's name, what has no hardware of its own.
IMITATIONS = ("runs on the CPU", "simulator")
SIMULATORS = ("simulator",)


def upgraded(old: version1.Result) -> Result:
    """The same result as version 2 writes it; its headline stays the median (`written_as` is 1)."""
    machine_id = sha256(f"hashwatt version 1 machine {old.run_id}".encode()).hexdigest()[:16]
    return Result(
        schema_version=SCHEMA_VERSION,
        run_id=old.run_id,
        created=old.created,
        hashwatt_version=old.hashwatt_version,
        challenge=old.challenge,
        note=old.note,
        # Nothing told a machine from its like: each file's stands for itself.
        machines=(Machine(id=machine_id, **asdict(old.machine)),),
        libraries=old.libraries,
        warnings=old.warnings,
        results=tuple(_measurement(entry, machine_id) for entry in old.devices),
        together=None if old.together is None else _together(old.together, machine_id),
        written_as=1,
    )


def _together(old: version1.Together, machine_id: str) -> Together:
    workloads = {entry.device.id: entry.workload for entry in old.devices}
    return Together(
        seconds=old.seconds,
        reason=old.reason,
        results=tuple(_measurement(entry, machine_id) for entry in old.devices),
        rates=tuple(
            RateTogether(
                machine=machine_id,
                device=rate.device,
                workload=workloads.get(rate.device, "unknown"),
                rate=rate.hashrate_hs,
                ratio_to_alone=rate.ratio_to_alone,
            )
            for rate in old.rates
        ),
        sum_rate=old.sum_hs,
        unit=None if old.sum_hs is None else next((entry.unit for entry in old.devices), "hash"),
        warnings=old.warnings,
    )


def _measurement(old: version1.DeviceResult, machine_id: str) -> Measurement:
    rates = [sample.hashes / sample.seconds for sample in old.samples]
    return Measurement(
        machine=machine_id,
        device=_device(old.device),
        workload=old.workload,
        parameters={"prefixes": _prefixes(old)},
        unit=old.unit,
        status=old.status,
        reason=old.reason,
        kernel=None if old.kernel is None else _kernel(old.kernel),
        settings=None if old.settings is None else _settings(old.settings),
        rate=None if old.hashrate is None else _rate(old.hashrate, old.unit, rates),
        rate_per_cpu_s=None,
        rounds=_rounds(old),
        amount=old.hashes,
        seconds=old.seconds,
        roof=None if old.roof is None else _roof(old.roof, old.unit),
        energy=tuple(_energy(record) for record in old.energy),
        telemetry=old.telemetry,
        evidence=None if old.proof is None else ChunkedShares(**asdict(old.proof)),
        warnings=old.warnings,
    )


def _prefixes(old: version1.DeviceResult) -> int:
    if old.kernel is not None:
        return old.kernel.prefixes
    return 1 if old.proof is None else old.proof.prefixes


def _device(old: version1.DeviceRecord) -> DeviceRecord:
    address = old.limits.get("pci")
    return DeviceRecord(
        **asdict(old),
        runs_on_host_cpu=True if old.kind == "cpu" or any(words in old.name for words in IMITATIONS) else None,
        simulator=any(words in old.name for words in SIMULATORS),
        pci_address=address if isinstance(address, str) and 0 < len(address) <= 200 else None,
    )


def _kernel(old: version1.KernelRecord) -> KernelRecord:
    return KernelRecord(
        name=old.name,
        tuning=old.tuning,
        compile_s=old.compile_s,
        source_sha256=old.source_sha256,
        candidates=tuple(
            CandidateRecord(
                name=candidate.name,
                rate_per_s=candidate.hashrate_hs,
                compile_s=candidate.compile_s,
                reason=candidate.reason,
            )
            for candidate in old.candidates
        ),
    )


def _settings(old: version1.RunSettings) -> RunSettings:
    return RunSettings(
        batch=old.batch_nonces,
        batches_per_sample=old.batches_per_sample,
        batch_target_s=old.batch_target_s,
        planned_s=old.planned_s,
        until_narrow=old.until_narrow,
    )


def _rate(old: version1.Hashrate, unit: str, rates: list[float]) -> Rate:
    return Rate(
        value=old.value_hs,
        low=old.low_hs,
        high=old.high_hs,
        confidence=old.confidence,
        median=old.value_hs,
        best=max(rates, default=None),
        unit=per_second(unit),
        origin=old.origin,
    )


def _rounds(old: version1.DeviceResult) -> tuple[Round, ...]:
    """All samples were taken in one go."""
    if not old.samples:
        return ()
    return (
        Round(
            start_s=None,
            warmup_s=0.0 if old.settings is None else old.settings.warmup_s,
            counted=True,
            left_out=None,
            samples=tuple(
                Sample(
                    amount=sample.hashes,
                    seconds=sample.seconds,
                    device_s=sample.device_s,
                    cpu_s=None,
                    clock_hz=sample.clock_hz,
                    temperature_c=sample.temperature_c,
                    other_load=sample.other_load,
                    stolen_load=None,
                )
                for sample in old.samples
            ),
        ),
    )


def _roof(old: version1.Roof, unit: str) -> Roof:
    return Roof(
        rate=old.hashrate_hs,
        unit=per_second(unit),
        origin=old.origin,
        percent=old.percent,
        binds=None,
        clock_hz=old.clock_hz,
        cycles_per_unit=old.cycles_per_hash,
        explanation=old.explanation,
    )


def _energy(old: version1.Energy) -> Energy:
    fields = asdict(old) | {"efficiency": None if old.efficiency is None else _efficiency(old.efficiency)}
    return Energy(**fields)


def _efficiency(old: version1.Efficiency) -> Efficiency | None:
    units_per_j = _scaled(old.mh_per_j, HASHES_PER_MH)
    # A file may state what no device reaches; the model has no room for it.
    if max(units_per_j.value, units_per_j.low, units_per_j.high or 0.0) > LARGEST:
        return None
    above = old.above_idle_j_per_th
    return Efficiency(
        j_per_unit=_scaled(old.j_per_th, 1 / HASHES_PER_TH),
        units_per_j=units_per_j,
        above_idle_j_per_unit=None if above is None else _scaled(above, 1 / HASHES_PER_TH),
    )


def _scaled(interval: Interval, factor: float) -> Interval:
    return Interval(
        value=interval.value * factor,
        low=interval.low * factor,
        high=None if interval.high is None else interval.high * factor,
    )
