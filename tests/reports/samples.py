"""A small result made by hand: what the reports and the command line are shown in their own tests."""

from __future__ import annotations

from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import (
    DeviceRecord,
    KernelRecord,
    Measurement,
    Rate,
    Roof,
    Round,
    RunSettings,
    Sample,
    Status,
)
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.verdict import Check, Verdict
from hashwatt.kernels.workloads.evidence import Shares, Span
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words

MACHINE = Machine(
    id="0123456789abcdef",
    cpu_model="Test CPU",
    microarchitecture="zen4",
    cpu_vendor="AuthenticAMD",
    cpu_features=("avx2",),
    caches=(),
    physical_cores=2,
    logical_cpus=2,
    usable_cpus=2.0,
    memory_bytes=1 << 30,
    architecture="x86_64",
    os="Linux",
    kernel="6.1",
    python="CPython 3.12",
    hypervisor=None,
    container=None,
    governor=None,
    on_battery=None,
    load_before=0.0,
)


def device_record(device: str = "cpu", name: str = "Test CPU") -> DeviceRecord:
    return DeviceRecord(
        id=device,
        kind="cpu",
        name=name,
        vendor="Test",
        backend="cpu",
        driver="Test 1",
        compute_units=2,
        runs_on_host_cpu=True,
        simulator=False,
        pci_address=None,
        limits={},
    )


def measured(
    device: str = "cpu",
    *,
    name: str = "Test CPU",
    kernel: str = "avx2",
    prefixes: int = 1,
    status: Status = "measured",
    clock_hz: float | None = 2.6e9,
    temperature_c: float | None = 61.0,
    roof_percent: float | None = 94.25,
    warnings: tuple[WarningRecord, ...] = (),
) -> Measurement:
    """A device that did 1,024 M hashes in 40 s."""
    sample = Sample(
        amount=512_000_000,
        seconds=20.0,
        device_s=None,
        cpu_s=None,
        clock_hz=clock_hz,
        temperature_c=temperature_c,
        other_load=0.0,
        stolen_load=None,
    )
    proof = Shares(
        target_hex=f"{(1 << 234) - 1:064x}",
        wanted=10_000,
        prefixes=prefixes,
        leaf_nonces=1 << 20,
        spans=(Span(start=0, nonces=1 << 20),),
        checksums=pack_words([1]),
        count=251,
        shares=pack_ascending(range(251)),
    )
    roof = Roof(
        rate=27e6,
        unit="hash",
        origin="measured",
        percent=roof_percent,
        binds="logic",
        clock_hz=clock_hz,
        cycles_per_unit=90.0,
        explanation="x",
    )
    return Measurement(
        machine=MACHINE.id,
        device=device_record(device, name),
        status=status,
        reason=None,
        workload="sha256d",
        parameters={"prefixes": prefixes},
        unit="hash",
        kernel=KernelRecord(name=kernel, tuning={}, compile_s=0.5, source_sha256="0" * 64, candidates=()),
        settings=RunSettings(
            batch=1 << 20,
            batches_per_sample=1,
            batch_target_s=0.1,
            planned_s=10.0,
            until_narrow=True,
        ),
        rounds=(Round(start_s=2.0, warmup_s=1.0, counted=True, left_out=None, samples=(sample, sample)),),
        amount=1_024_000_000,
        seconds=40.0,
        rate=Rate(
            value=25_600_000.0,
            low=25_500_000.0,
            high=25_700_000.0,
            confidence=0.95,
            median=25_600_000.0,
            best=25_600_000.0,
            unit="hash",
            origin="measured",
        ),
        rate_per_cpu_s=None,
        roof=roof,
        energy=(),
        telemetry=(),
        evidence=proof,
        warnings=warnings,
    )


def unmeasured(status: Status, reason: str, device: str = "opencl:0") -> Measurement:
    """A device that gave no figure."""
    return Measurement(
        machine=MACHINE.id,
        device=device_record(device, "Test GPU"),
        status=status,
        reason=reason,
        workload="sha256d",
        parameters={"prefixes": 1},
        unit="hash",
        kernel=None,
        settings=None,
        rate=None,
        rate_per_cpu_s=None,
        rounds=(),
        amount=0,
        seconds=0.0,
        roof=None,
        energy=(),
        telemetry=(),
        evidence=None,
        warnings=(),
    )


def result(*devices: Measurement, warnings: tuple[WarningRecord, ...] = ()) -> Result:
    """A run of these devices (one measured CPU by default)."""
    return Result(
        schema_version=2,
        run_id="1f0c9a3e" * 4,
        created="2025-05-12T10:15:00Z",
        hashwatt_version="0.1.0",
        challenge="Ana",
        note=None,
        machines=(MACHINE,),
        libraries={},
        warnings=warnings,
        results=devices or (measured(),),
    )


GOOD = Verdict.of([Check(code="schema", ok=True, sentence="the file fits the result model")])
BAD = Verdict.of(
    [
        Check(code="schema", ok=True, sentence="the file fits the result model"),
        Check(code="share_target", ok=False, sentence="share 3 does not meet the target", device="cpu"),
    ]
)
