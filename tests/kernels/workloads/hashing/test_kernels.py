"""Each hash on each device that executes kernels, against hashlib or a plain Python of our tests; and wrong kernels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.device import DeviceOptions, Executes, Found, Hit, Source
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES, Job, roll_versions
from hashwatt.kernels.headers.oracle import hash_value, last_word
from hashwatt.kernels.headers.target import MAX_TARGET, target_from_zero_bits
from hashwatt.kernels.workloads.hashing import llvm, scanner
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner, executes

from .hashes import DIGESTS, NAMES, workload

# Odd, no multiple of any vector; at both ends of the nonce space and across 2³¹.
RANGES = (range(0, 37), range((1 << 31) - 5, (1 << 31) + 14), range(NONCES - 23, NONCES), range(7, 8), range(9, 9))


@pytest.fixture(scope="module")
def cpu() -> Iterator[Executes]:
    (found,) = (entry for entry in find() if isinstance(entry, Found))
    opened = executes(found.open(DeviceOptions()))
    yield opened
    opened.close()


def kernels_here(name: str, device: Executes) -> list[HashKernel]:
    return workload(name).kernels(device.info, "llvm")


def check(name: str, scans: KernelScanner, prefix: bytes, nonces: range, target: int) -> None:
    """Every hit, and the XOR of every hash's last word, as the tests' own hash has them."""
    scans.prepare(Job((prefix,), target))
    scan = scans.scan(nonces)
    digests = {nonce: DIGESTS[name](prefix + nonce.to_bytes(4, "little")) for nonce in nonces}
    checksum = 0
    for digest in digests.values():
        checksum ^= last_word(digest)
    assert scan.hits == tuple(Hit(0, nonce) for nonce, digest in digests.items() if hash_value(digest) <= target)
    assert (scan.hashes, scan.xor_h7) == (len(nonces), checksum)


@pytest.mark.parametrize("name", NAMES)
def test_every_kernel_of_the_cpu_finds_what_the_hash_has(name: str, cpu: Executes) -> None:
    chance = random.Random(name)
    for kernel in kernels_here(name, cpu):
        scans = KernelScanner(cpu, [kernel], workload(name).oracle())
        for nonces in RANGES:
            check(name, scans, chance.randbytes(PREFIX_BYTES), nonces, target_from_zero_bits(2))


@pytest.mark.parametrize("name", NAMES)
def test_more_hits_than_there_is_room_for_all_come_back(
    name: str, cpu: Executes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "ROOM", 5)
    scans = KernelScanner(cpu, kernels_here(name, cpu)[:1], workload(name).oracle())
    check(name, scans, bytes(range(PREFIX_BYTES)), range(100, 133), MAX_TARGET)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_range_is_scanned_launch_by_launch(name: str, cpu: Executes) -> None:
    (kernel, *_) = kernels_here(name, cpu)
    short = replace(kernel, most_items=min(kernel.most_items, 2), vectors_a_slot=1)
    scans = KernelScanner(cpu, [short], workload(name).oracle())
    check(name, scans, bytes(range(PREFIX_BYTES)), range(1000, 1059), target_from_zero_bits(3))


@pytest.mark.parametrize(("place", "wrong"), [(0, 1 << 20), (3, 1), (-1, 1 << 31)])
@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_that_reads_its_job_wrongly_is_refused(name: str, cpu: Executes, place: int, wrong: int) -> None:
    (kernel, *_) = kernels_here(name, cpu)

    def changed(job: Job) -> bytes:
        data = bytearray(kernel.job_bytes(job))
        at = place * 4 % len(data)
        data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") ^ wrong).to_bytes(4, "little")
        return bytes(data)

    scans = KernelScanner(cpu, [replace(kernel, job_bytes=changed)], workload(name).oracle())
    with pytest.raises(WrongResult, match=r"wrong|confirm|found"):
        for seed in range(3):
            prefix = random.Random(seed).randbytes(PREFIX_BYTES)
            scans.prepare(Job((prefix,), target_from_zero_bits(1)))


def mutated(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [("= add <", "= sub <"), ("= xor <", "= or <"), ("icmp ult i64 %number.wide", "icmp ugt i64 %number.wide")],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_mutated_kernel_is_refused(
    name: str, before: str, after: str, cpu: Executes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kernel, *_) = kernels_here(name, cpu)
    module, _, function = kernel.source.text.partition(":")
    right = getattr(__import__(module, fromlist=["_"]), function)()
    monkeypatch.setattr(llvm, "MUTATED", mutated(right, before, after), raising=False)
    monkeypatch.setattr(llvm, "mutant", lambda: llvm.MUTATED, raising=False)  # type: ignore[attr-defined]
    source = Source("llvm", f"{llvm.__name__}:mutant", kernel.source.entry, kernel.source.types)
    scans = KernelScanner(cpu, [replace(kernel, source=source)], workload(name).oracle())
    with pytest.raises(WrongResult):
        scans.prepare(Job((bytes(PREFIX_BYTES),), 1))


def test_a_wrong_kernel_loses_the_race_whatever_its_speed(cpu: Executes) -> None:
    (kernel, *_) = kernels_here("blake2s", cpu)
    wrong = replace(kernel, name="wrong", job_bytes=lambda job: bytes(len(kernel.job_bytes(job))))
    info = KernelScanner(cpu, [wrong, kernel], workload("blake2s").oracle()).prepare(Job((bytes(PREFIX_BYTES),), 1))
    assert info.name == f"llvm-{kernel.name}"
    assert {each.name: each.hashrate_hs is None for each in info.candidates} == {"wrong": True, kernel.name: False}


def test_what_does_not_fit_is_said(cpu: Executes) -> None:
    scans = KernelScanner(cpu, kernels_here("blake2s", cpu)[:1], workload("blake2s").oracle())
    with pytest.raises(DeviceError, match="no job yet"):
        scans.scan(range(1))
    with pytest.raises(DeviceError, match="one prefix at a time"):
        scans.prepare(Job(roll_versions(bytes(PREFIX_BYTES), 2), 1))
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    with pytest.raises(DeviceError, match="ranges within"):
        scans.scan(range(0, 10, 2))


@pytest.mark.parametrize("name", NAMES)
def test_the_roof_is_made_of_the_kernels_own_operations(name: str, cpu: Executes) -> None:
    scans = KernelScanner(cpu, kernels_here(name, cpu)[:1], workload(name).oracle(), workload(name).measure_roof())
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    roof = scans.roof()
    assert roof is not None
    assert roof.rate_per_s > 0
    assert roof.binds == "logic"
    assert "What binds is the ports for" in roof.explanation
