"""The loops around a kernel's body, written once: what every scan and every micro-benchmark has in common.

Every function that is emitted for a CPU has this form:

    i64 @NAME(ptr job, i32 first, i32 batches, i32 partial, i32 prefixes, ptr records)

A *scan* hashes the nonces first … first + batches·lanes − 1, then `partial` more (0 … lanes − 1), and
each of them with every prefix of the job:

* `job`: 32-bit words; the first is the filter mask, the rest is the emitter's own affair.
* Where no bit of the filter mask is set in H7 it writes a record of three words: the batch's first
  nonce, the prefix's index, the lanes as a bit mask. `records` needs room for one per batch and prefix.
* It returns records written · 2³² + the XOR of every H7.

A body may be a pipeline that gives the H7 of an earlier pass (`delay` passes before): the loop then
runs so many passes more, and keeps for each pass under way which nonces, prefix and lanes it was for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

RECORD_WORDS = 3
PARAMETERS = "ptr noalias readonly %job, i32 %first, i32 %batches, i32 %partial, i32 %prefixes, ptr noalias %records"

# Job and records never overlap; a hit is rare; a micro-benchmark unrolled would show LLVM operations it can join.
METADATA = """\
!0 = !{!"branch_weights", i32 1, i32 1000000}
!1 = distinct !{!1}
!2 = !{!4}
!3 = !{!5}
!4 = distinct !{!4, !1}
!5 = distinct !{!5, !1}
!6 = distinct !{!6, !7}
!7 = !{!"llvm.loop.unroll.disable"}
"""
JOB_ACCESS, RECORD_ACCESS = "!alias.scope !2, !noalias !3", "!alias.scope !3, !noalias !2"


@dataclass(frozen=True)
class Carried:
    """A value that one pass of a loop hands to the next: its type, what it is at first, and the next pass's value."""

    name: str
    kind: str
    first: str
    next: str

    def phi(self, entry: str, latch: str) -> str:
        """The instruction that picks it up."""
        return f"  %{self.name} = phi {self.kind} [ {self.first}, %{entry} ], [ {self.next}, %{latch} ]"


@dataclass(frozen=True)
class Scan:
    """A kernel's body and what it needs around it, in LLVM IR.

    `body` reads `%n` (the batch's lowest nonce), `%left` (passes left, this one included) and in a rolled
    kernel `%row` (`row_words` words from `job` for each prefix before), and defines the vector `h7`, a lane
    for each nonce. `entry` runs once, `shared` once a batch. `carried`: what one pass hands to the next.
    """

    name: str
    lanes: int
    rolled: bool
    attributes: str
    body: str
    h7: str
    entry: str = ""
    shared: str = ""
    globals: str = ""
    declarations: Iterable[str] = field(default_factory=tuple)
    row_words: int = 0
    delay: int = 0
    carried: Sequence[Carried] = ()


def lane_numbers(lanes: int, bits: int = 32) -> str:
    """The constant vector 0, 1, 2, …"""
    return f"<{', '.join(f'i{bits} {lane}' for lane in range(lanes))}>"


def splat(name: str, vector: str, word: str) -> str:
    """Instructions that define the vector `%name` with `word` in each lane."""
    lanes, kind = vector.strip("<>").split(" x ")
    return (
        f"  %{name}.lane = insertelement {vector} poison, {kind} {word}, i32 0\n"
        f"  %{name} = shufflevector {vector} %{name}.lane, {vector} poison, <{lanes} x i32> zeroinitializer"
    )


def nonce_words(lanes: int) -> str:
    """Instructions that define `%nonce`: header word 19 of the batch's nonces."""
    vector = f"<{lanes} x i32>"
    # Headers hold the nonce little-endian, SHA-256 reads big-endian.
    return (
        f"{splat('n.all', vector, '%n')}\n"
        f"  %nonces = add {vector} %n.all, {lane_numbers(lanes)}\n"
        f"  %nonce = call {vector} @llvm.bswap.v{lanes}i32({vector} %nonces)"
    )


