"""Results whose proofs verify, made in milliseconds: few hashes, an easy target, and whatever rate is wished for."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec

from hashwatt.bench.rates import counted_samples, rate_of
from hashwatt.bench.result.energy import Energy
from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import Measurement, Roof, Round, Sample
from hashwatt.bench.result.model import Result
from hashwatt.kernels.headers.job import Job, rolled_prefix
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.workloads.evidence import Checked, Shares, Span
from hashwatt.kernels.workloads.evidence_version1 import Chunk, ChunkedShares, Header, Share
from hashwatt.kernels.workloads.proof.headers import Headers, target_to_hex
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words
from hashwatt.kernels.workloads.sha256d.version1.headers import derive_prefix

from .samples import MACHINE, measured, unmeasured
from .samples import result as plain_result

# One hash in sixteen is a share: 4,096 hashes give the usual 256.
TARGET = (1 << 252) - 1
HASHES = 4096


@cache
def proof_of(
    challenge: str, device_id: str, run_id: str, samples: int, prefixes: int = 1, machine: str = MACHINE.id
) -> Shares:
    """A true proof of `HASHES` hashes in so many equal samples."""
    size = HASHES // samples // prefixes
    headers = Headers(challenge, machine, device_id, run_id, "sha256d", TARGET, 10_000, prefixes, size)
    rolled = tuple(rolled_prefix(headers.prefix(0), number) for number in range(prefixes))
    hits, _ = reference_scan(Job(rolled, TARGET), range(size * samples))
    return Shares(
        target_hex=target_to_hex(TARGET),
        wanted=10_000,
        prefixes=prefixes,
        leaf_nonces=size,
        spans=(Span(start=0, nonces=size * samples),),
        # The reports never do a leaf again: its checksum may be anything.
        checksums=pack_words(range(samples)),
        count=len(hits),
        shares=pack_ascending(sorted(nonce * prefixes + number for number, nonce in hits)),
    )


def run_id_of(number: int) -> str:
    """The id of run number so and so."""
    return sha256(f"run {number}".encode()).hexdigest()[:32]


def verified(
    device: str = "cpu",
    *,
    run: int = 0,
    rate: float = 25e6,
    scatter: float = 0.01,
    samples: int = 16,
    clock_hz: Sequence[float] | None = None,
    temperature_c: Sequence[float] | None = None,
    energy: tuple[Energy, ...] = (),
    roof_hs: float | None = None,
    seed: int = 0,
    prefixes: int = 1,
    **changes: Any,
) -> Measurement:
    """A measured device of run number `run`; `changes` replace fields of its record (`name`, `kind`, `driver` …)."""
    chance = random.Random(f"{device} {run} {seed}")
    size = HASHES // samples
    times = [size / (rate * (1 + scatter * chance.uniform(-1, 1))) for _ in range(samples)]
    readings = tuple(
        Sample(
            amount=size,
            seconds=time,
            device_s=None,
            cpu_s=None,
            clock_hz=clock_hz[index % len(clock_hz)] if clock_hz else None,
            temperature_c=temperature_c[index % len(temperature_c)] if temperature_c else None,
            other_load=0.0,
            stolen_load=None,
        )
        for index, time in enumerate(times)
    )
    figure = rate_of(readings, "hash")
    template = measured(device)
    roof = (
        Roof(
            rate=roof_hs,
            unit="hash/s",
            origin="modelled",
            percent=100 * figure.value / roof_hs,
            binds="logic",
            clock_hz=None,
            cycles_per_unit=90.0,
            explanation="ports × clock",
        )
        if roof_hs
        else None
    )
    return msgspec.structs.replace(
        template,
        parameters={"prefixes": prefixes},
        device=msgspec.structs.replace(template.device, **{"driver": "test 1", **changes}),
        rounds=(Round(start_s=0.0, warmup_s=1.0, counted=True, left_out=None, samples=readings),),
        amount=size * samples,
        seconds=sum(sample.seconds for sample in readings),
        rate=figure,
        roof=roof,
        energy=energy,
        evidence=proof_of("Ana", device, run_id_of(run), samples, prefixes),
    )


def result(*devices: Measurement, run: int = 0, day: int = 12, **changes: Any) -> Result:
    """Run number `run`, on a day of May 2025, of devices that were made for it."""
    return msgspec.structs.replace(
        plain_result(*(devices or (verified(run=run),))),
        run_id=run_id_of(run),
        created=f"2025-05-{day:02d}T10:15:00Z",
        **changes,
    )


def streaming(device: str = "cpu", *, rate: float = 20e9, samples: int = 16, **changes: Any) -> Measurement:
    """A device that moved bytes: the machine compared the answers itself."""
    size = 1 << 28
    readings = tuple(
        Sample(
            amount=size,
            seconds=size / rate,
            device_s=None,
            cpu_s=None,
            clock_hz=None,
            temperature_c=None,
            other_load=0.0,
            stolen_load=None,
        )
        for _ in range(samples)
    )
    template = verified(device, **changes)
    return msgspec.structs.replace(
        template,
        workload="stream",
        parameters={"operation": "triad", "number": "float64"},
        unit="byte",
        rounds=(Round(start_s=0.0, warmup_s=1.0, counted=True, left_out=None, samples=readings),),
        amount=size * samples,
        seconds=math.fsum(sample.seconds for sample in readings),
        rate=rate_of(readings, "byte"),
        roof=Roof(
            rate=rate * 1.25,
            unit="byte/s",
            origin="measured",
            percent=80.0,
            binds="memory",
            clock_hz=None,
            cycles_per_unit=None,
            explanation="a sum over an array beyond the caches",
        ),
        evidence=Checked(answers=1_000, how="each element after each sample"),
    )


def on_machine(entry: Measurement, machine: str, run: int = 0) -> Measurement:
    """The same on another machine of the run, with a proof of its own."""
    samples = len(entry.rounds[0].samples)
    proof = proof_of("Ana", entry.device.id, run_id_of(run), samples, int(entry.parameters["prefixes"]), machine)
    return msgspec.structs.replace(entry, machine=machine, evidence=proof)


def old_proof_of(challenge: str, device_id: str, run_id: str, samples: int) -> ChunkedShares:
    """A true proof as version 1 kept it."""
    prefix, size = derive_prefix(challenge, device_id, run_id, 0), HASHES // samples
    hits, _ = reference_scan(Job((prefix,), TARGET), range(size * samples))
    return ChunkedShares(
        target_hex=target_to_hex(TARGET),
        prefixes=1,
        headers=(Header(running_number=0, prefix_hex=prefix.hex()),),
        chunks=tuple(
            Chunk(running_number=0, start=index * size, nonces=size, xor_h7=index, sample=index)
            for index in range(samples)
        ),
        shares=tuple(Share(running_number=0, prefix=number, nonce=nonce) for number, nonce in hits),
    )


def by_median(run: Result) -> Result:
    """The same samples as a file of version 1 states them: their median."""
    return msgspec.structs.replace(
        run,
        written_as=1,
        results=tuple(
            msgspec.structs.replace(
                entry,
                rate=rate_of(counted_samples(entry), entry.unit, 1),
                evidence=old_proof_of(run.challenge, entry.device.id, run.run_id, len(counted_samples(entry))),
            )
            for entry in run.results
        ),
    )


def tampered(device: Measurement) -> Measurement:
    """The same device with a claim that its samples do not support."""
    assert device.rate is not None
    return msgspec.structs.replace(device, rate=msgspec.structs.replace(device.rate, value=9e12))


def joules(j_per_th: float, device: Measurement, *, half_width: float = 0.02, **changes: Any) -> Energy:
    """An energy record that gives so many J/TH for `device`, bounded to ± `half_width`."""
    gross = j_per_th * device.amount / 1e12
    record = Energy(
        meter="rapl:package-0",
        method="integrated counter",
        scope="package",
        gross_j=gross,
        above_idle_j=None,
        window_s=device.seconds,
        samples=10,
        gaps=0,
        low_j=gross * (1 - half_width),
        high_j=gross * (1 + half_width),
        bound_source="counter resolution",
        reason=None,
    )
    return msgspec.structs.replace(record, **changes)


def with_energy(device: Measurement, j_per_th: float, **changes: Any) -> Measurement:
    """The device with one energy record."""
    return msgspec.structs.replace(device, energy=(joules(j_per_th, device, **changes),))


def machine(**changes: Any) -> Machine:
    """The machine of all results, changed."""
    return msgspec.structs.replace(MACHINE, **changes)


def showcase() -> list[Result]:
    """Runs that show everything there is to show: several machines and kinds, a re-run, a lie, a failure."""
    gpu = verified(
        "opencl:0",
        run=1,
        rate=6.2e9,
        kind="gpu",
        name="Radeon RX 6800",
        backend="opencl",
        driver="amdgpu 6.10",
        clock_hz=[2.1e9, 2.08e9, 2.05e9],
        temperature_c=[61.0, 64.0, 66.0, 67.0],
        roof_hs=7.0e9,
    )
    return [
        result(with_energy(verified(run=0, roof_hs=27e6), 2.4e6), run=0, day=10),
        result(
            with_energy(gpu, 32_000, method="device-reported", scope="board", meter="nvml"),
            unmeasured("failed", "the driver did not answer within 60 s and was cut off", "opencl:1"),
            run=1,
            day=11,
            machines=(machine(cpu_model="Ryzen 7 5700X", hypervisor="KVM"),),
        ),
        result(with_energy(verified(run=2, rate=26e6, roof_hs=27e6), 2.3e6), run=2, day=12),
        result(tampered(verified(run=3, name="Wonder chip", kind="asic")), run=3, day=13),
    ]


def fleet(machines: int = 12) -> Result:
    """One run of so many equal machines, the fourth of which is slow."""
    ids = [f"{number:016x}" for number in range(1, machines + 1)]
    name = "Xeon Gold 6338"
    rates = [25e6 * (0.8 if number == 3 else 1 + number / 500) for number in range(machines)]
    entries = [on_machine(verified(rate=rate, name=name), one) for rate, one in zip(rates, ids, strict=True)]
    return result(*entries, machines=tuple(machine(id=one, cpu_model=name) for one in ids))


def many_results(count: int, *, proven: bool = True) -> list[Result]:
    """Runs of so many devices, each with its clock, roof and energy; proofs take most of the time."""
    made = []
    for run in range(count):
        name = f"Device {run}"
        # The proof of the first run is made once for all.
        entry = verified(
            run=run if proven else 0, rate=1e6 * (1 + run), samples=64, name=name, clock_hz=[2e9, 2.1e9], roof_hs=1e9
        )
        if not proven:
            entry = msgspec.structs.replace(entry, evidence=Checked(answers=64, how="each answer"))
        made.append(result(with_energy(entry, 1e6 + run), run=run, note=f"number {run}"))
    return made
