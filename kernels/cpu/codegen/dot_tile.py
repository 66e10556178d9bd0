"""LLVM IR of the inner kernel of a convolution: a tile of sums that stays in registers while products are added to it.

A *group* is four bytes: one 32-bit float, two 16-bit or four 8-bit integers, whose products with a group of weights are
added into one 32-bit sum. So one loop serves all three, and only `step` differs: an FMA, or the dot products that the
CPU has (`vpdpbusd`, `vpdpwssd`; before them `vpmaddubsw`, `vpmaddwd`), or plain multiplications where it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..cores.features import host_architecture, host_attributes, host_features

GROUP_BYTES = 4
# Numbers in a group.
GROUPED: Mapping[str, int] = {"float32": 1, "int16": 2, "int8": 4}
# Groups a pass of the loop, so that its own bookkeeping hides.
UNROLLED = 4
TAPS = 3
# Weights of so many output channels stand beside each other, so that a tile reads them one after another.
BLOCK = 16

# LLVM's names of x86's older dot products, by lanes: of pairs of 16-bit numbers, and of 8-bit ones to 16 bits.
MADD: Mapping[int, tuple[str, str]] = {
    4: ("@llvm.x86.sse2.pmadd.wd", "@llvm.x86.ssse3.pmadd.ub.sw.128"),
    8: ("@llvm.x86.avx2.pmadd.wd", "@llvm.x86.avx2.pmadd.ub.sw"),
    16: ("@llvm.x86.avx512.pmaddw.d.512", "@llvm.x86.avx512.pmaddubs.w.512"),
}

Step = Callable[[str, str, str, str], list[str]]


@dataclass(frozen=True)
class TileTarget:
    """What a tile is made for: lanes of 32 bits, and which way products of `number` are added up.

    `way`: "fma", "separate" (a multiplication, then an addition), "vnni", "madd" (x86's older dot products), "plain".
    """

    number: str
    lanes: int
    way: str
    registers: int

    @property
    def vectors(self) -> int:
        """How many registers of weights a tile is wide."""
        return 2

    @property
    def positions(self) -> int:
        """How many positions a tile is long: what is left of the registers holds weights, inputs and products."""
        if self.registers == 32:
            # The longer, the seldomer weights come from the second cache, of which floats' take the most.
            return 12 if self.number == "float32" and self.lanes == 16 else 8
        return 6 if self.way in ("fma", "vnni") else 4


def host_target(number: str) -> TileTarget:
    """The best that this CPU can do with `number`."""
    return target_of(number, host_architecture(), host_features())


def target_of(number: str, architecture: str, features: frozenset[str]) -> TileTarget:
    """The best that a CPU with these features (LLVM's names) can do."""
    if architecture != "x86_64":
        way = "plain" if number != "float32" else "fma" if "neon" in features else "separate"
        return TileTarget(number, 4, way, 32)
    wide = {"avx512f", "avx512bw", "avx512vl"} <= features
    if number == "float32":
        lanes = 16 if wide else 8 if "avx" in features else 4
        return TileTarget(number, lanes, "fma" if "fma" in features else "separate", 32 if wide else 16)
    if wide:
        return TileTarget(number, 16, "vnni" if "avx512vnni" in features else "madd", 32)
    if "avx2" in features:
        return TileTarget(number, 8, "vnni" if "avxvnni" in features else "madd", 16)
    return TileTarget(number, 4, "madd" if "ssse3" in features else "plain", 16)


def tile(symbol: str, target: TileTarget, channels: int, positions: int, attributes: str | None = None) -> str:
    """The IR of `void symbol(ptr x, ptr w, ptr out, i64 row_bytes)`: the sums of `positions` in a row.

    `x` is the first position's input, three rows of `row_bytes` with `channels` numbers a position; `w` the weights
    (3 × 3 × channels / group × channels × group); `out` the sums, `channels` of them a position, of which a tile
    writes as many as its vectors have lanes.
    """
    vector = f"<{target.lanes} x {'float' if target.number == 'float32' else 'i32'}>"
    number_bytes = GROUP_BYTES // GROUPED[target.number]
    groups = TAPS * channels * number_bytes // GROUP_BYTES
    sums = [(i, j) for i in range(positions) for j in range(target.vectors)]
    step, declarations = step_of(target, vector)
    attributes = host_attributes() if attributes is None else attributes
    lines = [
        *declarations,
        f"define void @{symbol}(ptr noalias %x, ptr noalias %w, ptr noalias %out, i64 %row_bytes) nounwind "
        f'"prefer-vector-width"="{32 * target.lanes}" {attributes} {{',
        "entry:",
        "  br label %row",
        "row:",
        "  %r = phi i64 [0, %entry], [%r.next, %row.end]",
        "  %xr = phi ptr [%x, %entry], [%xr.next, %row.end]",
        "  %wr = phi ptr [%w, %entry], [%wk.next, %row.end]",
        *(f"  %a{i}.{j} = phi {vector} [zeroinitializer, %entry], [%e{i}.{j}, %row.end]" for i, j in sums),
        "  br label %group",
        "group:",
        "  %k = phi i64 [0, %row], [%k.next, %group]",
        "  %xk = phi ptr [%xr, %row], [%xk.next, %group]",
        "  %wk = phi ptr [%wr, %row], [%wk.next, %group]",
        *(f"  %s{i}.{j} = phi {vector} [%a{i}.{j}, %row], [%e{i}.{j}, %group]" for i, j in sums),
    ]
    at = {(i, j): f"%s{i}.{j}" for i, j in sums}
    for u in range(UNROLLED):
        for j in range(target.vectors):
            place = u * BLOCK * GROUP_BYTES + weights_at(j * target.lanes, channels, target.number)
            lines.append(f"  %wp{u}.{j} = getelementptr i8, ptr %wk, i64 {place}")
            lines.append(f"  %w{u}.{j} = load {vector}, ptr %wp{u}.{j}, align 16")
        for i in range(positions):
            lines.extend(_splat(f"{u}.{i}", i * channels * number_bytes + u * GROUP_BYTES, vector, target.lanes))
            for j in range(target.vectors):
                to = f"%e{i}.{j}" if u == UNROLLED - 1 else f"%n{u}.{i}.{j}"
                lines.extend(step(to, at[i, j], f"%x{u}.{i}", f"%w{u}.{j}"))
                at[i, j] = to
    lines += [
        f"  %xk.next = getelementptr i8, ptr %xk, i64 {UNROLLED * GROUP_BYTES}",
        f"  %wk.next = getelementptr i8, ptr %wk, i64 {UNROLLED * BLOCK * GROUP_BYTES}",
        f"  %k.next = add i64 %k, {UNROLLED}",
        f"  %k.more = icmp ult i64 %k.next, {groups}",
        "  br i1 %k.more, label %group, label %row.end",
        "row.end:",
        "  %xr.next = getelementptr i8, ptr %xr, i64 %row_bytes",
        "  %r.next = add i64 %r, 1",
        f"  %r.more = icmp ult i64 %r.next, {TAPS}",
        "  br i1 %r.more, label %row, label %store",
        "store:",
    ]
    for i, j in sums:
        place = (i * channels + j * target.lanes) * GROUP_BYTES
        lines.append(f"  %o{i}.{j} = getelementptr i8, ptr %out, i64 {place}")
        lines.append(f"  store {vector} %e{i}.{j}, ptr %o{i}.{j}, align 16")
    return "\n".join([*lines, "  ret void", "}"])


def weights_at(channel: int, channels: int, number: str) -> int:
    """Where the weights of an output channel begin, in bytes."""
    block, within = divmod(channel, BLOCK)
    return (block * TAPS * TAPS * channels // GROUPED[number] * BLOCK + within) * GROUP_BYTES


def _splat(name: str, place: int, vector: str, lanes: int) -> list[str]:
    kind = vector.partition(" x ")[2].rstrip(">")
    return [
        f"  %xp{name} = getelementptr i8, ptr %xk, i64 {place}",
        f"  %xs{name} = load {kind}, ptr %xp{name}, align 1",
        f"  %xi{name} = insertelement {vector} poison, {kind} %xs{name}, i32 0",
        f"  %x{name} = shufflevector {vector} %xi{name}, {vector} poison, <{lanes} x i32> zeroinitializer",
    ]


def step_of(target: TileTarget, vector: str) -> tuple[Step, list[str]]:
    """What adds the products of a splat group and a vector of groups to a sum, and its declarations."""
    lanes = target.lanes
    if target.number == "float32":
        if target.way == "fma":
            name = f"@llvm.fma.v{lanes}f32"
            return (
                lambda to, total, x, w: [f"  {to} = call {vector} {name}({vector} {x}, {vector} {w}, {vector} {total})"]
            ), [f"declare {vector} {name}({vector}, {vector}, {vector})"]
        return (
            lambda to, total, x, w: [
                f"  {to}.p = fmul {vector} {x}, {w}",
                f"  {to} = fadd {vector} {total}, {to}.p",
            ]
        ), []
    if target.way == "vnni":
        return _vnni(target, vector)
    if target.way == "madd":
        return _madd(target, vector)
    return _plain(target, vector)


def _vnni(target: TileTarget, vector: str) -> tuple[Step, list[str]]:
    operation = "vpdpbusd" if target.number == "int8" else "vpdpwssd"
    name = f"@llvm.x86.avx512.{operation}.{32 * target.lanes}"
    return (lambda to, total, x, w: [f"  {to} = call {vector} {name}({vector} {total}, {vector} {x}, {vector} {w})"]), [
        f"declare {vector} {name}({vector}, {vector}, {vector})"
    ]


def _madd(target: TileTarget, vector: str) -> tuple[Step, list[str]]:
    lanes = target.lanes
    words, octets = f"<{2 * lanes} x i16>", f"<{4 * lanes} x i8>"
    pairs, fours = MADD[lanes]
    ones = f"<{', '.join(['i16 1'] * (2 * lanes))}>"
    floats, fence = f"<{lanes} x float>", f"@llvm.arithmetic.fence.v{lanes}f32"

    def added(to: str, total: str) -> list[str]:
        # A fence is no instruction. Without it LLVM adds the products of neighbouring steps to each other first, for
        # which sums must leave their registers.
        return [
            f"  {to}.s = add {vector} {total}, {to}.p",
            f"  {to}.floats = bitcast {vector} {to}.s to {floats}",
            f"  {to}.fenced = call {floats} {fence}({floats} {to}.floats)",
            f"  {to} = bitcast {floats} {to}.fenced to {vector}",
        ]

    def two(to: str, total: str, x: str, w: str) -> list[str]:
        return [
            f"  {to}.x = bitcast {vector} {x} to {words}",
            f"  {to}.w = bitcast {vector} {w} to {words}",
            f"  {to}.p = call {vector} {pairs}({words} {to}.x, {words} {to}.w)",
            *added(to, total),
        ]

    def four(to: str, total: str, x: str, w: str) -> list[str]:
        return [
            f"  {to}.x = bitcast {vector} {x} to {octets}",
            f"  {to}.w = bitcast {vector} {w} to {octets}",
            f"  {to}.q = call {words} {fours}({octets} {to}.x, {octets} {to}.w)",
            f"  {to}.p = call {vector} {pairs}({words} {to}.q, {words} {ones})",
            *added(to, total),
        ]

    declared = [f"declare {vector} {pairs}({words}, {words})", f"declare {floats} {fence}({floats})"]
    if target.number == "int16":
        return two, declared
    return four, [*declared, f"declare {words} {fours}({octets}, {octets})"]


def _plain(target: TileTarget, vector: str) -> tuple[Step, list[str]]:
    """Each number of the group is shifted into place, sign-extended and multiplied by itself: right on any machine."""
    bits = 8 * GROUP_BYTES // GROUPED[target.number]

    def constant(value: int) -> str:
        return f"<{', '.join([f'i32 {value}'] * target.lanes)}>"

    def step(to: str, total: str, x: str, w: str) -> list[str]:
        lines = []
        for part in range(GROUPED[target.number]):
            for name, value in (("x", x), ("w", w)):
                lines.append(f"  {to}.{name}{part}l = shl {vector} {value}, {constant(32 - bits * (part + 1))}")
                lines.append(f"  {to}.{name}{part} = ashr {vector} {to}.{name}{part}l, {constant(32 - bits)}")
            lines.append(f"  {to}.p{part} = mul {vector} {to}.x{part}, {to}.w{part}")
            last = part == GROUPED[target.number] - 1
            lines.append(f"  {to if last else f'{to}.t{part}'} = add {vector} {total}, {to}.p{part}")
            total = f"{to}.t{part}"
        return lines

    return step, []
