"""Operations dealt out between a GPU's two pipes: the same hash, and the multiplier gets what it should."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hashwatt.kernels.graph.nodes import Op, evaluate
from hashwatt.kernels.opencl.codegen.emit import assigned, emit, job_words, passed_values, program_of
from hashwatt.kernels.opencl.codegen.pipes import SHARES, Pipes
from hashwatt.kernels.opencl.codegen.variant import Variant

ALL = [pipes for pipes in SHARES if pipes != "none"]


def variant_of(pipes: Pipes, rolled: bool = False) -> Variant:
    return Variant(1, "rotate", "xor", pipes=pipes, rolled=rolled)


@pytest.mark.parametrize(("pipes", "rolled"), [*((pipes, False) for pipes in ALL), ("rot15", True)])
def test_dealing_out_changes_neither_the_hash_nor_the_number_of_operations(pipes: Pipes, rolled: bool) -> None:
    variant = variant_of(pipes, rolled)
    program, dealt = program_of(variant), assigned(variant)
    draw = random.Random(29)
    inputs = {f"early{index}": draw.getrandbits(32) for index in range(len(program.early))}
    inputs["nonce"] = draw.getrandbits(32)
    assert evaluate(dealt.program.outputs, inputs) == evaluate(program.outputs, inputs)
    assert len(dealt.program.operations()) == len(program.operations())


def test_each_share_moves_what_it_says() -> None:
    moved = {pipes: Counter(node.op for node in assigned(variant_of(pipes)).multiplied) for pipes in SHARES}
    every = Counter(node.op for node in program_of(variant_of("none")).operations())
    assert not moved["none"]
    assert set(moved["pair"]) == {Op.ADD}
    assert moved["pairshr"] == moved["pair"] + Counter({Op.SHR: every[Op.SHR]})
    shares: dict[Pipes, float] = {"rot15": 0.15}
    for pipes, share in shares.items():
        assert moved[pipes] - moved["pairshr"] == Counter({Op.ROTR: round(share * every[Op.ROTR])})


def test_no_word_that_is_the_same_for_all_nonces_is_multiplied() -> None:
    for pipes in ALL:
        for node in assigned(variant_of(pipes)).multiplied:
            assert all(arg.op not in (Op.CONSTANT, Op.INPUT) or arg.name == "nonce" for arg in node.args), node


def test_in_a_rolled_kernel_what_all_prefixes_share_stays_outside_their_loop() -> None:
    counts = [emit(variant_of(pipes, rolled=True)).partition("prefix < prefixes") for pipes in ("none", "rot15")]
    plain, dealt = ((before.count("const word v"), inside.count("const word v")) for before, _, inside in counts)
    assert dealt == plain


def test_the_multipliers_come_last_and_no_compiler_knows_them() -> None:
    variant = variant_of("pairshr")
    program = program_of(variant)
    source = emit(variant)
    arguments = source.partition("__kernel")[2].partition(")")[0]
    assert (
        arguments.index("const uint early") < arguments.index("const uint two0") < arguments.index("const uint two29")
    )
    values = passed_values(variant, program, list(range(len(program.early))))
    assert values[-3:] == [1, 1 << 22, 1 << 29]
    # One power of two for each shift of 10 and of 3.
    assert source.count("mul_hi(") == sum(node.op is Op.SHR for node in program.operations())


def test_a_rolled_kernel_has_the_words_of_its_job_and_then_the_multipliers() -> None:
    variant = variant_of("pair", rolled=True)
    program = program_of(variant)
    values = passed_values(variant, program, [7] * len(program.early))
    assert values == [7] * len(job_words(program)) + [1]
