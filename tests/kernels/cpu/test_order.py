"""Orders of instructions, and loops in two halves: what they promise, whatever a core makes of it."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from hashwatt.kernels.cpu.assembly.instructions import Form, Instruction, Memory, Value
from hashwatt.kernels.cpu.assembly.order import Pace, paced
from hashwatt.kernels.cpu.codegen.chains import at_distances
from hashwatt.kernels.cpu.variants import program
from hashwatt.kernels.graph.halves import narrowest


def random_code(seed: int, length: int = 300) -> list[Instruction]:
    draw = random.Random(seed)
    values = [Value(Memory("rdi", 32 * index)) for index in range(4)]
    out: list[Instruction] = []
    for at in range(length):
        if draw.random() < 0.1:
            out.append(Instruction("vmovdqa64", Form.STORE, (draw.choice(values),), target=Memory("rsi", 32 * at)))
            continue
        result = Value()
        mnemonic, form = draw.choice([("vpaddd", Form.COMMUTES), ("vprord", Form.PLAIN)])
        operands = tuple(draw.choices(values[-20:], k=2 if form is Form.COMMUTES else 1))
        out.append(Instruction(mnemonic, form, operands, result, None if form is Form.COMMUTES else 7))
        values.append(result)
    return out


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("window", [1, 8, 1000])
def test_a_paced_order_has_every_instruction_once_and_operands_first(seed: int, window: int) -> None:
    code = random_code(seed)
    order = paced(code, Pace(2.5, {"vprord": 2}, 1, window))
    assert sorted(map(id, order)) == sorted(map(id, code))
    made: set[Value] = set()
    produced = {each.result for each in code}
    for each in order:
        assert all(operand in made for operand in each.operands if operand in produced)
        if each.result is not None:
            made.add(each.result)
    if window == 1:
        assert order == code
    # Nothing went before more than the window's instructions that came earlier.
    place = {id(each): at for at, each in enumerate(code)}
    for at, each in enumerate(order):
        assert sum(place[id(later)] < place[id(each)] for later in order[at + 1 :]) < window


def test_independent_work_comes_between_a_result_and_its_use() -> None:
    start = Value(Memory("rdi", 0))
    chain, others = [], [Instruction("vpaddd", Form.COMMUTES, (start, start), Value()) for _ in range(40)]
    last = start
    for _ in range(8):
        result = Value()
        chain.append(Instruction("vprord", Form.PLAIN, (last,), result, 7))
        last = result
    order = paced([*chain, *others], Pace(2, {"vprord": 2}, 1, 100))
    places = [order.index(each) for each in chain]
    # Three cycles at two instructions each.
    assert {after - before for before, after in pairwise(places)} == {6}


def test_distances_are_kept_where_a_steps_own_lines_leave_room() -> None:
    steps = [[f"vmovq {at}", f"sha256rnds2 {at}"] for at in range(40)]
    steps[7] = ["begin", "begin", *steps[7], "end", "end", "end"]
    beside = [[f"a{at}", f"b{at}"] for at in range(100)]
    lines = at_distances(beside, steps, (2, 7, 4))
    places = [at for at, line in enumerate(lines) if line.startswith("sha256rnds2")]
    apart = [after - before for before, after in pairwise(places)]
    assert apart[:6] == [7, 4, 2, 7, 4, 2]
    # The eighth step has lines of its own around it, which are not torn apart.
    assert lines[lines.index("begin") : lines.index("begin") + 7] == steps[7]
    assert apart[8:] == [((7, 4, 2) * 14)[at] for at in range(8, 39)]
    others = [line for pair in beside for line in pair]
    assert [line for line in lines if line in set(others)] == others
    assert sorted(lines) == sorted([line for each in (*steps, *beside) for line in each])


def test_little_waits_between_the_halves_and_they_are_about_equal() -> None:
    operations = program(False, False).operations()
    at, waiting = narrowest(operations)
    assert len(waiting) <= 16
    assert 0.4 < at / len(operations) < 0.6
    first = set(operations[:at])
    needed = {arg for node in operations[at:] for arg in node.args if arg in first}
    assert needed == set(waiting)
