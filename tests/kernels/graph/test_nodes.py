"""The graph: what is folded, what is regrouped, and what is left to do for each nonce."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from functools import cache
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashwatt.kernels.graph.counts import naive_count, operation_counts
from hashwatt.kernels.graph.lower import Program, lower
from hashwatt.kernels.graph.nodes import Binding, Depends, GraphWords, Op, evaluate, reachable
from hashwatt.kernels.graph.python import evaluator
from hashwatt.kernels.graph.schedule import Ports, chain_lengths, schedule
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import sha256d
from hashwatt.kernels.sha256.mining import header_hash

AVX512_PORTS, AVX2_PORTS = Ports(width=2, shifts=1), Ports(width=3, shifts=2)
FOUR_PORTS = Ports(width=4, shifts=2, latency=2, shifts_ahead=0)
LATE_SHIFTS = Ports(width=2, shifts=1, shifts_ahead=10, shift_latency=6)
INSTRUCTION_SETS = [(True, True), (False, True), (False, False)]


@cache
def scan_program(three_operand_logic: bool, rotates: bool) -> Program:
    return lower(header_hash().digest[7:], three_operand_logic, rotates)


@cache
def digest_program(three_operand_logic: bool, rotates: bool) -> Program:
    return lower(header_hash().digest, three_operand_logic, rotates)


def test_equal_operations_are_one_node() -> None:
    words = GraphWords()
    x, y = words.input("x", Depends.TAIL), words.input("y", Depends.NONCE)
    assert words.rotr(x, 7) is words.rotr(x, 7)
    assert words.add(x, y) is words.add(y, x)


def test_operations_on_constants_are_done_at_once() -> None:
    words = GraphWords()
    value = words.choose(words.constant(0xF0F0F0F0), words.constant(0x12345678), words.constant(0x9ABCDEF0))
    assert (value.op, value.immediate) == (Op.CONSTANT, 0x1A3C5E70)


def test_what_is_known_early_is_added_first() -> None:
    words = GraphWords()
    tail, midstate, nonce = (words.input(name, Depends[name]) for name in ("TAIL", "MIDSTATE", "NONCE"))
    total = words.add(nonce, midstate, words.constant(5), tail)
    early, late = sorted(total.args, key=lambda node: node.binding)
    assert late is nonce
    assert early.binding is Binding.MIDSTATE
    assert words.constant(5) in reachable([early])


def test_a_sum_of_an_early_and_a_late_term_takes_up_more_early_terms() -> None:
    words = GraphWords()
    tail, nonce = words.input("tail", Depends.TAIL), words.input("nonce", Depends.NONCE)
    total = words.add(words.add(tail, nonce), words.constant(9))
    assert len([node for node in reachable([total]) if node.op is Op.ADD and node.binding is Binding.BATCH]) == 1


def test_binding_times_follow_from_what_a_value_depends_on() -> None:
    words = GraphWords()
    tail, midstate, nonce = (words.input(name, Depends[name]) for name in ("TAIL", "MIDSTATE", "NONCE"))
    assert words.constant(1).binding is Binding.CONSTANT
    assert words.rotr(tail, 1).binding is Binding.JOB
    assert words.xor(tail, midstate).binding is Binding.MIDSTATE
    assert words.xor(tail, nonce).binding is Binding.BATCH
    assert words.xor(midstate, nonce).binding is Binding.LANE


def test_the_miners_tricks_fall_out_of_the_graph() -> None:
    # A miner's hand count: 2,846 vector operations where logic takes three operands, the scan cut at round 60.
    assert len(scan_program(True, True).operations()) == 2847
    assert naive_count(three_operand_logic=True) == 3248
    # The same where a rotate is two shifts and an XOR, and logic takes two operands.
    assert len(scan_program(False, False).operations()) == 5749
    assert naive_count(three_operand_logic=False, rotates=False) == 6640
    # All eight words need the end of the second hash, too.
    assert len(digest_program(True, True).operations()) == 2966


def test_the_first_three_rounds_and_two_schedule_words_are_the_jobs() -> None:
    # Nothing of the loop needs more than these values of a job, and none of them depends on the nonce.
    program = scan_program(True, True)
    assert len(program.early) == 28
    assert all(node.binding in (Binding.JOB, Binding.MIDSTATE) for node in program.early)


def test_a_rolled_job_shares_its_message_schedule() -> None:
    program = scan_program(True, True)
    assert sum(operation_counts(program, [Binding.LANE]).values()) == 2387
    assert sum(operation_counts(program, [Binding.BATCH]).values()) == 460
    assert sum(operation_counts(scan_program(False, False), [Binding.BATCH]).values()) == 840


@pytest.mark.parametrize(("three_operand_logic", "rotates"), INSTRUCTION_SETS)
def test_counts_by_kind_add_up(three_operand_logic: bool, rotates: bool) -> None:
    program = scan_program(three_operand_logic, rotates)
    counts = operation_counts(program)
    assert sum(counts.values()) == len(program.operations())
    assert bool(counts[Op.ROTR]) == rotates
    assert bool(counts[Op.TERNARY]) == three_operand_logic


def test_majority_shares_a_word_with_the_next_round_where_logic_takes_two_operands() -> None:
    # Four XORs and ANDs a majority, three once (a XOR b) is the next round's (b XOR c).
    counts = operation_counts(scan_program(False, True))
    assert counts[Op.AND] == 236
    assert counts[Op.XOR] == 1254


@pytest.mark.parametrize(("three_operand_logic", "rotates"), INSTRUCTION_SETS)
# The first example builds the graph, which is kept for the others.
@settings(deadline=None)
@given(header=st.binary(min_size=80, max_size=80))
def test_a_lowered_graph_computes_the_digest(three_operand_logic: bool, rotates: bool, header: bytes) -> None:
    program = digest_program(three_operand_logic, rotates)
    job = Job.of_header(header, 1)
    early = program.early_values(header_hash().inputs(job.midstates[0], job.tail))
    (nonce,) = struct.unpack(">I", header[76:])
    inputs = {f"early{index}": value for index, value in enumerate(early)}
    digest = evaluate(program.outputs, {**inputs, "nonce": nonce})
    assert struct.pack(">8I", *digest) == sha256d(header)


@pytest.mark.parametrize("ports", [AVX512_PORTS, AVX2_PORTS, Ports(width=1, shifts=1), FOUR_PORTS, LATE_SHIFTS])
@pytest.mark.parametrize(("three_operand_logic", "rotates"), INSTRUCTION_SETS)
def test_a_schedule_holds_every_operation_once_after_its_operands(
    three_operand_logic: bool, rotates: bool, ports: Ports
) -> None:
    operations = scan_program(three_operand_logic, rotates).operations()
    order = schedule(operations, ports)
    assert sorted(node.number for node in order) == sorted(node.number for node in operations)
    place = {node: position for position, node in enumerate(order)}
    assert all(place[arg] < place[node] for node in order for arg in node.args if arg in place)


def test_a_schedule_pairs_shifts_with_other_operations() -> None:
    # The two ports' own limit is half the operations; the schedule's model reaches it within half a percent.
    operations = scan_program(True, True).operations()
    order = schedule(operations, AVX512_PORTS)
    cycles = _model_cycles([node.op in (Op.ROTR, Op.SHR) for node in order])
    assert cycles < len(operations) / 2 * 1.005 < _model_cycles([node.op in (Op.ROTR, Op.SHR) for node in operations])


def _model_cycles(is_shift: list[bool]) -> int:
    # Issued in order, two a cycle, one shift a cycle.
    cycles, used, shifts = 1, 0, 0
    for shift in is_shift:
        if used == 2 or (shift and shifts == 1):
            cycles, used, shifts = cycles + 1, 0, 0
        used, shifts = used + 1, shifts + shift
    return cycles


@pytest.mark.parametrize(("ahead", "is_first"), [(0, False), (3, False), (5, True), (inf, True)])
def test_shifts_go_ahead_of_chains_that_are_longer_by_so_many_cycles(ahead: float, is_first: bool) -> None:
    words = GraphWords()
    inputs = [words.input(f"word{index}", Depends.NONCE) for index in range(6)]
    chain = inputs[0]
    for index, each in enumerate(inputs[1:]):
        chain = words.add(chain, each) if index % 2 else words.xor(chain, each)
    shift = words.rotr(inputs[0], 7)
    operations = [node for node in reachable([chain, shift]) if node.args]
    lengths = chain_lengths(operations)
    assert max(lengths.values()) - lengths[shift] == 4
    order = schedule(operations, Ports(width=1, shifts=1, shifts_ahead=ahead))
    assert (order[0] is shift) == is_first


def test_what_reads_a_shift_comes_as_many_cycles_later_as_its_result() -> None:
    operations = scan_program(True, True).operations()
    ports = Ports(width=1, shifts=1, shifts_ahead=10)
    nearest = {}
    for latency in (1, 6):
        # With one port that is never idle a cycle is a place.
        place = {node: at for at, node in enumerate(schedule(operations, replace(ports, shift_latency=latency)))}
        shifts = [(node, arg) for node in operations for arg in node.args if arg.op is Op.ROTR and arg in place]
        nearest[latency] = min(place[node] - place[arg] for node, arg in shifts)
    assert nearest[1] < 6 == nearest[6]


@pytest.mark.parametrize("wrong", [{"width": 0}, {"shifts": 0}, {"latency": 0}, {"shift_latency": 0}, {"shifts": -1}])
def test_ports_with_which_an_order_would_have_no_end_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        replace(FOUR_PORTS, **wrong)


def test_schedules_are_the_same_every_time() -> None:
    operations = scan_program(True, True).operations()
    assert schedule(operations, FOUR_PORTS) == schedule(operations, FOUR_PORTS)


def test_operations_of_other_stages_are_not_waited_for() -> None:
    operations = scan_program(True, True).operations()
    stages = {node: position * 2 // len(operations) for position, node in enumerate(operations)}
    order = schedule(operations, FOUR_PORTS, stages)
    place = {node: position for position, node in enumerate(order)}
    within = [(arg, node) for node in order for arg in node.args if stages.get(arg) == stages[node]]
    across = [(arg, node) for node in order for arg in node.args if stages.get(arg, stages[node]) != stages[node]]
    assert all(place[arg] < place[node] for arg, node in within)
    assert any(place[arg] > place[node] for arg, node in across)


def test_results_that_come_later_make_chains_longer() -> None:
    operations = scan_program(True, True).operations()
    once, twice = (max(chain_lengths(operations, latency).values()) for latency in (1, 2))
    assert twice == 2 * once


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_what_is_known_before_the_nonce_is_the_same_as_a_function_and_node_by_node(three_operand_logic: bool) -> None:
    program = lower([header_hash().digest[7]], three_operand_logic)
    source = random.Random(40)
    for _ in range(3):
        midstate = tuple(source.getrandbits(32) for _ in range(8))
        tail = (source.getrandbits(32), source.getrandbits(32), source.getrandbits(32))
        inputs = header_hash().inputs(midstate, tail)
        assert program.early_values(inputs) == evaluate(program.early, inputs)


@pytest.mark.parametrize("bits", [32, 64])
def test_every_operation_of_a_graph_becomes_python(bits: int) -> None:
    words = GraphWords(bits)
    a, b, c = (words.input(name, Depends.NONCE) for name in "abc")
    ops = [
        words.combine(Op.ADD, a, b, c),
        words.combine(Op.XOR, a, b, c),
        words.combine(Op.AND, a, b),
        words.combine(Op.ANDNOT, a, b),
        words.combine(Op.CHI, a, b, c),
        words.combine(Op.ROTR, a, immediate=7),
        words.combine(Op.SHR, a, immediate=3),
        words.combine(Op.SHL, a, immediate=9),
        words.combine(Op.ROTR, a, immediate=bits - 7),
        words.combine(Op.CHOOSE, a, b, c),
        words.combine(Op.MAJORITY, a, b, c),
        words.combine(Op.TERNARY, a, b, c, immediate=0xCA),
        words.constant(5),
    ]
    values = {"a": 0xDEADBEEF << bits - 32, "b": 0x12345678 << bits - 32, "c": (1 << bits) - 0x0FF20FF3}
    assert evaluator(ops)(values) == evaluate(ops, values)
