"""Loops over arrays in LLVM IR, in whole vectors as wide as the host's and then one by one.

The functions have the form that `native.NativeFunction` calls: addresses, scalars, and the range of items to do. The
arrays begin on a page, and so does every range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ...spread import spread
from ..cores.features import host_features
from ..native import ATTRIBUTES

UNROLL = 4
LINE_BYTES = 64
# In bits: what the registers hold, the widest first; 128 are everywhere.
WIDTHS = {"avx512f": 512, "avx": 256}
PREFETCH = "declare void @llvm.prefetch(ptr, i32, i32, i32)"
NOTHING_AHEAD: Mapping[int, int] = MappingProxyType({})
METADATA = '!0 = !{i32 1}\n!1 = distinct !{!1, !2}\n!2 = !{!"llvm.loop.unroll.disable"}\n'


def register_bits() -> int:
    """How wide this host's registers are."""
    return next((bits for feature, bits in WIDTHS.items() if feature in host_features()), 128)


class Lines:
    """Instructions as they are written, with a name for each value."""

    def __init__(self, letter: str) -> None:
        """Nothing yet; values are called `letter` and a number."""
        self.lines: list[str] = []
        self._letter = letter
        self._last = 0

    def value(self, right: str, name: str | None = None) -> str:
        """The name of what `right` computes."""
        self._last += 1
        name = name or f"%{self._letter}{self._last}"
        self.lines.append(f"  {name} = {right}")
        return name

    def say(self, line: str) -> None:
        """An instruction that has no value."""
        self.lines.append(f"  {line}")


@dataclass(frozen=True)
class Kind:
    """A vector of numbers: `lanes` of `number` ("double"); one lane is a plain number."""

    number: str
    bits: int
    lanes: int

    @property
    def text(self) -> str:
        """As LLVM writes it."""
        return self.number if self.lanes == 1 else f"<{self.lanes} x {self.number}>"

    @property
    def bytes(self) -> int:
        """How large it is."""
        return self.bits * self.lanes // 8


# From the values that were read of each of some items (or vectors of them) to what is written of each.
Compute = Callable[[Lines, Kind, Sequence[Sequence[str]]], Sequence[str]]


def splat(lines: Lines, kind: Kind, number: str, name: str | None = None) -> str:
    """A vector that holds `number` in every lane, called `name`."""
    if kind.lanes == 1:
        return number
    one = lines.value(f"insertelement {kind.text} poison, {kind.number} {number}, i32 0")
    all_lanes = f"shufflevector {kind.text} {one}, {kind.text} poison, <{kind.lanes} x i32> zeroinitializer"
    return lines.value(all_lanes, name)


