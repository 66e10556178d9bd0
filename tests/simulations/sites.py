"""Thousands of simulated machines' results, whose proofs verify: what a site is made of.

`python -m tests.simulations.sites FOLDER [RESULTS]` writes them. Rates scatter by 2 % among equal machines, one in ten
is measured twice, one in nine has a card, one in four copies memory, too. The hashes are real, at an easy target.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from hashwatt.bench.result.file import save
from hashwatt.bench.result.measurement import Measurement, Sample
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.workloads.evidence import Shares, Span
from hashwatt.kernels.workloads.proof.headers import Headers, target_to_hex
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words
from tests.reports.factory import machine, result, run_id_of, streaming, verified, with_energy

# Every other hash is a share.
TARGET = (1 << 255) - 1
SHARES = 10_000
SAMPLES = 16
MODELS = (
    ("AMD EPYC 7601", 64, 650e6, "zen"),
    ("Intel Xeon Gold 6148", 40, 310e6, "skylake_avx512"),
    ("AMD Ryzen 9 5950X", 32, 700e6, "zen3"),
    ("Intel Core i5-8500", 6, 60e6, "skylake"),
    ("Apple M2", 8, 200e6, "m2"),
)
CARDS = ("Radeon RX 6800", "GeForce RTX 4090", "Arc A770")
SCATTER = 0.02


def save_results(folder: Path, count: int) -> None:
    """Write so many result files."""
    chance = Random(1)
    for number in range(count):
        name, cpus, rate, microarchitecture = MODELS[number % len(MODELS)]
        # Every tenth is a second run of the machine before the one before.
        first = number - len(MODELS) if number % 10 == 9 else number
        where = sha256(f"machine {first}".encode()).hexdigest()[:16]
        cpu = proven("cpu", where, number, rate * chance.gauss(1, SCATTER), name=name)
        devices = [with_energy(cpu, 2.4e6)]
        if number % 9 == 0:
            card = {"kind": "gpu", "backend": "opencl", "runs_on_host_cpu": False, "pci_address": "0000:01:00.0"}
            own = 6e9 * chance.gauss(1, SCATTER)
            devices.append(proven("opencl:0", where, number, own, name=CARDS[number // 9 % len(CARDS)], **card))
        if number % 4 == 0:
            devices.append(replace(streaming(rate=1e11 * chance.gauss(1, SCATTER)), machine=where, device=cpu.device))
        there = machine(
            id=where,
            cpu_model=name,
            logical_cpus=cpus,
            usable_cpus=float(cpus),
            microarchitecture=microarchitecture,
            hypervisor="KVM" if number % 7 == 0 else None,
        )
        made = result(*devices, run=number, day=1 + number % 28, machines=(there,), note=f"note {number}")
        save(made, folder / f"{number}.json")


def proven(device: str, where: str, run: int, rate: float, **changes: Any) -> Measurement:
    """A device with the usual number of shares."""
    entry = verified(device, run=run, rate=rate, samples=SAMPLES, **changes)
    nonces = 2 * SHARES
    size = nonces // SAMPLES
    headers = Headers("Ana", where, device, run_id_of(run), "sha256d", TARGET, SHARES, 1, size)
    hits, _ = reference_scan(Job((headers.prefix(0),), TARGET), range(nonces))
    scale = size / entry.rounds[0].samples[0].amount
    samples = tuple(_scaled(sample, size, scale) for sample in entry.rounds[0].samples)
    # As many as a harder target would leave: here the target of the run is that one, or nearly.
    evidence = Shares(
        target_hex=target_to_hex(TARGET),
        wanted=SHARES,
        prefixes=1,
        leaf_nonces=size,
        spans=(Span(start=0, nonces=nonces),),
        checksums=pack_words(range(SAMPLES)),
        count=len(hits),
        shares=pack_ascending([nonce for _, nonce in hits]),
    )
    return replace(
        entry,
        machine=where,
        rounds=(replace(entry.rounds[0], samples=samples),),
        amount=nonces,
        seconds=sum(sample.seconds for sample in samples),
        evidence=evidence,
    )


def _scaled(sample: Sample, size: int, scale: float) -> Sample:
    return replace(sample, amount=size, seconds=sample.seconds * scale)


if __name__ == "__main__":
    save_results(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
