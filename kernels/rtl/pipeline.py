"""One of a core's two hashes: a chain of stages, each doing `passes` rounds on what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Const, Module, Mux, Signal

from ..sha256.fips180 import K
from .rounds import Registers, Rounds
from .shape import ROUNDS, Shape
from .words import WORD_BITS, HardwareWords, Value, Word


@dataclass(frozen=True)
class Occupied:
    """What a stage holds of one nonce, and whether it holds one at all."""

    registers: Registers
    valid: Value


class Pipeline:
    """The stages of one hash, and the clockwork that moves nonces through them.

    `phase` counts the rounds a stage has done for its nonce. In the clock where `load` is 1 the last
    of them is done, and all nonces move on; where `finished` is 1 the last stage does the hash's last
    round. `phase_at_reset` puts two pipelines in step with each other.
    """

    def __init__(self, module: Module, words: HardwareWords, shape: Shape, name: str, phase_at_reset: int) -> None:
        """A pipeline without stages yet."""
        self._m = module
        self._w = words
        self._shape = shape
        self._name = name
        passes = shape.passes
        self.phase = Signal(range(max(passes, 2)), name=f"{name}_phase", init=phase_at_reset % passes)
        self.load = self._flag("load", passes - 1)
        self.finished = self._flag("finished", shape.last_passes - 1)
        if passes > 1:
            module.d.sync += self.phase.eq(Mux(self.load, 0, self.phase + 1))

    def build(self, rounds: Rounds, start: Occupied, first_round: int) -> Occupied:
        """Chain the stages from `start` on; answers with what the last round leaves, held until the next nonce."""
        coming = start
        for stage in range(self._shape.stages_used):
            first = first_round + stage * self._shape.passes
            held = self._hold_in_stage(coming, rounds, f"{self._name}{stage}", first)
            coming = held
        return self._register(coming, f"{self._name}_end", enable=self.finished)

    def _hold_in_stage(self, coming: Occupied, rounds: Rounds, name: str, first: int) -> Occupied:
        """A stage's registers, fed by the stage before or by its own round; answers with its round's outcome."""
        if self._shape.passes == 1:
            held = self._register(coming, name)
            return Occupied(rounds.advance(held.registers, self._w.constant(constant_of(first + 1))), held.valid)
        names = set(coming.registers) | ({"h"} if "h" not in coming.registers else set())
        registers = {key: Signal(WORD_BITS, name=f"{name}_{key}", reset_less=True) for key in sorted(names)}
        valid = Signal(name=f"{name}_valid")
        words = {key: self._w.word(signal) for key, signal in registers.items()}
        after = rounds.advance(words, self._constant(name, first))
        for key, signal in registers.items():
            own = self._w.value(after[key])
            other = self._w.value(coming.registers[key]) if key in coming.registers else Const(0, WORD_BITS)
            self._m.d.sync += signal.eq(Mux(self.load, other, own))
        self._m.d.sync += valid.eq(Mux(self.load, coming.valid, valid))
        return Occupied(after, valid)

    def _constant(self, name: str, first: int) -> Word:
        """The constant of the round after the one being done, looked up a clock before it is needed."""
        passes = self._shape.passes
        table = [constant_of(first + 1 + (phase + 1) % passes) for phase in range(passes)]
        entry = Signal(WORD_BITS, name=f"{name}_k", reset_less=True)
        with self._m.Switch(self.phase):
            for phase, value in enumerate(table):
                with self._m.Case(phase):
                    self._m.d.sync += entry.eq(value)
        return self._w.word(entry)

    def _register(self, coming: Occupied, name: str, enable: Value = None) -> Occupied:
        """A register for each word that changes; a word of known value needs none."""
        registers = {}
        for key, word in coming.registers.items():
            if word.known is not None:
                registers[key] = word
                continue
            signal = Signal(WORD_BITS, name=f"{name}_{key}", reset_less=True)
            self._assign(signal, self._w.value(word), enable)
            registers[key] = self._w.word(signal)
        valid = Signal(name=f"{name}_valid")
        self._assign(valid, coming.valid, enable)
        return Occupied(registers, valid)

    def _assign(self, signal: Value, value: Value, enable: Value) -> None:
        always = enable is None or self._shape.passes == 1
        self._m.d.sync += signal.eq(value if always else Mux(enable, value, signal))

    def _flag(self, name: str, phase: int) -> Value:
        """A registered signal that is 1 while the phase has the given value (always, where there is one phase)."""
        if self._shape.passes == 1:
            return Const(1, 1)
        flag = Signal(name=f"{self._name}_{name}")
        self._m.d.comb += flag.eq(self.phase == phase)
        return flag


def constant_of(round_number: int) -> int:
    """K of a round; 0 for the rounds after the last, which are never used."""
    return K[round_number] if round_number < ROUNDS else 0