def each_item(
    symbol: str,
    buffers: int,
    scalars: Sequence[str],
    reads: Sequence[int],
    writes: int,
    compute: Compute,
    *,
    past_cache: bool,
    number: str = "double",
    bits: int = 64,
    unroll: int | None = None,
    ahead: Mapping[int, int] = NOTHING_AHEAD,
) -> str:
    """A function that reads an item of the arrays `reads`, computes, and stores into the array `writes`.

    `compute` gets all vectors of a pass at once, and orders their operations. `past_cache`: stores go past the caches,
    which saves fetching the line that is overwritten. `unroll`: vectors of a pass; unless told, a line's.
    `ahead`: each pass asks for what the one so many bytes ahead of it will read, to lie as near as L1 (3) or L2 (2). It
    asks all along its operations, for a core has room for some 16 lines on their way to L1: where a pass asked for
    eight at once, its own loads had to wait (Xeon model 167: at the sweep's knee 70 % of the roof instead of 100).
    """
    wide = Kind(number, bits, register_bits() // bits)
    # Stores past the caches are gathered line by line: a pass that mixes several lines is up to 7 % slower (Zen 5).
    unroll = unroll or LINE_BYTES // wide.bytes
    step = wide.lanes * unroll
    parameters = [f"ptr noalias %b{index}" for index in range(buffers)]
    parameters += [f"{kind} %s{index}" for index, kind in enumerate(scalars)]
    head = f"define void @{symbol}({', '.join([*parameters, 'i64 %start', 'i64 %stop'])}) {ATTRIBUTES} {{"
    hint = ", !nontemporal !0" if past_cache else ""
    vectors = Lines("v")
    places = [vectors.value(f"add i64 %i, {part * wide.lanes}") for part in range(unroll)]
    loaded = [[_load(vectors, wide, index, place) for index in reads] for place in places]
    read, asked = len(vectors.lines), Lines("a")
    results = compute(vectors, wide, loaded)
    _ask(asked, wide, reads, ahead, range(0, unroll * wide.bytes, LINE_BYTES))
    vectors.lines[read:] = spread(asked.lines, vectors.lines[read:])
    for place, result in zip(places, results, strict=True):
        _store(vectors, wide, writes, place, result, hint)
    one = Kind(number, bits, 1)
    rest = Lines("o")
    (result,) = compute(rest, one, [[_load(rest, one, index, "%j") for index in reads]])
    _store(rest, one, writes, "%j", result, "")
    return "\n".join(
        [
            *([PREFETCH] if ahead else []),
            head,
            "entry:",
            "  %count = sub i64 %stop, %start",
            f"  %over = srem i64 %count, {step}",
            "  %whole = sub i64 %count, %over",
            "  %middle = add i64 %start, %whole",
            "  %any = icmp sgt i64 %whole, 0",
            "  br i1 %any, label %vectors, label %rest",
            "vectors:",
            "  %i = phi i64 [ %start, %entry ], [ %i.next, %vectors ]",
            *vectors.lines,
            f"  %i.next = add i64 %i, {step}",
            "  %more = icmp slt i64 %i.next, %middle",
            "  br i1 %more, label %vectors, label %rest, !llvm.loop !1",
            "rest:",
            "  %left = icmp slt i64 %middle, %stop",
            "  br i1 %left, label %ones, label %end",
            "ones:",
            "  %j = phi i64 [ %middle, %rest ], [ %j.next, %ones ]",
            *rest.lines,
            "  %j.next = add i64 %j, 1",
            "  %again = icmp slt i64 %j.next, %stop",
            "  br i1 %again, label %ones, label %end, !llvm.loop !1",
            "end:",
            # Other threads shall see what was stored past the caches.
            *(["  fence seq_cst"] if past_cache else []),
            "  ret void",
            "}",
            METADATA,
        ]
    )


def each_item_in_turns(
    head: str, entry: Sequence[str], item: Sequence[str], phis: Sequence[str], turn: Sequence[str], after: Sequence[str]
) -> str:
    """A function, from its `head` on, that takes each item `%k` through `%s0` turns: it reads, turns and stores.

    `phis`: what goes from turn to turn, from blocks `%item` and `%turn`.
    """
    return "\n".join(
        [
            head,
            "entry:",
            *entry,
            "  %any = icmp slt i64 %start, %stop",
            "  br i1 %any, label %item, label %done",
            "item:",
            "  %k = phi i64 [ %start, %entry ], [ %k.next, %after ]",
            *item,
            "  br label %turn",
            "turn:",
            "  %t = phi i64 [ 0, %item ], [ %t.next, %turn ]",
            *phis,
            *turn,
            "  %t.next = add i64 %t, 1",
            "  %more = icmp slt i64 %t.next, %s0",
            "  br i1 %more, label %turn, label %after, !llvm.loop !1",
            "after:",
            *after,
            "  %k.next = add i64 %k, 1",
            "  %again = icmp slt i64 %k.next, %stop",
            "  br i1 %again, label %item, label %done, !llvm.loop !1",
            "done:",
            "  ret void",
            "}",
            METADATA,
        ]
    )


def _load(lines: Lines, kind: Kind, buffer: int, place: str) -> str:
    pointer = lines.value(f"getelementptr {kind.number}, ptr %b{buffer}, i64 {place}")
    return lines.value(f"load {kind.text}, ptr {pointer}, align {kind.bytes}")


def _store(lines: Lines, kind: Kind, buffer: int, place: str, value: str, hint: str) -> None:
    pointer = lines.value(f"getelementptr {kind.number}, ptr %b{buffer}, i64 {place}")
    lines.say(f"store {kind.text} {value}, ptr {pointer}, align {kind.bytes}{hint}")


def _ask(lines: Lines, wide: Kind, reads: Sequence[int], ahead: Mapping[int, int], begins: Iterable[int]) -> None:
    """Ask for lines that later passes read of these arrays, by where in a pass they begin; see `each_item`."""
    for begin in begins:
        for ahead_bytes, nearness in ahead.items():
            later = lines.value(f"add i64 %i, {8 * (ahead_bytes + begin) // wide.bits}")
            for index in reads:
                place = lines.value(f"getelementptr {wide.number}, ptr %b{index}, i64 {later}")
                lines.say(f"call void @llvm.prefetch(ptr {place}, i32 0, i32 {nearness}, i32 1)")


def each_block(symbol: str, numbers: int, unroll: int = UNROLL, ahead: Mapping[int, int] = NOTHING_AHEAD) -> str:
    """A function that adds to each number of the first array the products of a block of so many of the other two.

    `ahead`: see `each_item`.
    """
    wide = Kind("double", 64, register_bits() // 64)
    step = wide.lanes * unroll
    body, end = Lines("v"), Lines("e")
    sums = []
    for part in range(unroll):
        # Line by line, for the reason that `each_item` has.
        _ask(body, wide, (1, 2), ahead, [] if part * wide.bytes % LINE_BYTES else [part * wide.bytes])
        place = body.value(f"add i64 %i, {part * wide.lanes}")
        one, other = _load(body, wide, 1, place), _load(body, wide, 2, place)
        product = body.value(f"fmul contract {wide.text} {one}, {other}")
        sums.append(body.value(f"fadd contract {wide.text} %sum{part}, {product}"))
    total = sums[0]
    for other in sums[1:]:
        total = end.value(f"fadd {wide.text} {total}, {other}")
    # Whole numbers small enough: their sum is exact in any order.
    added = end.value(f"call reassoc double @llvm.vector.reduce.fadd.v{wide.lanes}f64(double 0.0, {wide.text} {total})")
    return "\n".join(
        [
            *([PREFETCH] if ahead else []),
            f"declare double @llvm.vector.reduce.fadd.v{wide.lanes}f64(double, {wide.text})",
            f"define void @{symbol}(ptr noalias %b0, ptr noalias %b1, ptr noalias %b2, i64 %start, i64 %stop) "
            f"{ATTRIBUTES} {{",
            "entry:",
            "  %any = icmp slt i64 %start, %stop",
            "  br i1 %any, label %block, label %end",
            "block:",
            "  %k = phi i64 [ %start, %entry ], [ %k.next, %done ]",
            f"  %first = mul i64 %k, {numbers}",
            f"  %last = add i64 %first, {numbers}",
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [ %first, %block ], [ %i.next, %loop ]",
            *(
                f"  %sum{part} = phi {wide.text} [ zeroinitializer, %block ], [ {sums[part]}, %loop ]"
                for part in range(unroll)
            ),
            *body.lines,
            f"  %i.next = add i64 %i, {step}",
            "  %more = icmp slt i64 %i.next, %last",
            "  br i1 %more, label %loop, label %done, !llvm.loop !1",
            "done:",
            *end.lines,
            "  %place = getelementptr double, ptr %b0, i64 %k",
            "  %before = load double, ptr %place, align 8",
            f"  %after = fadd double %before, {added}",
            "  store double %after, ptr %place, align 8",
            "  %k.next = add i64 %k, 1",
            "  %again = icmp slt i64 %k.next, %stop",
            "  br i1 %again, label %block, label %end, !llvm.loop !1",
            "end:",
            "  ret void",
            "}",
            METADATA,
        ]
    )
