"""scrypt's steps in lanes, instruction by instruction on any machine, against the description."""

from __future__ import annotations

import re
from collections.abc import Iterable

import llvmlite.binding as llvm
import numpy as np
import pytest
from numpy.typing import NDArray

from hashwatt.kernels.cpu.assembly.instructions import Form, Instruction, Memory, Operand, Value
from hashwatt.kernels.workloads.hashing import llvm as hashing
from hashwatt.kernels.workloads.scrypt import frames, lanes
from hashwatt.kernels.workloads.scrypt.description import BLOCK_WORDS, DIAGONALS, HALF_WORDS, N, block_mix

Words = NDArray[np.uint32]
SHAPE = (BLOCK_WORDS, lanes.LANES)


class Core:
    """What a core does with the instructions: vectors of sixteen words, and memory by its pointers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.memory = {
            lanes.V: np.zeros(N * lanes.STEP // 4, np.uint32),
            lanes.ROOM: np.zeros(lanes.LANES, np.uint32),
            lanes.OLD: rng.integers(0, 1 << 32, SHAPE, np.uint32).reshape(-1),
            lanes.NEW: np.zeros(BLOCK_WORDS * lanes.LANES, np.uint32),
        }
        self.values: dict[Value, Words] = {}
        self.place = 0

    def run(self, instructions: Iterable[Instruction], step: int = 0) -> None:
        for each in instructions:
            for line in each.before:
                if found := re.fullmatch(rf"mov {lanes.PLACE_LOW}, dword ptr \[{lanes.ROOM} \+ (\d+)\]", line):
                    self.place = int(self.memory[lanes.ROOM][int(found[1]) // 4])
            done = self.done(each, [self.read(operand, step) for operand in each.operands])
            if each.form is Form.STORE:
                assert each.target is not None
                self.at(each.target, step)[:] = done
            else:
                assert each.result is not None
                self.values[each.result] = done

    def at(self, place: Memory, step: int) -> Words:
        base, *by_place = place.base.split(" + ")
        assert place.offset % lanes.WIDTH == 0
        first = (place.offset + (self.place if by_place else lanes.STEP * step if base == lanes.V else 0)) // 4
        return self.memory[base][first : first + lanes.LANES]

    def read(self, operand: Operand, step: int) -> Words:
        if isinstance(operand, Value) and operand in self.values:
            return self.values[operand]
        home = operand.home if isinstance(operand, Value) else operand
        assert home is not None
        return self.at(home, step).copy()

    @staticmethod
    def done(each: Instruction, given: list[Words]) -> Words:
        first, *others = given
        second, by = others[0] if others else first, each.immediate or 0
        quarters = [each.reshape(4, 4) for each in (first, second)]
        match each.mnemonic:
            case "vmovdqa64":
                return first
            case "vmovdqa32":
                assert each.mask == lanes.ODD_QUARTERS
                return np.where([lanes.ODD_LANES >> lane & 1 for lane in range(lanes.LANES)], second, first)
            case "vpaddd":
                return first + second
            case "vpxord":
                return first ^ second
            case "vpternlogd":
                assert by == lanes.XOR3
                return first ^ second ^ others[1]
            case "vprold":
                return rotated(first, by)
            case "vpslld" | "vpsrld":
                return first << np.uint32(by) if each.mnemonic == "vpslld" else first >> np.uint32(by)
            case "vshufi64x2":
                return np.concatenate([quarters[at // 2][by >> 2 * at & 3] for at in range(4)])
        size = 2 if each.mnemonic.endswith("qdq") else 1
        begin = 2 if each.mnemonic.startswith("vpunpckh") else 0
        parts = [each[:, begin : begin + 2].reshape(4, 2 // size, size) for each in quarters]
        return np.stack(parts, axis=2).reshape(-1)


def rotated(words: Words, bits: int) -> Words:
    return words << np.uint32(bits) | words >> np.uint32(32 - bits)


def described(block: Words) -> Words:
    """scryptBlockMix of a hash's 32 words."""
    rows = [block[half * HALF_WORDS + np.array(DIAGONALS)].reshape(4, 4) for half in (0, 1)]
    first, second = (list(half) for half in rows)
    block_mix(
        (first, second),
        lambda d, a, b, bits: d ^ rotated(a + b, bits),
        lambda row, words: np.roll(row, -words),
        lambda a, b: a ^ b,
        lambda a, b: a + b,
    )
    out = np.zeros_like(block)
    for half, mixed in enumerate((first, second)):
        out[half * HALF_WORDS + np.array(DIAGONALS)] = np.concatenate(mixed)
    return out


