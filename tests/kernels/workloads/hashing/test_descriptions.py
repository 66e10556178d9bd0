"""The descriptions as numbers and as graphs, against hashlib, plain Python, and digests that the world knows."""

from __future__ import annotations

import hashlib
import random

import pytest

from hashwatt.kernels.graph.lower import Program
from hashwatt.kernels.graph.nodes import Depends, GraphWords, Op, evaluate
from hashwatt.kernels.graph.words import IntegerWords
from hashwatt.kernels.headers.job import PREFIX_BYTES
from hashwatt.kernels.workloads.blake2s import description as blake2s
from hashwatt.kernels.workloads.hashing.header_graph import HeaderGraph
from hashwatt.kernels.workloads.keccak256 import description as keccak256
from hashwatt.kernels.workloads.keccak256.reference import digests_of

from .hashes import DIGESTS, NAMES, plain_keccak256, workload

GRAPHS = [blake2s.header_graph(), keccak256.header_graph()]


@pytest.mark.parametrize("ternary", [False, True])
@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("graph", GRAPHS, ids=[graph.name for graph in GRAPHS])
def test_a_lowered_graph_gives_the_digests_last_word(graph: HeaderGraph, ternary: bool, rotates: bool) -> None:
    chance = random.Random(5)
    program = graph.program(ternary, rotates)
    names = {node: inputs.name for node, inputs in program.early_inputs().items()}
    for _ in range(3):
        prefix, nonce = chance.randbytes(PREFIX_BYTES), chance.getrandbits(32)
        values = program.early_values(graph.inputs_of(prefix))
        early = {names[node]: value for node, value in zip(program.early, values, strict=True)}
        (word,) = evaluate(program.outputs, {**early, "nonce": nonce << graph.bits - 32})
        digest = DIGESTS[graph.name](prefix + nonce.to_bytes(4, "little"))
        assert word >> graph.bits - 32 == int.from_bytes(digest[28:], "little")


@pytest.mark.parametrize("ternary", [False, True])
@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("graph", [graph for graph in GRAPHS if graph.rounds], ids=lambda graph: graph.name)
def test_a_loop_of_rounds_gives_the_digests_last_word(graph: HeaderGraph, ternary: bool, rotates: bool) -> None:
    chance = random.Random(6)
    programs = graph.round_programs(ternary, rotates)
    assert graph.rounds is not None
    for _ in range(3):
        prefix, nonce = chance.randbytes(PREFIX_BYTES), chance.getrandbits(32)
        words = run(programs.before, {**graph.inputs_of(prefix), "nonce": nonce << graph.bits - 32})
        for constants in graph.rounds.constants:
            known = {f"constant{column}": constant for column, constant in enumerate(constants)}
            words = run(programs.again, {**known, **numbered(words)})
        (word,) = run(programs.after, numbered(words))
        digest = DIGESTS[graph.name](prefix + nonce.to_bytes(4, "little"))
        assert word >> graph.bits - 32 == int.from_bytes(digest[28:], "little")


def run(program: Program, inputs: dict[str, int]) -> list[int]:
    names = [inputs_of.name for inputs_of in program.early_inputs().values()]
    early = dict(zip(names, program.early_values(inputs), strict=True)) if names else {}
    return evaluate(program.outputs, {**inputs, **early})


def numbered(words: list[int]) -> dict[str, int]:
    return {f"word{index}": word for index, word in enumerate(words)}


def test_what_a_nonce_does_not_change_is_known_before_it() -> None:
    # 24 rounds as FIPS 202 writes them, logic of three words: 5·2 + 5 + 25 + 24 + 25 + 1 operations each.
    assert len(keccak256.header_graph().program(three_operand_logic=True).operations()) < 24 * 90 - 100
    # 10 rounds of eight times G, which has 14 operations.
    assert len(blake2s.header_graph().program(three_operand_logic=False).operations()) < 10 * 8 * 14 - 150


def test_chi_is_one_operation_where_logic_takes_three_words() -> None:
    words = GraphWords(64)
    a, b, c = (words.input(name, Depends.NONCE) for name in "abc")
    graph = HeaderGraph("chi", words.chi(a, b, c), lambda _prefix: {})
    kinds = [[node.op for node in graph.program(three).operations()] for three in (True, False)]
    assert kinds == [[Op.TERNARY], [Op.ANDNOT, Op.XOR]]
    chance = random.Random(1)
    values = {name: chance.getrandbits(64) for name in "abc"}
    for three in (True, False):
        right = IntegerWords(64).chi(values["a"], values["b"], values["c"])
        assert evaluate(graph.program(three).outputs, values) == [right]


def test_early_terms_of_an_xor_are_one_operand_and_zeros_are_none() -> None:
    words = GraphWords()
    early = [words.input(f"e{index}", Depends.TAIL) for index in range(3)]
    nonce = words.input("nonce", Depends.NONCE)
    assert len(words.xor(early[0], nonce, *early[1:]).args) == 2
    assert words.xor(nonce, words.constant(0)) is nonce
    assert words.xor(words.constant(0), words.constant(0)).immediate == 0


def test_the_reference_is_keccak_as_the_world_knows_it() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert plain_keccak256(b"").hex() == empty
    messages = [random.Random(seed).randbytes(80) for seed in range(20)]
    together = digests_of(b"".join(messages)).tobytes()
    assert together == b"".join(map(plain_keccak256, messages))
    sha3 = digests_of(b"".join(messages), first_padding=6).tobytes()
    assert sha3 == b"".join(hashlib.sha3_256(message).digest() for message in messages)


@pytest.mark.parametrize("name", NAMES)
def test_an_oracle_has_the_digests_of_many_headers(name: str) -> None:
    headers = [random.Random(seed).randbytes(80) for seed in range(5)]
    oracle = workload(name).oracle()
    assert oracle.digests_of(b"".join(headers)).tobytes() == b"".join(map(DIGESTS[name], headers))
    assert oracle.workload == name
