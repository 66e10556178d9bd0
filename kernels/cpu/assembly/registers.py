"""A register allocator for straight-line code: the order of the instructions is kept exactly.

Where no register is free, the value whose next use lies farthest ahead gives its up (Belady's choice,
the best where the future is known). It goes to memory at most once, because a value never changes;
later it is read there by the instruction that needs it or, where it is needed again soon, fetched back.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from .instructions import Form, Instruction, Memory, Operand, Value, permuted

# Fetched back into a register if it is needed again within so many instructions.
SOON = 12
NEVER = 1 << 30


@dataclass(frozen=True)
class RegisterFile:
    """The registers to use, in the order to use them, and where values go that find none.

    `move` copies whole registers to registers and to and from memory; `spills` is the pointer to the
    room for them, of `width` bytes each.
    """

    names: Sequence[str]
    lanes: int
    move: str = "vmovdqa64"
    spills: str = "rdx"
    first_spill: int = 0

    @property
    def width(self) -> int:
        """Bytes of a register."""
        return 4 * self.lanes


@dataclass(frozen=True)
class Allocated:
    """Lines of assembly for each instruction; the room for spills they need; how often what was done beside."""

    lines: list[list[str]]
    spills: int
    extra: Counter[str]


def allocate(instructions: Sequence[Instruction], file: RegisterFile) -> Allocated:
    """Give every value a register, or memory, at every time."""
    allocator = _Allocator(file, instructions)
    lines = [allocator.place(position, each) for position, each in enumerate(instructions)]
    return Allocated(lines, allocator.slots_made, allocator.extra)


@dataclass
class _Allocator:
    file: RegisterFile
    instructions: Sequence[Instruction]
    # Uses still to come, the next one last.
    uses: dict[Value, list[int]] = field(default_factory=dict)
    register: dict[Value, str] = field(default_factory=dict)
    memory: dict[Value, Memory] = field(default_factory=dict)
    free: deque[str] = field(default_factory=deque)
    free_slots: list[Memory] = field(default_factory=list)
    # Slots whose last reader is the instruction under way: a spill before it must not overwrite them.
    closing: list[Memory] = field(default_factory=list)
    slots_made: int = 0
    lines: list[str] = field(default_factory=list)
    extra: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.free.extend(self.file.names)
        for position in reversed(range(len(self.instructions))):
            for operand in set(self.instructions[position].operands):
                if isinstance(operand, Value):
                    self.uses.setdefault(operand, []).append(position)
                    if operand.home:
                        self.memory[operand] = operand.home

    def place(self, position: int, instruction: Instruction) -> list[str]:
        self.free_slots += self.closing
        self.closing = []
        self.lines = list(instruction.before)
        operands = instruction.operands
        for value in _values(operands):
            self.uses[value].pop()
        match instruction.form:
            case Form.STORE:
                assert instruction.target is not None
                source = self.in_register(operands[0], operands)
                self.lines.append(f"{instruction.mnemonic} {instruction.target.text(self.file.lanes)}, {source}")
                self.release(operands)
            case Form.TERNARY:
                self.ternary(position, instruction)
            case Form.DESTROYS:
                rest = [self.readable(each, position, operands) for each in operands[1:]]
                register = self.overwritable(operands[0], operands)
                self.finish(instruction, register, [register, *rest], operands[1:])
            case _:
                self.plain(position, instruction)
        return self.lines

    def plain(self, position: int, instruction: Instruction) -> None:
        operands = list(instruction.operands)
        if instruction.form is Form.COMMUTES and self.is_better_last(operands[0], operands[1]):
            operands.reverse()
        held = operands if instruction.form is Form.REGISTERS else operands[:-1]
        registers = [self.in_register(each, operands) for each in held]
        sources = [*registers, *(self.readable(each, position, operands) for each in operands[len(held) :])]
        # What dies here may make room for the result.
        temporary = [name for each, name in zip(held, registers, strict=True) if isinstance(each, Memory)]
        self.release(operands)
        self.free.extendleft(temporary)
        self.finish(instruction, self.take(()), sources, ())

    def is_better_last(self, first: Operand, second: Operand) -> bool:
        return not self.is_held(first) and (self.is_held(second) or isinstance(first, Memory))

    def ternary(self, position: int, instruction: Instruction) -> None:
        assert instruction.immediate is not None
        order = min(permutations(range(3)), key=lambda order: self.cost([instruction.operands[at] for at in order]))
        first, second, third = (instruction.operands[at] for at in order)
        lock = instruction.operands
        middle = self.in_register(second, lock)
        last = self.readable(third, position, lock)
        register = self.overwritable(first, lock)
        table = permuted(instruction.immediate, (order[0], order[1], order[2]))
        self.lines.append(f"{instruction.mnemonic} {register}, {middle}, {last}, {table}")
        if isinstance(second, Memory):
            self.free.append(middle)
        self.release((second, third))
        self.settle(instruction, register)

    def cost(self, operands: Sequence[Operand]) -> tuple[bool, bool, int]:
        # A word from memory costs nothing as the last operand, and the first one should be needed no more.
        first, second, _ = operands
        fetched = isinstance(first, Memory) or isinstance(second, Memory)
        survives = isinstance(first, Memory) or self.next_use(first) < NEVER
        return fetched, survives, -self.is_held(first) - self.is_held(second)

    def finish(self, instruction: Instruction, register: str, sources: Sequence[str], rest: Sequence[Operand]) -> None:
        # The destroyed register is both the result and the first operand: written once.
        destroys = instruction.form is Form.DESTROYS
        written = f"{register}{{{instruction.mask}}}" if instruction.mask else register
        words = [written, *(sources[1:] if destroys else sources)]
        if instruction.immediate is not None:
            words.append(str(instruction.immediate))
        self.lines.append(f"{instruction.mnemonic} {', '.join(words)}")
        self.release(rest)
        self.settle(instruction, register)

    def settle(self, instruction: Instruction, register: str) -> None:
        assert instruction.result is not None
        if self.next_use(instruction.result) == NEVER:
            self.free.append(register)
        else:
            self.register[instruction.result] = register

    def is_held(self, operand: Operand) -> bool:
        return isinstance(operand, Value) and operand in self.register

    def next_use(self, value: Value) -> int:
        uses = self.uses.get(value)
        return uses[-1] if uses else NEVER

    def in_register(self, operand: Operand, lock: Iterable[Operand]) -> str:
        if isinstance(operand, Memory):
            register = self.take(lock)
            self.fetch(register, operand)
            return register
        if operand not in self.register:
            register = self.take(lock)
            self.fetch(register, self.memory[operand])
            self.register[operand] = register
        return self.register[operand]

    def fetch(self, register: str, source: Memory) -> None:
        self.extra["loads"] += 1
        if source.broadcast:
            self.lines.append(f"vpbroadcastd {register}, dword ptr [{source.base} + {source.offset}]")
        else:
            self.lines.append(f"{self.file.move} {register}, {source.text(self.file.lanes)}")

    def readable(self, operand: Operand, position: int, lock: Iterable[Operand]) -> str:
        """A register or, where it is not needed again soon, memory."""
        if isinstance(operand, Memory):
            return operand.text(self.file.lanes)
        if operand not in self.register and self.next_use(operand) - position > SOON:
            self.extra["folded"] += 1
            return self.memory[operand].text(self.file.lanes)
        return self.in_register(operand, lock)

    def overwritable(self, operand: Operand, lock: Iterable[Operand]) -> str:
        """A register with the operand's value that nobody needs afterwards."""
        if isinstance(operand, Value) and self.next_use(operand) == NEVER:
            register = self.in_register(operand, lock)
            del self.register[operand]
            self.forget(operand)
            return register
        register = self.take(lock)
        if self.is_held(operand):
            assert isinstance(operand, Value)
            self.extra["copies"] += 1
            self.lines.append(f"{self.file.move} {register}, {self.register[operand]}")
        else:
            self.fetch(register, operand if isinstance(operand, Memory) else self.memory[operand])
        return register

    def take(self, lock: Iterable[Operand]) -> str:
        if self.free:
            return self.free.popleft()
        locked = set(lock)
        victim = max((value for value in self.register if value not in locked), key=self.next_use)
        register = self.register.pop(victim)
        if victim not in self.memory:
            self.memory[victim] = self.free_slots.pop() if self.free_slots else self.new_slot()
            self.extra["spills"] += 1
            self.lines.append(f"{self.file.move} {self.memory[victim].text(self.file.lanes)}, {register}")
        return register

    def new_slot(self) -> Memory:
        self.slots_made += 1
        return Memory(self.file.spills, self.file.first_spill + (self.slots_made - 1) * self.file.width)

    def release(self, operands: Iterable[Operand]) -> None:
        for value in _values(operands):
            if self.next_use(value) == NEVER:
                if value in self.register:
                    self.free.append(self.register.pop(value))
                self.forget(value)

    def forget(self, value: Value) -> None:
        memory = self.memory.pop(value, None)
        if memory is not None and memory != value.home:
            self.closing.append(memory)


def _values(operands: Iterable[Operand]) -> list[Value]:
    return list(dict.fromkeys(each for each in operands if isinstance(each, Value)))