def mixed_by(core: Core) -> Words:
    return core.memory[lanes.NEW].reshape(SHAPE)


def test_each_hash_is_mixed_with_the_block_that_it_chose() -> None:
    rng = np.random.default_rng(7)
    steps = rng.choice(N, lanes.LANES, replace=False)
    stored = np.zeros(SHAPE, np.uint32)
    core, filling = Core(rng), lanes.filling()
    for hash_, step in enumerate(steps):
        core.values.clear()
        core.memory[lanes.OLD][:] = rng.integers(0, 1 << 32, BLOCK_WORDS * lanes.LANES, np.uint32)
        core.run(filling, int(step))
        before = core.memory[lanes.OLD].reshape(SHAPE)
        stored[:, hash_] = before[:, hash_]
        if not hash_:
            assert np.array_equal(mixed_by(core), np.stack([described(block) for block in before.T], axis=1))
            assert np.array_equal(core.memory[lanes.ROOM], mixed_by(core)[HALF_WORDS] % N * lanes.STEP)
    core.values.clear()
    core.memory[lanes.ROOM][:] = steps * lanes.STEP
    core.run(lanes.reading())
    expected = [described(block) for block in (core.memory[lanes.OLD].reshape(SHAPE) ^ stored).T]
    assert np.array_equal(mixed_by(core), np.stack(expected, axis=1))
    assert np.array_equal(core.memory[lanes.ROOM], mixed_by(core)[HALF_WORDS] % N * lanes.STEP)


def test_the_places_of_the_next_blocks_are_known_before_most_words() -> None:
    for step in (lanes.filling(), lanes.reading()):
        stores = [each.target for each in step if each.form is Form.STORE]
        place = stores.index(Memory(lanes.ROOM, 0))
        # Before all words of the second half.
        assert sum(target is not None and target.base == lanes.NEW for target in stores[place:]) == HALF_WORDS


def test_lanes_take_fewer_operations_than_rows() -> None:
    rows = frames.Form(512, 512, 4)
    assert rows.mixed == lanes.LANES
    # Those that bring V's pieces together are not among the rows' ones.
    assert sum(lanes.operation_mix().values()) < 0.92 * sum(frames.operation_mix(rows).values())


@pytest.mark.parametrize(("bits", "names"), [(512, ["v512_lanes", "v512_rows512_x4", "v512_rows512_x2"]), (256, None)])
def test_lanes_race_where_vectors_of_512_bits_are(
    monkeypatch: pytest.MonkeyPatch, bits: int, names: list[str] | None
) -> None:
    features = {feature for width, needs in hashing.FEATURES.items() if width <= bits for feature in needs}
    monkeypatch.setattr(hashing, "host_features", lambda: frozenset(features))
    monkeypatch.setattr(hashing, "host_architecture", lambda: "x86_64")
    assert [form.name for form in frames.forms()] == (
        names or ["v256_rows256_x4", "v256_rows256_x2", "v256_rows128_x4"]
    )


@pytest.mark.parametrize("triple", ["x86_64-linux-gnu", "x86_64-pc-windows-msvc", "x86_64-apple-macosx"])
def test_every_system_for_x86_can_assemble_it(triple: str) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.initialize_native_asmparser()
    if not llvm.get_default_triple().startswith("x86_64"):
        pytest.skip("this LLVM has the assembler of its own machine only")
    text = lanes.romix('"target-features"="+avx512f"').replace("define internal", "define")
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu="skylake-avx512")
    lines = [line.strip() for line in machine.emit_assembly(llvm.parse_assembly(text)).splitlines()]
    # A merge for each two hashes of a column, into lanes that are left alone otherwise.
    assert sum(line.startswith("vmovdqa32") and f"{{%{lanes.ODD_QUARTERS}}}" in line for line in lines) == 32
    assert sum(line.startswith("prefetcht1") for line in lines) == 32
