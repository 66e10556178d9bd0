"""The updates for the CPU, as LLVM IR: see `opencl` for the same in C."""

from __future__ import annotations

from ...cpu.native import ATTRIBUTES
from .stream import POLY

PARAMETERS = "ptr noalias %table, ptr noalias %streams, i64 %mask, i64 %updates, i64 %start, i64 %stop"


def update() -> str:
    """Each part's table changed by its stream, whose last number is kept."""
    return _module(
        "update",
        "",
        """\
  %new = xor i64 %old, %number
  store i64 %new, ptr %place""",
        "%number",
    )


def look() -> str:
    """The same places read and nothing changed but the stream's number: what the table's memory allows."""
    return _module(
        "look",
        "  %sum = phi i64 [ 0, %part ], [ %sum.next, %next ]",
        "  %sum.next = xor i64 %sum, %old",
        "%sum.next",
    )


def _module(name: str, carried: str, work: str, kept: str) -> str:
    return f"""\
define void @{name}({PARAMETERS}) nounwind {ATTRIBUTES} {{
entry:
  %size = add i64 %mask, 1
  br label %part
part:
  %i = phi i64 [ %start, %entry ], [ %i.next, %end ]
  %first = mul i64 %i, %size
  %base = getelementptr i64, ptr %table, i64 %first
  %stream = getelementptr i64, ptr %streams, i64 %i
  %before = load i64, ptr %stream
  br label %next
next:
  %step = phi i64 [ 0, %part ], [ %step.next, %next ]
  %last = phi i64 [ %before, %part ], [ %number, %next ]
{carried}
  %double = shl i64 %last, 1
  %sign = ashr i64 %last, 63
  %fold = and i64 %sign, {POLY}
  %number = xor i64 %double, %fold
  %index = and i64 %number, %mask
  %place = getelementptr i64, ptr %base, i64 %index
  %old = load i64, ptr %place
{work}
  %step.next = add i64 %step, 1
  %done = icmp eq i64 %step.next, %updates
  br i1 %done, label %end, label %next
end:
  store i64 {kept}, ptr %stream
  %i.next = add i64 %i, 1
  %through = icmp sge i64 %i.next, %stop
  br i1 %through, label %leave, label %part
leave:
  ret void
}}
"""
