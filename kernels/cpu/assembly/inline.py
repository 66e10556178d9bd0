"""Assembly in LLVM IR: LLVM keeps the function, its frame and its calling convention; the text is ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VECTOR_REGISTERS = 32


def inline_assembly(
    lines: Iterable[str],
    pointers: Mapping[str, str],
    registers: int,
    masks: Iterable[str] = (),
    scalars: Iterable[str] = (),
) -> str:
    """An instruction that runs the lines, in Intel's syntax.

    `pointers`: the machine register each LLVM pointer comes in, left unchanged. The lines may change the
    first so many vector registers, `masks`, `scalars` and memory, and no other register.
    """
    text = "\\0A".join(lines)
    clobbered = [f"~{{xmm{index}}}" for index in range(registers)] + [f"~{{{name}}}" for name in (*masks, *scalars)]
    constraints = [f"{{{register}}}" for register in pointers]
    constraints += [*clobbered, "~{memory}", "~{dirflag}", "~{fpsr}", "~{flags}"]
    arguments = ", ".join(f"ptr {pointer}" for pointer in pointers.values())
    return f'  call void asm sideeffect inteldialect "{text}", "{",".join(constraints)}"({arguments})'
