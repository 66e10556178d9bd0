"""Each hash on each device that executes kernels, against hashlib or a plain Python of our tests; and wrong kernels."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module

import pytest

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.device import DeviceOptions, Executes, Found, Hit, Scans, Source
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES, Job, roll_versions
from hashwatt.kernels.headers.oracle import hash_value, last_word
from hashwatt.kernels.headers.target import MAX_TARGET, target_from_zero_bits
from hashwatt.kernels.workloads.hashing import llvm, scanner
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner, executes
from hashwatt.kernels.workloads.proof.confirm import check_known_answer
from hashwatt.kernels.workloads.proof.selftest import self_test

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


@pytest.fixture(scope="module")
def scanners(cpu: Executes) -> Callable[[str], KernelScanner]:
    """The likeliest kernel of each hash, compiled once for all tests here: that takes a second or two."""

    @cache
    def scanner_of(name: str) -> KernelScanner:
        return KernelScanner(cpu, kernels_here(name, cpu)[:1], workload(name).oracle(), workload(name).measure_roof())

    return scanner_of


def check(name: str, scans: Scans, prefix: bytes, nonces: range, target: int) -> None:
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
def test_the_kernel_finds_what_the_hash_has(name: str, scanners: Callable[[str], KernelScanner]) -> None:
    chance = random.Random(name)
    for nonces in RANGES:
        for zero_bits in (0, 2):
            check(name, scanners(name), chance.randbytes(PREFIX_BYTES), nonces, target_from_zero_bits(zero_bits))


@pytest.mark.slow  # Each width compiles for a second or two.
@pytest.mark.parametrize("bits", [512, 256, 128])
@pytest.mark.parametrize("name", NAMES)
def test_every_width_finds_what_the_hash_has(name: str, bits: int, cpu: Executes) -> None:
    found = [kernel for kernel in kernels_here(name, cpu) if f"v{bits}_" in kernel.name]
    if not found:
        pytest.skip(f"vectors of {bits} bits do not race here")
    for kernel in found:
        scans = KernelScanner(cpu, [kernel], workload(name).oracle())
        for seed in range(20):
            prefix = random.Random(seed).randbytes(PREFIX_BYTES)
            check(name, scans, prefix, RANGES[seed % len(RANGES)], target_from_zero_bits(2))


def test_each_piece_of_a_launch_is_counted_once(cpu: Executes) -> None:
    # A pipeline has a pass more for each piece, whose first pass ends no batch.
    kernel = replace(kernels_here("blake2s", cpu)[0], grain=1)
    scans = KernelScanner(cpu, [kernel], workload("blake2s").oracle())
    check("blake2s", scans, bytes(range(PREFIX_BYTES)), range(5, 100), target_from_zero_bits(2))


@pytest.mark.parametrize("name", NAMES)
def test_more_hits_than_there_is_room_for_all_come_back(
    name: str, scanners: Callable[[str], KernelScanner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "ROOM", 5)
    check(name, scanners(name), bytes(range(PREFIX_BYTES)), range(100, 133), MAX_TARGET)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_range_is_scanned_launch_by_launch(
    name: str, scanners: Callable[[str], KernelScanner], monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = scanners(name)
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    built = scans._built
    assert built is not None
    monkeypatch.setattr(built, "kernel", replace(built.kernel, vectors_a_slot=1))
    monkeypatch.setattr(built, "most_items", 1)
    check(name, scans, bytes(range(PREFIX_BYTES)), range(1000, 1000 + 3 * built.kernel.nonces_an_item + 1), MAX_TARGET)


@pytest.mark.parametrize(("place", "wrong"), [(1, 1 << 20), (3, 1), (-1, 1 << 31)])
@pytest.mark.parametrize("name", NAMES)
def test_a_job_that_is_read_wrongly_is_noticed(
    name: str, place: int, wrong: int, scanners: Callable[[str], KernelScanner], monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, oracle = scanners(name), workload(name).oracle()
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    built = scans._built
    assert built is not None
    right = built.kernel.job_bytes

    def changed(job: Job) -> bytes:
        data = bytearray(right(job))
        at = place * 4 % len(data)
        data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") ^ wrong).to_bytes(4, "little")
        return bytes(data)

    monkeypatch.setattr(built, "kernel", replace(built.kernel, job_bytes=changed))
    job = Job((random.Random(1).randbytes(PREFIX_BYTES),), target_from_zero_bits(1))
    scans.prepare(job)
    with pytest.raises(WrongResult):
        check_known_answer(oracle, scans, job, range(40))


def mutant_of(kernel: HashKernel, before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> HashKernel:
    """The kernel with one instruction changed."""
    module, _, function = kernel.source.text.partition(":")
    text = getattr(import_module(module), function)()
    assert before in text
    changed = text.replace(before, after, 1)
    monkeypatch.setattr(llvm, "mutant", lambda: changed, raising=False)
    source = Source("llvm", f"{llvm.__name__}:mutant", kernel.source.entry, kernel.source.types)
    return replace(kernel, name="mutant", source=source)


def test_a_wrong_kernel_loses_the_race_whatever_its_speed(cpu: Executes, monkeypatch: pytest.MonkeyPatch) -> None:
    (kernel, *_) = kernels_here("blake2s", cpu)
    wrong = mutant_of(kernel, "= add <", "= sub <", monkeypatch)
    info = KernelScanner(cpu, [wrong, kernel], workload("blake2s").oracle()).prepare(Job((bytes(PREFIX_BYTES),), 1))
    assert info.name == f"llvm-{kernel.name}"
    assert {each.name: each.hashrate_hs is None for each in info.candidates} == {"mutant": True, kernel.name: False}


@pytest.mark.slow  # Each mutant compiles for a second or two.
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("= add <", "= sub <"),
        ("= xor <", "= and <"),
        ("icmp ult i64 %number.wide", "icmp ugt i64 %number.wide"),
        ("icmp sgt i64 %left", "icmp slt i64 %left"),
        ("atomicrmw xor", "atomicrmw or"),
        ("%found = trunc i64 %found.wide", "%found = trunc i64 %n.wide"),
        ("add i64 %i, 1", "add i64 %i, 2"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_mutated_kernel_is_refused(
    name: str, before: str, after: str, cpu: Executes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = mutant_of(kernels_here(name, cpu)[0], before, after, monkeypatch)
    scans = KernelScanner(cpu, [wrong], workload(name).oracle())
    with pytest.raises(WrongResult):
        self_test(workload(name).oracle(), scans, 1)


def test_what_does_not_fit_is_said(cpu: Executes, scanners: Callable[[str], KernelScanner]) -> None:
    with pytest.raises(DeviceError, match="no job yet"):
        KernelScanner(cpu, [], workload("blake2s").oracle()).scan(range(1))
    scans = scanners("blake2s")
    with pytest.raises(DeviceError, match="one prefix at a time"):
        scans.prepare(Job(roll_versions(bytes(PREFIX_BYTES), 2), 1))
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    with pytest.raises(DeviceError, match="ranges within"):
        scans.scan(range(0, 10, 2))


@pytest.mark.parametrize("name", NAMES)
def test_the_roof_is_made_of_the_kernels_own_operations(name: str, scanners: Callable[[str], KernelScanner]) -> None:
    scans = scanners(name)
    scans.prepare(Job((bytes(PREFIX_BYTES),), 1))
    roof = scans.roof()
    assert roof is not None
    assert roof.rate_per_s > 0
    assert roof.binds == "logic"
    assert "What binds is the ports for" in roof.explanation
