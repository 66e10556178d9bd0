"""What a kernel is told of a job comes from a compiled function beside it, and is what the graph says."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from hashwatt.kernels.cpu.codegen import early_ir
from hashwatt.kernels.cpu.codegen.vector_ir import VectorTarget
from hashwatt.kernels.cpu.codegen.vertical_schedules import first_schedule
from hashwatt.kernels.cpu.job_words import early_words
from hashwatt.kernels.cpu.object_code import emit_object, load_object
from hashwatt.kernels.cpu.variants import Variant, program, variants
from hashwatt.kernels.graph.lower import Program
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.oracle import last_word, sha256d
from hashwatt.kernels.headers.target import filter_mask

from .graph_words import words_by_graph
from .quick import QUICK_GRAPH

HEADERS = 200
# Some are computed one by one, and many at once.
ROLLED = (1, 2, 3, 16, 63, 64, 65, 300)


def described(kernel: Variant) -> Program:
    """The graph whose early values the variant's kernel reads."""
    if kernel.name.startswith("avx512-sha"):
        return first_schedule()
    return program(kernel.name.startswith("avx512"), kernel.name.startswith(("avx512", "scalar")))


def with_early() -> list[Any]:
    able = [each for each in (*variants(False), *variants(True)) if each.emit_early and not each.missing()]
    return [pytest.param(each, id=each.name) for each in able]


def jobs(source: random.Random) -> list[Job]:
    plain = [Job((source.randbytes(76),), 1) for _ in range(HEADERS)]
    edges = [Job((bytes([byte]) * 76,), 1) for byte in (0, 0x7F, 0x80, 0xFF)]
    return [*plain, *edges, *(Job(roll_versions(source.randbytes(76), count), 1) for count in ROLLED)]


@pytest.mark.parametrize("kernel", with_early())
def test_the_compiled_function_tells_what_the_graph_says(kernel: Variant) -> None:
    assert kernel.emit_early is not None
    compute = load_object(emit_object(kernel.emit_early("early")), "early")
    for job in jobs(random.Random(kernel.name)):
        told = early_words(compute, job)
        assert told == words_by_graph(described(kernel), job)
        target = random.Random(job.prefixes[0]).getrandbits(256) or 1
        assert kernel.job_words(Job(job.prefixes, target), told)[0] == filter_mask(target)


def test_a_wrong_operation_in_it_is_another_answer() -> None:
    job = Job((bytes(range(76)),), 1)
    text = early_ir.emit("early", program(False, True), VectorTarget(1, x86_ternary=False))
    right = early_words(load_object(emit_object(text), "early"), job)
    for pattern, instead in ((" xor ", " or "), ("i64 8\n", "i64 9\n"), ("splat (i32 13)", "splat (i32 12)")):
        assert pattern in text
        wrong = early_words(load_object(emit_object(text.replace(pattern, instead, 1)), "early"), job)
        assert wrong != right


def test_more_values_than_there_is_room_for_are_not_emitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_ir, "MOST_VALUES", 10)
    with pytest.raises(ValueError, match="room for 10"):
        early_ir.emit("early", program(False, True), VectorTarget(1, x86_ternary=False))


# In a process of its own: load the kernel, hash a header with it; tell whether it was kept, its hash, and whether there
# was a graph.
HASH = f"""
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.job_words import job_array
from hashwatt.kernels.cpu.variants import variant
from hashwatt.kernels.cpu.workers import record_space, scan_chunk
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.sha256.mining import header_hash
kernel = compile_variant(variant({QUICK_GRAPH.name!r}))
words = job_array(kernel, Job((bytes(range(76)),), 1))
print(kernel.from_cache, scan_chunk(kernel, words, 1, 7, 1, record_space(16, 1, 1)).xor_h7)
print(header_hash.cache_info().currsize)
"""


def test_a_kept_kernel_hashes_without_a_graph() -> None:
    def told() -> list[str]:
        command = [sys.executable, "-c", HASH]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    told()
    right = last_word(sha256d(bytes(range(76)) + (7).to_bytes(4, "little")))
    assert told() == ["True", str(right), "0"]
