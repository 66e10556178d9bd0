"""The convolution of bytes on the CPU by AMX's tiles, as LLVM IR: see `amx_tile` for what is done with a row."""

from __future__ import annotations

from ...cpu.codegen.amx_ir import ROWS, configurations, configured, released
from ...cpu.codegen.amx_tile import MOST_TILES, WEIGHTS, strip
from ...cpu.cores.amx import demand_amx
from ...cpu.native import ATTRIBUTES
from .shape import CHANNELS, ITEMS, TAPS

ENTRY = "convolve"
# How many tiles of positions are done together, as long as a row has so many left.
TOGETHER = (MOST_TILES, 1)
LONGEST = TOGETHER[0] * ROWS
SUM_BYTES = 4


def convolve_int8() -> str:
    """`convolve(products, images, kernels, size, side, pair, count, start, stop)`, as `cpu.convolve_int8`.

    Raises DeviceError where this process, which will run it, may not use AMX.
    """
    demand_amx("int8")
    return emit()


def emit() -> str:
    """See `convolve_int8`."""
    head = (
        f"define void @{ENTRY}(ptr noalias %b0, ptr noalias %b1, ptr noalias %b2, i64 %s0, i64 %s1, i64 %s2, i64 %s3, "
        f"i64 %start, i64 %stop) {ATTRIBUTES} {{"
    )
    lines = [
        configurations(WEIGHTS),
        *(strip(f"strip{tiles}", CHANNELS, tiles) for tiles in TOGETHER),
        head,
        "entry:",
        "  %rows = mul i64 %s0, %s3",
        "  %begin = mul i64 %start, %rows",
        f"  %first = udiv i64 %begin, {ITEMS}",
        "  %end = mul i64 %stop, %rows",
        f"  %last = udiv i64 %end, {ITEMS}",
        "  %wide = add i64 %s0, 2",
        f"  %row.bytes = mul i64 %wide, {CHANNELS}",
        "  %image.bytes = mul i64 %row.bytes, %wide",
        f"  %out.bytes = mul i64 %s0, {CHANNELS * SUM_BYTES}",
        f"  %rest = and i64 %s0, {ROWS - 1}",
        "  %some = icmp ult i64 %first, %last",
        "  br i1 %some, label %row, label %done",
        "row:",
        "  %r = phi i64 [%first, %entry], [%r.next, %row.end]",
        *configured(str(ROWS), "whole"),
        "  %place = udiv i64 %r, %s0",
        "  %y = urem i64 %r, %s0",
        "  %number = add i64 %s2, %place",
        "  %left = urem i64 %number, %s1",
        "  %right = udiv i64 %number, %s1",
        "  %image = mul i64 %left, %image.bytes",
        "  %in.image = mul i64 %y, %row.bytes",
        "  %from = add i64 %image, %in.image",
        "  %x = getelementptr i8, ptr %b1, i64 %from",
        f"  %kernel = mul i64 %right, {CHANNELS * CHANNELS * TAPS * TAPS}",
        "  %w = getelementptr i8, ptr %b2, i64 %kernel",
        "  %to = mul i64 %r, %out.bytes",
        "  %out = getelementptr i8, ptr %b0, i64 %to",
        f"  br label %next{TOGETHER[0]}",
    ]
    at, came_from = "0", "row"
    for tiles, then in zip(TOGETHER, [*(f"next{tiles}" for tiles in TOGETHER[1:]), "over"], strict=True):
        positions = tiles * ROWS
        lines += [
            f"next{tiles}:",
            f"  %p{tiles} = phi i64 [{at}, %{came_from}], [%p{tiles}.next, %do{tiles}]",
            f"  %p{tiles}.next = add i64 %p{tiles}, {positions}",
            f"  %fits{tiles} = icmp ule i64 %p{tiles}.next, %s0",
            f"  br i1 %fits{tiles}, label %do{tiles}, label %{then}",
            f"do{tiles}:",
            *_call(tiles, f"%p{tiles}", str(tiles)),
            f"  br label %next{tiles}",
        ]
        at, came_from = f"%p{tiles}", f"next{tiles}"
    lines += [
        "over:",
        "  %is.over = icmp ne i64 %rest, 0",
        "  br i1 %is.over, label %fewer, label %row.end",
        "fewer:",
        *configured("%rest", "few"),
        *_call(1, at, "few"),
        "  br label %row.end",
        "row.end:",
        "  %r.next = add i64 %r, 1",
        "  %more = icmp ult i64 %r.next, %last",
        "  br i1 %more, label %row, label %release",
        "release:",
        released(),
        "  br label %done",
        "done:",
        "  ret void",
        "}",
    ]
    return "\n".join(lines)


def _call(tiles: int, position: str, name: str) -> list[str]:
    return [
        f"  %x.at{name} = mul i64 {position}, {CHANNELS}",
        f"  %x{name} = getelementptr i8, ptr %x, i64 %x.at{name}",
        f"  %out.at{name} = mul i64 {position}, {CHANNELS * SUM_BYTES}",
        f"  %out{name} = getelementptr i8, ptr %out, i64 %out.at{name}",
        f"  call void @strip{tiles}(ptr %x{name}, ptr %w, ptr %out{name}, i64 %row.bytes)",
    ]
