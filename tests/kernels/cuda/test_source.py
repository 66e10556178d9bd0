"""The CUDA source of a kernel, run on the CPU thread after thread, is right. Needs nothing of NVIDIA's."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashwatt.kernels.cuda.executor import FOUR_WORDS, as_cuda
from hashwatt.kernels.device import DeviceInfo
from hashwatt.kernels.headers.job import NONCES, Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import filter_mask, target_from_zero_bits
from hashwatt.kernels.opencl.codegen.dialect import CUDA
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.layout import buffer_words
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.setting import Tuning
from hashwatt.kernels.opencl.slot import JobWords, Question, hits_in, numbers_of, records_in, xor_in
from hashwatt.kernels.workloads.hashing import opencl as hashing
from hashwatt.kernels.workloads.hashing.layout import WORDS, XOR
from hashwatt.kernels.workloads.hashing.streams import MIX
from hashwatt.kernels.workloads.keccak256.description import header_graph
from hashwatt.kernels.workloads.keccak256.oracle import ORACLE as KECCAK256
from hashwatt.kernels.workloads.scrypt import opencl as scrypt
from hashwatt.kernels.workloads.scrypt.oracle import digests_of

from ..headers import random_prefixes
from .fake_card import compiled_here, needs_a_compiler

pytestmark = needs_a_compiler
ZERO_BITS = 5
CARD = DeviceInfo("cuda:0", "gpu", "a card", "NVIDIA", "cuda", "", languages=("opencl",), limits={})
RANGES = (range(0, 700), range(NONCES - 333, NONCES), range((1 << 31) - 50, (1 << 31) + 51))


@pytest.mark.parametrize(
    ("variant", "prefixes"),
    [(Variant(1, "rotate", "xor"), 1), (Variant(1, "rotate", "xor", pipes="rot15", rolled=True), 3)],
    ids=lambda given: given.name if isinstance(given, Variant) else str(given),
)
def test_a_kernels_cuda_source_hashes_as_hashlib(variant: Variant, prefixes: int, tmp_path: Path) -> None:
    library = tmp_path / "kernel.so"
    library.write_bytes(compiled_here(emit(variant, CUDA), "sm_90").data)
    launch = ctypes.CDLL(str(library)).launch_scan
    job = Job(roll_versions(random_prefixes(1, seed=51)[0], prefixes), target_from_zero_bits(ZERO_BITS))
    words = JobWords.of(variant, job)
    tuning = Tuning(replace(variant), vectors_per_item=4, local_size=32)
    for nonces in RANGES:
        results = np.zeros(buffer_words(words.room), np.uint32)
        numbers = numbers_of(tuning, Question(nonces, filter_mask(job.target)), words)
        pointers = (ctypes.c_void_p(results.ctypes.data), ctypes.c_void_p(words.rows.ctypes.data))
        values = [*(ctypes.c_uint32(int(word)) for word in numbers), *pointers]
        values += [ctypes.c_uint32(int(word)) for word in words.early]
        arguments = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        items, group = tuning.shape(len(nonces))
        launch(arguments, items // group, group)
        hits, xor_h7 = reference_scan(job, nonces)
        assert xor_in(results) == xor_h7
        assert sorted(records_in(results, hits_in(results))) == hits


def test_scrypts_vectors_of_four_words_hash_as_hashlib(tmp_path: Path) -> None:
    (kernel,) = scrypt.kernels(CARD)
    library = tmp_path / "kernel.so"
    library.write_bytes(compiled_here(as_cuda(kernel.source.text), "sm_90").data)
    (prefix,) = random_prefixes(1, seed=52)
    first, hashes, slots = 1234, 5, 2
    job = Job((prefix,), target_from_zero_bits(31))
    words, results = np.frombuffer(kernel.job_bytes(job), np.uint32), np.zeros(WORDS, np.uint32)
    frames = np.zeros(slots * kernel.frame_bytes // 4 + 4, np.uint32)
    frames = frames[-frames.ctypes.data % 16 // 4 :]
    values = [ctypes.c_void_p(array.ctypes.data) for array in (words, results, frames)]
    numbers = [ctypes.c_long(number) for number in (first, hashes, 1, slots)]
    arguments = (ctypes.c_void_p * 7)(*(ctypes.addressof(value) for value in (*values, *numbers)))
    ctypes.CDLL(str(library)).launch_scan(arguments, 1, slots)
    headers = b"".join(prefix + nonce.to_bytes(4, "little") for nonce in range(first, first + hashes))
    last_words = np.ascontiguousarray(digests_of(headers)[:, 28:]).view("<u4")
    assert int(results[XOR]) == int(np.bitwise_xor.reduce(last_words.ravel().astype(np.uint32)))


@pytest.mark.parametrize("looped", [False, True])
def test_keccaks_rounds_hash_as_the_oracle_in_a_row_and_as_a_loop(looped: bool, tmp_path: Path) -> None:
    kernel = next(each for each in hashing.kernels(header_graph(), CARD) if ("looped" in each.name) == looped)
    library = tmp_path / "kernel.so"
    library.write_bytes(compiled_here(as_cuda(kernel.source.text), "sm_90").data)
    (prefix,) = random_prefixes(1, seed=53)
    first, hashes, items = NONCES - 77, 77, 2
    job = Job((prefix,), target_from_zero_bits(31))
    words, results = np.frombuffer(kernel.job_bytes(job), np.uint64), np.zeros(WORDS, np.uint32)
    values = [ctypes.c_void_p(array.ctypes.data) for array in (words, results)]
    numbers = [ctypes.c_long(number) for number in (first, hashes, 1)]
    arguments = (ctypes.c_void_p * 5)(*(ctypes.addressof(value) for value in (*values, *numbers)))
    ctypes.CDLL(str(library)).launch_scan(arguments, 1, items)
    headers = b"".join(prefix + nonce.to_bytes(4, "little") for nonce in range(first, first + hashes))
    last_words = np.ascontiguousarray(KECCAK256.digests_of(headers)[:, 28:]).view("<u4")
    assert int(results[XOR]) == int(np.bitwise_xor.reduce(last_words.ravel().astype(np.uint32)))


def test_the_lanes_of_a_vector_by_another_name_are_not_its_last_word_four_times() -> None:
    """`(word)(0, 1, 2, 3)` is a comma expression to C++, which no compiler refuses."""
    stream = as_cuda(scrypt.kernels(CARD)[0].streams[MIX].source.text)
    assert "#define LANES (words4(0, 1, 2, 3))" in stream
    assert "#define TURN(x) ((x).turned<0x1230>())" in stream
    assert FOUR_WORDS not in as_cuda("kernel void f(global uint *a) {}"), "what no kernel asks for is not compiled"