def scan_function(scan: Scan) -> str:
    """The LLVM IR module of a scan."""
    lanes, vector = scan.lanes, f"<{scan.lanes} x i32>"
    declarations = {
        *scan.declarations,
        f"declare {vector} @llvm.bswap.v{lanes}i32({vector})",
        f"declare i32 @llvm.vector.reduce.xor.v{lanes}i32({vector})",
    }
    carried = [
        Carried("checksum", vector, "zeroinitializer", "%checksum.next"),
        Carried("hits", "i32", "0", "%hits.next"),
        Carried("left", "i64", "%passes", "%left.next"),
        *_under_way(scan),
        *scan.carried,
    ]
    batch = [Carried("i", "i32", "0", "%i.next"), Carried("n", "i32", "%first", "%n.next")]
    outer = ".batch" if scan.rolled else ""
    latch = "batch.end" if scan.rolled else "lane.end"
    batch += [Carried(each.name + outer, each.kind, each.first, each.next) for each in carried]
    inner = [Carried(each.name, each.kind, f"%{each.name}.batch", each.next) for each in carried]
    return f"""\
; SHA-256d nonce scan, {lanes} lanes{", version-rolled" if scan.rolled else ""}
{"".join(f"{line}{chr(10)}" for line in sorted(declarations))}{scan.globals}
; Spilled vectors must not straddle cache lines (6 % slower): the frame is realigned, which takes a frame pointer.
define i64 @{scan.name}({PARAMETERS})
    nounwind noinline "frame-pointer"="all" "stackrealign" {scan.attributes} {{
entry:
  %has.partial = icmp ne i32 %partial, 0
  %more = zext i1 %has.partial to i32
  %total = add i32 %batches, %more
  %total.wide = zext i32 %total to i64
  %prefixes.wide = zext i32 {"%prefixes" if scan.rolled else "1"} to i64
  %wanted = mul i64 %total.wide, %prefixes.wide
  %passes = add i64 %wanted, {scan.delay}
  %nothing = icmp eq i64 %wanted, 0
  %actives = alloca [3 x [64 x i8]], align 64
  store {vector} zeroinitializer, ptr %actives, align 64
  %active.full = getelementptr [64 x i8], ptr %actives, i64 1
  store {vector} splat (i32 -1), ptr %active.full, align 64
{splat("partial.all", vector, "%partial")}
  %in.partial = icmp ult {vector} {lane_numbers(lanes)}, %partial.all
  %partial.active = sext <{lanes} x i1> %in.partial to {vector}
  %active.partial = getelementptr [64 x i8], ptr %actives, i64 2
  store {vector} %partial.active, ptr %active.partial, align 64
  %filter.word = load i32, ptr %job, {JOB_ACCESS}
{splat("filter", vector, "%filter.word")}
{scan.entry}
  br i1 %nothing, label %empty, label %batch
empty:
  ret i64 0
batch:
{_phis(batch, "entry", latch)}
  %is.full = icmp ult i32 %i, %batches
  %is.batch = icmp ult i32 %i, %total
  %short = select i1 %is.batch, i32 2, i32 0
  %lanes.now = select i1 %is.full, i32 1, i32 %short
{scan.shared}
{_prefix_loop(scan, inner) if scan.rolled else ""}
{scan.body}
{_collect(scan)}
{_next_pass(scan)}
finish:
  %xor = call i32 @llvm.vector.reduce.xor.v{lanes}i32({vector} %checksum.next)
  %low = zext i32 %xor to i64
  %count = zext i32 %hits.next to i64
  %high = shl i64 %count, 32
  %answer = or i64 %high, %low
  ret i64 %answer
}}
{METADATA}"""


def _phis(carried: Iterable[Carried], entry: str, latch: str) -> str:
    return "\n".join(each.phi(entry, latch) for each in carried)


def _under_way(scan: Scan) -> list[Carried]:
    # For each pass that has begun and not ended: its nonce, its prefix, and which lanes count.
    out = []
    for age in range(1, scan.delay + 1):
        for name, current, unused in (("n", "%n", "0"), ("m", "%m" if scan.rolled else "0", "0"), ("lanes", None, "0")):
            before = f"%{name}.{age - 1}" if age > 1 else (current or "%lanes.now")
            out.append(Carried(f"{name}.{age}", "i32", unused, before))
    return out


