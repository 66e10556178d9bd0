"""The core computes SHA-256d, clock by clock in Amaranth's own simulator: needs no C++ compiler."""

from __future__ import annotations

import random
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job, header_with_nonce
from hashwatt.kernels.headers.oracle import sha256d
from hashwatt.kernels.rtl.job import core_job
from hashwatt.kernels.rtl.shape import Adder, Shape
from tests.kernels.headers import known_blocks

pytestmark = pytest.mark.usefixtures("amaranth")

ADDERS: tuple[Adder, ...] = ("carry-save", "ripple")
GENESIS = known_blocks()[0]


def digest_words(prefix: bytes, nonce: int) -> list[int]:
    digest = sha256d(header_with_nonce(prefix, nonce))
    return [int.from_bytes(digest[start : start + 4], "big") for start in range(0, 32, 4)]


def run_core(shape: Shape, prefix: bytes, start: int, count: int) -> list[tuple[int, list[int], bool]]:
    """The first results of a core: nonce, digest words, whether it said `found`."""
    from amaranth.sim import Simulator

    from hashwatt.kernels.rtl.core import build_core

    core = build_core(shape)
    ports = core.ports
    words = core_job(shape, Job((prefix,), 1), 0, start)
    results: list[tuple[int, list[int], bool]] = []

    async def bench(context: Any) -> None:
        context.set(ports["job_shift"], 1)
        for word in words:
            context.set(ports["job_word"], word)
            await context.tick()
        context.set(ports["job_shift"], 0)
        await context.tick()
        context.set(ports["run"], 1)
        for _ in range((count + 2) * shape.passes + 2 * shape.rounds + 16):
            if context.get(ports["done"]):
                digest = context.get(ports["digest"])
                digest_list = [digest >> 32 * index & 0xFFFFFFFF for index in range(8 if shape.full else 1)]
                results.append((context.get(ports["result_nonce"]), digest_list, bool(context.get(ports["found"]))))
            if len(results) == count:
                return
            await context.tick()

    simulator = Simulator(core.module)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return results


def shapes(*small: int, largest: int) -> list[ParameterSet]:
    """Every small core. The largest take most of the time and are slow: 61 stages are tried in a test of their own."""
    return [
        pytest.param(
            stages, adder, skewed, id=f"{stages}-{adder}-{'skewed' if skewed else 'compact'}",
            marks=[pytest.mark.slow] if stages == largest else [],
        )
        for stages in (*small, largest)
        for adder in ADDERS
        for skewed in (False, True)
    ]  # fmt: skip


@pytest.mark.parametrize(("stages", "adder", "skewed"), shapes(1, 2, 3, largest=8))
def test_every_shape_of_the_full_core_gives_all_eight_digest_words(stages: int, adder: Adder, skewed: bool) -> None:
    prefix = random.Random(stages).randbytes(PREFIX_BYTES)
    results = run_core(Shape(stages, True, skewed, adder), prefix, 0xFFFFFFFE, 4)
    assert [(nonce, digest) for nonce, digest, _ in results] == [
        (nonce, digest_words(prefix, nonce)) for nonce in (0xFFFFFFFE, 0xFFFFFFFF, 0, 1)
    ]


@pytest.mark.parametrize(("stages", "adder", "skewed"), shapes(1, 2, 5, largest=16))
def test_every_shape_of_the_mining_core_gives_the_last_digest_word(stages: int, adder: Adder, skewed: bool) -> None:
    prefix = random.Random(stages).randbytes(PREFIX_BYTES)
    results = run_core(Shape(stages, False, skewed, adder), prefix, 77, 4)
    assert [(nonce, digest) for nonce, digest, _ in results] == [
        (nonce, digest_words(prefix, nonce)[7:]) for nonce in range(77, 81)
    ]


def test_a_core_of_61_stages_hashes_a_nonce_every_clock() -> None:
    shape = Shape(61)
    assert shape.passes == 1
    prefix = random.Random(61).randbytes(PREFIX_BYTES)
    results = run_core(shape, prefix, 5, 3)
    assert [(nonce, digest) for nonce, digest, _ in results] == [
        (nonce, digest_words(prefix, nonce)[7:]) for nonce in range(5, 8)
    ]


@pytest.mark.parametrize("shape", [Shape(1), Shape(4, skewed=True), Shape(1, full=True)], ids=lambda shape: shape.name)
def test_the_genesis_block_s_nonce_is_found_and_its_neighbours_are_not(shape: Shape) -> None:
    results = run_core(shape, GENESIS.prefix, GENESIS.nonce - 1, 3)
    assert [(nonce, found) for nonce, _, found in results] == [
        (GENESIS.nonce - 1, False),
        (GENESIS.nonce, True),
        (GENESIS.nonce + 1, False),
    ]


@pytest.mark.parametrize("stages", [0, -1, 62])
def test_a_number_of_stages_that_no_core_has_is_refused(stages: int) -> None:
    with pytest.raises(InputError, match="1 to 61 stages"):
        Shape(stages)


def test_stages_times_passes_cover_every_round_and_no_stage_idles() -> None:
    for stages in range(1, 62):
        shape = Shape(stages)
        assert shape.stages_used <= stages
        assert 1 <= shape.last_passes <= shape.passes
        assert (shape.stages_used - 1) * shape.passes + shape.last_passes == 61
