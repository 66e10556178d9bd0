"""A small result made by hand: what the reports and the command line are shown in their own tests."""

from __future__ import annotations

from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import (
    DeviceRecord,
    KernelRecord,
    Measurement,
    Rate,
    Roof,
    RunSettings,
    Sample,
    Status,
)
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.verification.verdict import Check, Verdict
from hashwatt.kernels.workloads.evidence import Chunk, Header, Share, Shares

MACHINE = Machine(
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
        id=device, kind="cpu", name=name, vendor="Test", backend="cpu", driver="Test 1", compute_units=2, limits={}
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
        hashes=512_000_000,
        seconds=20.0,
        device_s=None,
        clock_hz=clock_hz,
        temperature_c=temperature_c,
        other_load=0.0,
    )
    proof = Shares(
        target_hex=f"{(1 << 234) - 1:064x}",
        prefixes=prefixes,
        headers=(Header(running_number=0, prefix_hex="00" * 76),),
        chunks=(Chunk(running_number=0, start=0, nonces=1 << 20, xor_h7=1, sample=0),),
        shares=tuple(Share(running_number=0, prefix=0, nonce=nonce) for nonce in range(251)),
    )
    roof = Roof(
        hashrate_hs=27e6,
        origin="measured",
        percent=roof_percent,
        clock_hz=clock_hz,
        cycles_per_hash=90.0,
        explanation="x",
    )
    return Measurement(
        device=device_record(device, name),
        status=status,
        reason=None,
        workload="sha256d",
        unit="hash",
        kernel=KernelRecord(
            name=kernel, prefixes=prefixes, tuning={}, compile_s=0.5, source_sha256="0" * 64, candidates=()
        ),
        settings=RunSettings(
            batch_nonces=1 << 20,
            batches_per_sample=1,
            batch_target_s=0.1,
            planned_s=10.0,
            until_narrow=True,
            warmup_s=1.0,
            warmup_batches=3,
        ),
        samples=(sample, sample),
        hashes=1_024_000_000,
        seconds=40.0,
        hashrate=Rate(
            value_hs=25_600_000.0, low_hs=25_500_000.0, high_hs=25_700_000.0, confidence=0.95, origin="measured"
        ),
        roof=roof,
        energy=(),
        warnings=warnings,
        proof=proof,
    )


def unmeasured(status: Status, reason: str, device: str = "opencl:0") -> Measurement:
    """A device that gave no figure."""
    return Measurement(
        device=device_record(device, "Test GPU"),
        status=status,
        reason=reason,
        workload="sha256d",
        unit="hash",
        kernel=None,
        settings=None,
        samples=(),
        hashes=0,
        seconds=0.0,
        hashrate=None,
        roof=None,
        energy=(),
        warnings=(),
        proof=None,
    )


def result(*devices: Measurement, warnings: tuple[WarningRecord, ...] = ()) -> Result:
    """A run of these devices (one measured CPU by default)."""
    return Result(
        schema_version=1,
        run_id="1f0c9a3e" * 4,
        created="2025-05-12T10:15:00Z",
        hashwatt_version="0.1.0",
        challenge="Ana",
        note=None,
        machine=MACHINE,
        libraries={},
        warnings=warnings,
        devices=devices or (measured(),),
    )


GOOD = Verdict.of([Check(code="schema", ok=True, sentence="the file fits the result model")])
BAD = Verdict.of(
    [
        Check(code="schema", ok=True, sentence="the file fits the result model"),
        Check(code="share_target", ok=False, sentence="share 3 does not meet the target", device="cpu"),
    ]
)