def _prefix_loop(scan: Scan, inner: Sequence[Carried]) -> str:
    return f"""\
  br label %prefix
prefix:
  %m = phi i32 [ 0, %batch ], [ %m.next, %lane.end ]
{_phis(inner, "batch", "lane.end")}
  %m.wide = zext i32 %m to i64
  %row.offset = mul i64 %m.wide, {scan.row_words}
  %row = getelementptr i32, ptr %job, i64 %row.offset"""


def _collect(scan: Scan) -> str:
    lanes, vector = scan.lanes, f"<{scan.lanes} x i32>"
    nonce, prefix, counted = "%n", "%m" if scan.rolled else "0", "%lanes.now"
    if scan.delay:
        nonce, prefix, counted = (f"%{name}.{scan.delay}" for name in ("n", "m", "lanes"))
    return f"""\
  %active.index = zext i32 {counted} to i64
  %active.at = getelementptr [64 x i8], ptr %actives, i64 %active.index
  %active = load {vector}, ptr %active.at, align 64
  %counted = and {vector} {scan.h7}, %active
  %checksum.next = xor {vector} %checksum, %counted
  %filtered = and {vector} {scan.h7}, %filter
  %below = icmp eq {vector} %filtered, zeroinitializer
  %is.active = icmp ne {vector} %active, zeroinitializer
  %passing = and <{lanes} x i1> %below, %is.active
  %lane.bits = bitcast <{lanes} x i1> %passing to i{lanes}
  %hit = icmp ne i{lanes} %lane.bits, 0
  br i1 %hit, label %record, label %lane.end, !prof !0
record:
  %bits = zext i{lanes} %lane.bits to i32
  %hits.wide = zext i32 %hits to i64
  %record.offset = mul i64 %hits.wide, {RECORD_WORDS}
  %record.at = getelementptr i32, ptr %records, i64 %record.offset
  %record.prefix = getelementptr i32, ptr %record.at, i64 1
  %record.lanes = getelementptr i32, ptr %record.at, i64 2
  store i32 {nonce}, ptr %record.at, {RECORD_ACCESS}
  store i32 {prefix}, ptr %record.prefix, {RECORD_ACCESS}
  store i32 %bits, ptr %record.lanes, {RECORD_ACCESS}
  %hits.more = add i32 %hits, 1
  br label %lane.end
lane.end:
  %hits.next = phi i32 [ %hits, %{"prefix" if scan.rolled else "batch"} ], [ %hits.more, %record ]
  %left.next = sub i64 %left, 1
  %done = icmp eq i64 %left.next, 0"""


def _next_pass(scan: Scan) -> str:
    step = f"""\
  %i.next = add i32 %i, 1
  %n.next = add i32 %n, {scan.lanes}"""
    if not scan.rolled:
        return f"{step}\n  br i1 %done, label %finish, label %batch"
    return f"""\
  %m.next = add i32 %m, 1
  %prefixes.done = icmp uge i32 %m.next, %prefixes
  %leave = or i1 %done, %prefixes.done
  br i1 %leave, label %batch.end, label %prefix
batch.end:
{step}
  br i1 %done, label %finish, label %batch"""


def counted_loop(
    name: str,
    attributes: str,
    declarations: Iterable[str],
    entry: str,
    carried: Sequence[Carried],
    body: str,
    end: str,
    answer: int,
) -> str:
    """A function of the same form that runs `body` `batches` times; it returns `answer` for each of them, summed."""
    return f"""\
{"".join(f"{line}{chr(10)}" for line in sorted(declarations))}
define i64 @{name}({PARAMETERS})
    nounwind noinline {attributes} {{
entry:
{entry}
  br label %loop
loop:
{_phis([Carried("i", "i32", "0", "%i.next"), *carried], "entry", "loop")}
{body}
  %i.next = add i32 %i, 1
  %done = icmp uge i32 %i.next, %batches
  br i1 %done, label %finish, label %loop, !llvm.loop !6
finish:
{end}
  %count = zext i32 %i.next to i64
  %answer = mul i64 %count, {answer}
  ret i64 %answer
}}
{METADATA}"""
