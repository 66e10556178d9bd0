"""The updates for the CPU, as LLVM IR: see `opencl` for the same in C.

They go in groups: the places of a group are computed and asked for, then changed. So many lines of the table are under
way at once, and not as many more as a core's window holds of so short a loop: beyond what its first cache can wait for,
loads only stand in each other's way.
"""

from __future__ import annotations

from ...cpu.codegen.array_ir import PREFETCH, Lines
from ...cpu.native import ATTRIBUTES
from .stream import POLY

PARAMETERS = "ptr noalias %table, ptr noalias %streams, i64 %mask, i64 %updates, i64 %start, i64 %stop"
# Measured on Zen 5: of 6 to 32 the fastest, and 5 % above plain C. Reads have no stores to wait for.
GROUP, LOOK_GROUP = 8, 16


def update() -> str:
    """Each part's table changed by its stream, whose last number is kept."""
    return _module("update", GROUP, is_look=False)


def look() -> str:
    """The same places read and nothing changed but the stream's number: what the table's memory allows."""
    return _module("look", LOOK_GROUP, is_look=True)


def _group(letter: str, size: int, is_look: bool) -> tuple[list[str], str, str]:
    """So many updates of the numbers that follow `%last.<letter>`; the lines, the last number, and the sum of reads."""
    lines, number, sums = Lines(letter), f"%last.{letter}", f"%sum.{letter}"
    places = []
    for _ in range(size):
        double = lines.value(f"shl i64 {number}, 1")
        sign = lines.value(f"ashr i64 {number}, 63")
        fold = lines.value(f"and i64 {sign}, {POLY}")
        number = lines.value(f"xor i64 {double}, {fold}")
        index = lines.value(f"and i64 {number}, %mask")
        place = lines.value(f"getelementptr i64, ptr %base, i64 {index}")
        places.append((place, number))
        if size > 1:
            lines.say(f"call void @llvm.prefetch(ptr {place}, i32 0, i32 3, i32 1)")
    for place, each in places:
        old = lines.value(f"load i64, ptr {place}")
        if is_look:
            sums = lines.value(f"xor i64 {sums}, {old}")
        else:
            lines.say(f"store i64 {lines.value(f'xor i64 {old}, {each}')}, ptr {place}")
    return lines.lines, number, sums


def _module(name: str, size: int, is_look: bool) -> str:
    group, group_number, group_sum = _group("g", size, is_look)
    one, one_number, one_sum = _group("o", 1, is_look)
    kept = "%sum.last" if is_look else "%number.last"
    return f"""\
{PREFETCH}
define void @{name}({PARAMETERS}) nounwind {ATTRIBUTES} {{
entry:
  %size = add i64 %mask, 1
  %whole = and i64 %updates, -{size}
  br label %part
part:
  %i = phi i64 [ %start, %entry ], [ %i.next, %end ]
  %first = mul i64 %i, %size
  %base = getelementptr i64, ptr %table, i64 %first
  %stream = getelementptr i64, ptr %streams, i64 %i
  %before = load i64, ptr %stream
  %any = icmp sgt i64 %whole, 0
  br i1 %any, label %groups, label %rest
groups:
  %step = phi i64 [ 0, %part ], [ %step.next, %groups ]
  %last.g = phi i64 [ %before, %part ], [ {group_number}, %groups ]
  %sum.g = phi i64 [ 0, %part ], [ {group_sum}, %groups ]
{chr(10).join(group)}
  %step.next = add i64 %step, {size}
  %more = icmp slt i64 %step.next, %whole
  br i1 %more, label %groups, label %rest
rest:
  %number.rest = phi i64 [ %before, %part ], [ {group_number}, %groups ]
  %sum.rest = phi i64 [ 0, %part ], [ {group_sum}, %groups ]
  %left = icmp slt i64 %whole, %updates
  br i1 %left, label %ones, label %end
ones:
  %j = phi i64 [ %whole, %rest ], [ %j.next, %ones ]
  %last.o = phi i64 [ %number.rest, %rest ], [ {one_number}, %ones ]
  %sum.o = phi i64 [ %sum.rest, %rest ], [ {one_sum}, %ones ]
{chr(10).join(one)}
  %j.next = add i64 %j, 1
  %again = icmp slt i64 %j.next, %updates
  br i1 %again, label %ones, label %end
end:
  %number.last = phi i64 [ %number.rest, %rest ], [ {one_number}, %ones ]
  %sum.last = phi i64 [ %sum.rest, %rest ], [ {one_sum}, %ones ]
  store i64 {kept}, ptr %stream
  %i.next = add i64 %i, 1
  %through = icmp sge i64 %i.next, %stop
  br i1 %through, label %leave, label %part
leave:
  ret void
}}
"""
