"""PBKDF2 of scrypt in LLVM IR: SHA-256's words are vectors, which lie in a frame between compressions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from ...cpu.codegen.vector_ir import Body, VectorTarget
from .description import compression
from .frames import ANSWER, BLOCK, STATE


def compress_function(target: VectorTarget) -> str:
    """A function that reads a state and a block of the frame, and leaves the new state as its answer."""
    program = compression(target.x86_ternary, target.x86_ternary)
    body = Body(program, target)
    vector = target.vector
    inputs = {node.name: node for node in program.nodes() if node.name}
    for name, first, size in (("state", STATE, 8), ("block", BLOCK, 16)):
        for index in range(size):
            body.lines.append(f"  %{name}{index}.at = getelementptr {vector}, ptr %frame, i64 {first + index}")
            body.lines.append(f"  %{name}{index} = load {vector}, ptr %{name}{index}.at, align 4")
            body.values[inputs[f"{name}{index}"]] = f"%{name}{index}"
    body.emit(program.operations())
    for index, node in enumerate(program.outputs):
        body.lines.append(f"  %answer{index}.at = getelementptr {vector}, ptr %frame, i64 {ANSWER + index}")
        body.lines.append(f"  store {vector} {body.operand(node)}, ptr %answer{index}.at, align 4")
    declared = "\n".join(sorted(body.declarations))
    return f"""\
{declared}
define internal void @compress(ptr %frame) nounwind noinline "frame-pointer"="all" "stackrealign" {target.attributes} {{
{body.take()}
  ret void
}}"""


class FrameWords(Body):
    """`Arithmetic` by instructions: words are vectors, and a compression is a call that goes through the frame."""

    def __init__(self, target: VectorTarget, frame: str) -> None:
        super().__init__(compression(target.x86_ternary, target.x86_ternary), target)
        self._frame = frame
        self._numbers = count()

    def constant(self, value: int) -> str:
        """See Arithmetic."""
        return f"splat (i32 {value})"

    def xor(self, *terms: str) -> str:
        """See Arithmetic."""
        total = terms[0]
        for term in terms[1:]:
            total = self._new(f"xor {self.vector} {total}, {term}")
        return total

    def swapped(self, x: str) -> str:
        """See Arithmetic; a constant is none of the words that it takes. Raises ValueError."""
        if x.startswith("splat"):
            raise ValueError("constants are swapped by whoever writes them")
        function = self.declare(f"llvm.bswap.v{self.target.lanes}i32", self.vector)
        return self._new(f"call {function}({self.vector} {x})")

    def compress(self, state: Sequence[str], block: Sequence[str]) -> list[str]:
        """See Arithmetic."""
        self.store(STATE, state)
        self.store(BLOCK, block)
        self.lines.append(f"  call void @compress(ptr {self._frame})")
        return self.load(ANSWER, 8)

    def store(self, place: int, words: Sequence[str]) -> None:
        """Put words into the frame's vectors from `place` on."""
        for index, word in enumerate(words):
            at = self._new(f"getelementptr {self.vector}, ptr {self._frame}, i64 {place + index}")
            self.lines.append(f"  store {self.vector} {word}, ptr {at}, align 4")

    def load(self, place: int, size: int) -> list[str]:
        """The `size` words of the frame's vectors from `place` on."""
        loaded = []
        for index in range(size):
            at = self._new(f"getelementptr {self.vector}, ptr {self._frame}, i64 {place + index}")
            loaded.append(self._new(f"load {self.vector}, ptr {at}, align 4"))
        return loaded

    def _new(self, right: str) -> str:
        name = f"%w{next(self._numbers)}"
        self.lines.append(f"  {name} = {right}")
        return name
