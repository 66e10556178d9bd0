"""Streams of a kernel's own operations for the CPU, with nothing to wait for: what its roof is measured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ...cpu.codegen.stream_ir import ROUNDS, sha_operation, stream
from ...cpu.codegen.vector_ir import VectorTarget, VectorWriter
from ...device import Source
from ...graph.nodes import Op
from .kernel import Stream

ENTRY = "spin"
# Where it is no instruction, a rotation by whole bytes is a shuffle of them, and any other one three operations.
BY_BYTES = "rotr_bytes"
MIX = "mix"
_MARK = "stream__"


def streams_of(module: str, form: str, mix: Mapping[str, float], registers: int) -> dict[str, Stream]:
    """The streams of a form's mix and of each kind alone, as sources that `module` has functions for."""
    return {
        kind: Stream(
            Source("llvm", f"{module}:{_MARK}{form}__{kind}", ENTRY, ("uint8",)),
            (ROUNDS if kind == MIX and len(mix) > 1 else 1) * _used(registers),
        )
        for kind in (MIX, *mix)
    }


def named(name: str) -> tuple[str, str] | None:
    """The form and the kind of a stream's function's name; None where it is no stream's."""
    form, _, kind = name.removeprefix(_MARK).partition("__")
    return (form, kind) if name.startswith(_MARK) and kind else None


def text_of(mix: Mapping[str, float], kind: str, target: VectorTarget, registers: int) -> Callable[[], str]:
    """What gives the LLVM IR of a stream. Raises AttributeError for a kind that the mix has not."""
    if kind != MIX and kind not in mix:
        raise AttributeError(kind)
    return partial(_text, mix if kind == MIX else {kind: 1}, target, _used(registers))


def _used(registers: int) -> int:
    # A quarter of the registers stays free for the compiler.
    return registers * 3 // 4


def _text(mix: Mapping[str, float], target: VectorTarget, registers: int) -> str:
    return f"""\
{stream("operations", mix, _operation, target, registers)}
define void @{ENTRY}(ptr %unused, i64 %batches, i64 %start, i64 %stop) nounwind {target.attributes} {{
  %items = sub i64 %stop, %start
  %all = mul i64 %items, %batches
  %few = trunc i64 %all to i32
  %done = call i64 @operations(ptr %unused, i32 0, i32 %few, i32 0, i32 0, ptr %unused)
  ret void
}}
"""


def _operation(writer: VectorWriter, kind: str, registers: Sequence[str]) -> str:
    if kind == BY_BYTES:
        return writer.expression(Op.ROTR, registers[1:2], writer.target.bits // 2)
    return sha_operation(writer, kind, registers)
