"""The register allocator: whatever the order and however few registers, the values come out right."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashwatt.kernels.cpu.assembly.instructions import Form, Instruction, Memory, Value, permuted
from hashwatt.kernels.cpu.assembly.registers import RegisterFile, allocate
from hashwatt.kernels.graph.nodes import ternary
from hashwatt.kernels.graph.words import MASK

ADD, XOR3, CHOOSE = "vpaddd", 0x96, 0xCA
OUT = "out"


def interpret(lines: list[str], memory: dict[str, int]) -> dict[str, int]:
    """Runs the few instructions these tests use, a word for a register; returns what is in memory afterwards."""
    registers: dict[str, int] = {}

    def read(operand: str) -> int:
        if operand.isdigit():
            return int(operand)
        if "[" in operand:
            match = re.search(r"\[.*?\]", operand)
            assert match is not None
            return memory[match.group()]
        return registers[operand]

    for line in lines:
        mnemonic, _, rest = line.partition(" ")
        target, *sources = (operand.strip() for operand in rest.split(","))
        if mnemonic in ("move", "vpbroadcastd"):
            result = read(sources[0])
        elif mnemonic == ADD:
            result = read(sources[0]) + read(sources[1]) & MASK
        elif mnemonic == "held":
            assert "[" not in sources[0]
            result = read(sources[0]) << int(sources[1]) & MASK
        elif mnemonic == "destroy":
            result = (3 * read(target) + read(sources[0])) & MASK
        elif mnemonic == "ternary":
            result = ternary(read(sources[2]), read(target), read(sources[0]), read(sources[1]))
        else:
            raise AssertionError(line)
        if "[" in target:
            memory[target] = result
        else:
            registers[target] = result
    return memory


def random_program(source: random.Random, length: int) -> tuple[list[Instruction], dict[str, int], list[int]]:
    """Instructions, what memory holds at first, and what they should store at `out`, in order."""
    memory = {f"[in + {offset}]": source.getrandbits(32) for offset in range(0, 64, 4)}
    words: dict[Value | Memory, int] = {}
    for offset in range(0, 32, 4):
        words[Memory("in", offset, broadcast=True)] = memory[f"[in + {offset}]"]
        words[Value(Memory("in", offset + 32))] = memory[f"[in + {offset + 32}]"]
    instructions: list[Instruction] = []
    expected: list[int] = []
    for step in range(length):
        operands = source.sample(list(words), 3)
        result = Value()
        match source.choice(("plain", "commutes", "destroys", "ternary", "held")):
            case "plain":
                instructions.append(Instruction(ADD, Form.PLAIN, tuple(operands[:2]), result))
                word = words[operands[0]] + words[operands[1]] & MASK
            case "commutes":
                instructions.append(Instruction(ADD, Form.COMMUTES, tuple(operands[:2]), result))
                word = words[operands[0]] + words[operands[1]] & MASK
            case "held":
                instructions.append(Instruction("held", Form.REGISTERS, tuple(operands[:1]), result, 3))
                word = words[operands[0]] << 3 & MASK
            case "destroys":
                instructions.append(Instruction("destroy", Form.DESTROYS, tuple(operands[:2]), result))
                word = (3 * words[operands[0]] + words[operands[1]]) & MASK
            case _:
                table = source.choice((XOR3, CHOOSE, source.randrange(256)))
                instructions.append(Instruction("ternary", Form.TERNARY, tuple(operands), result, table))
                word = ternary(table, *(words[operand] for operand in operands))
        words[result] = word
        if source.random() < 0.3:
            instructions.append(Instruction("move", Form.STORE, (result,), target=Memory(OUT, 4 * step)))
            expected.append(word)
    return instructions, memory, expected


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 9))
def test_few_registers_change_no_result(seed: int, registers: int) -> None:
    instructions, memory, expected = random_program(random.Random(seed), 120)
    names = [f"r{index}" for index in range(registers)]
    allocated = allocate(instructions, RegisterFile(names, 1, move="move", spills="spill"))
    after = interpret([line for lines in allocated.lines for line in lines], memory)
    assert [word for place, word in after.items() if place.startswith(f"[{OUT}")] == expected
    assert len([place for place in after if place.startswith("[spill")]) <= allocated.spills


def test_with_registers_enough_nothing_is_spilled() -> None:
    instructions, _, _ = random_program(random.Random(1), 40)
    allocated = allocate(instructions, RegisterFile([f"r{index}" for index in range(200)], 1))
    assert allocated.spills == 0
    assert not allocated.extra["spills"]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_a_truth_table_in_another_order_is_the_same_function(order: tuple[int, int, int]) -> None:
    source = random.Random(7)
    for table in (XOR3, CHOOSE, 0xE8, 0x1B):
        words = [source.getrandbits(32) for _ in range(3)]
        assert ternary(permuted(table, order), *(words[at] for at in order)) == ternary(table, *words)
