"""Every CPU kernel that this machine can run, against hashlib."""

from __future__ import annotations

import random
import struct
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen.vector_ir import job_words
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.job_words import job_array
from hashwatt.kernels.cpu.variants import DIGESTS, SCAN, Variant, variants, whole_digest
from hashwatt.kernels.cpu.workers import record_space, scan_chunk
from hashwatt.kernels.headers.job import NONCES, Job, header_with_nonce, roll_versions
from hashwatt.kernels.headers.oracle import last_word, meets, reference_scan, sha256d
from hashwatt.kernels.headers.target import target_from_zero_bits

from .graph_words import words_by_graph

DIGESTS_WANTED = 10_000
BATCHES = 8
RANGES = [
    range(0, 1),
    range(5, 42),
    range(2**31 - 33, 2**31 + 50),
    range(NONCES - 1, NONCES),
    range(NONCES - 77, NONCES),
    # More than two blocks of a kernel that works in blocks.
    range(900, 1503),
]


# LLVM works a second on each of these. Half the lanes, and four of them, are tried without a loop over prefixes, that
# loop with the other kernels.
SLOW_ROLLED = ("avx2-x8-halved-rolled", "sse2-x4-rolled")


def runnable(rolled: bool) -> list[Any]:
    """What runs here; for the others see test_assembly.py."""
    return [
        pytest.param(variant, id=variant.name, marks=[pytest.mark.slow] if variant.name in SLOW_ROLLED else [])
        for variant in variants(rolled)
        if not variant.missing()
    ]


def with_digests() -> list[Any]:
    """Those that compute whole digests; what the widest and the plainest do right, the others seldom do wrong: slow.

    The SHA instructions' kernels compute none; tests/kernels/cpu/test_sha_ir.py checks every word of theirs.
    """
    able = [variant for variant in variants(False) if not variant.missing()]
    own = ("sha", "piped", "ordered")
    able = [variant for variant in able if not any(part in variant.name for part in own)]
    return [
        pytest.param(variant, id=variant.name, marks=[] if variant in (able[0], able[-1]) else [pytest.mark.slow])
        for variant in able
    ]


def scan(variant: Variant, job: Job, nonces: range) -> tuple[list[tuple[int, int]], int]:
    compiled = compile_variant(variant)
    prefixes = len(job.prefixes)
    records = record_space(variant.lanes, prefixes, len(nonces))
    tally = scan_chunk(compiled, job_array(compiled, job), prefixes, nonces.start, len(nonces), records)
    candidates = [
        (prefix, first + lane)
        for first, prefix, lanes in tally.records.tolist()
        for lane in range(variant.lanes)
        if lanes >> lane & 1 and first + lane in nonces
    ]
    return sorted(hit for hit in candidates if meets(job.prefixes[hit[0]], hit[1], job.target)), tally.xor_h7


@pytest.mark.parametrize("variant", runnable(rolled=False) + runnable(rolled=True))
@pytest.mark.parametrize("nonces", RANGES, ids=str)
def test_hits_and_checksum_are_hashlibs_at_the_edges(variant: Variant, nonces: range) -> None:
    source = random.Random(repr(nonces))
    prefixes = roll_versions(source.randbytes(76), 16 if variant.rolled else 1)
    for zero_bits in (0, 2, 7, 40):
        job = Job(prefixes, target_from_zero_bits(zero_bits))
        assert scan(variant, job, nonces) == reference_scan(job, nonces)


@pytest.mark.parametrize("variant", runnable(rolled=True))
@pytest.mark.parametrize("prefixes", [1, 2, 3, 31, 32, 33, 67])
def test_any_number_of_prefixes_fits_a_pipeline_and_a_block(variant: Variant, prefixes: int) -> None:
    # A pass may then belong to another batch than the ones before it.
    job = Job(roll_versions(bytes(range(76)), prefixes), target_from_zero_bits(3))
    for nonces in (range(2), range(100, 100 + 7 * variant.lanes + 1)):
        assert scan(variant, job, nonces) == reference_scan(job, nonces)


@pytest.mark.parametrize("variant", runnable(rolled=False) + runnable(rolled=True))
def test_no_record_names_a_nonce_or_a_prefix_that_was_not_asked_for(variant: Variant) -> None:
    compiled = compile_variant(variant)
    prefixes = 3 if variant.rolled else 1
    job = Job(roll_versions(bytes(range(76)), prefixes), 2**256 - 1)
    nonces = range(50, 50 + 2 * variant.lanes + variant.lanes // 2)
    records = record_space(variant.lanes, prefixes, len(nonces))
    tally = scan_chunk(compiled, job_array(compiled, job), prefixes, nonces.start, len(nonces), records)
    named = [
        (prefix, first + lane)
        for first, prefix, lanes in tally.records.tolist()
        for lane in range(32)
        if lanes >> lane & 1
    ]
    assert sorted(named) == [(prefix, nonce) for prefix in range(prefixes) for nonce in nonces]


@pytest.mark.parametrize("variant", runnable(rolled=False))
def test_ten_thousand_random_nonces_of_random_headers_have_hashlibs_last_word(variant: Variant) -> None:
    # One nonce a call: the checksum is then that nonce's last word itself.
    source = random.Random(variant.name)
    compiled = compile_variant(variant)
    records = record_space(variant.lanes, 1, 1)
    headers = [source.randbytes(76) for _ in range(100)]
    for prefix in headers:
        job = Job((prefix,), 1)
        words = job_array(compiled, job)
        for nonce in (source.randrange(NONCES) for _ in range(DIGESTS_WANTED // len(headers))):
            tally = scan_chunk(compiled, words, 1, nonce, 1, records)
            assert tally.xor_h7 == last_word(sha256d(header_with_nonce(prefix, nonce)))


@pytest.mark.parametrize("variant", with_digests())
def test_ten_thousand_random_digests_are_hashlibs_in_all_eight_words(variant: Variant) -> None:
    source = random.Random(variant.name)
    digests = compile_variant(variant, DIGESTS)
    lanes = variant.lanes
    program = whole_digest("avx512" in variant.name, variant.name.startswith(("avx512", "scalar")))
    words = np.empty(BATCHES * 8 * lanes, dtype=np.uint32)
    checked = 0
    while checked < DIGESTS_WANTED:
        prefix, first = source.randbytes(76), source.randrange(NONCES - BATCHES * lanes)
        job = Job((prefix,), 1)
        told = np.array(job_words(job, words_by_graph(program, job)), dtype=np.uint32)
        digests.run(told.ctypes.data, first, BATCHES, 0, 1, words.ctypes.data)
        by_nonce = words.reshape(BATCHES, 8, lanes).transpose(0, 2, 1).reshape(-1, 8)
        for nonce, digest in enumerate(by_nonce.tolist(), first):
            assert struct.pack(">8I", *digest) == sha256d(header_with_nonce(prefix, nonce))
        checked += len(by_nonce)


@pytest.mark.parametrize("variant", runnable(rolled=False) + runnable(rolled=True))
def test_a_kernel_says_its_instruction_set_and_its_rolling_in_its_name(variant: Variant) -> None:
    assert variant.name.endswith("-rolled") == variant.rolled
    assert f"-x{variant.lanes}" in variant.name
    assert variant.emit(SCAN, "named").count("define i64 @named(") == 1
