"""scrypt in LLVM IR for this host: the kernels, and the module of each of their forms.

An item works on its vectors of hashes one after another: item i of `slots` takes the i-th part of all nonces.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...cpu.codegen.vector_ir import VectorTarget
from ...cpu.cores.features import host_architecture, host_attributes
from ...device import DeviceInfo, Source
from ..hashing.kernel import BUFFER_TYPES_WITH_FRAMES, HashKernel
from ..hashing.llvm import has_ternary_logic, scan_function
from ..hashing.streams import named, streams_of, text_of
from . import lanes
from .description import BLOCK_WORDS, JOB_WORDS, Begun, Known, begin, end, job_bytes
from .frames import INNER, LANES, OUTER, WORD_BYTES, Form, forms, operation_mix
from .llvm_rows import moves, romix
from .llvm_words import FrameWords, compress_function

ENTRY = "scan_slots"
# A slot works on so many vectors of hashes a launch.
VECTORS_A_SLOT = 16


def kernels(info: DeviceInfo) -> list[HashKernel]:
    """The kernels for this host, likeliest first; a slot for each of its threads."""
    slots = int(info.limits.get("logical_cpus") or info.compute_units or 1)
    return [
        HashKernel(
            name=form.name,
            source=Source("llvm", f"{__name__}:{form.name}", ENTRY, BUFFER_TYPES_WITH_FRAMES),
            nonces_an_item=form.lanes,
            job_bytes=job_bytes,
            frame_bytes=form.frame_bytes,
            most_items=slots,
            vectors_a_slot=VECTORS_A_SLOT,
            mix=mix_of(form),
            streams=streams_of(__name__, form.name, mix_of(form), registers()),
            grain=1,
        )
        for form in forms()
    ]


def __getattr__(name: str) -> Callable[[], str]:
    """The function that gives the text of the form of that name: a source names it."""
    wanted, kind = named(name) or (name, "")
    for form in forms():
        if form.name == wanted:
            target = VectorTarget(form.row_bits // 32, has_ternary_logic(), attributes=_attributes(form))
            if kind:
                return text_of(mix_of(form), kind, target, registers())
            return partial(module_of, form)
    raise AttributeError(name)


def mix_of(form: Form) -> dict[str, int]:
    """ROMix's operations for an item, by kind; those of SHA-256 are one in a hundred of them."""
    return lanes.operation_mix() if form.in_lanes else operation_mix(form)


def registers() -> int:
    """How many vectors a core has names for."""
    return 32 if has_ternary_logic() or host_architecture() == "aarch64" else 16


def module_of(form: Form) -> str:
    """The whole module."""
    target = VectorTarget(form.lanes, form.vector_bits == 512 and has_ternary_logic(), attributes=_attributes(form))
    writer = FrameWords(target, "%frame")
    entry = "\n".join(
        writer.load_splat(f"job{index}", "%job", index) and writer.take() for index in range(1, JOB_WORDS)
    )
    known = Known(
        [f"%job{index}" for index in range(1, 9)],
        [f"%job{index}" for index in range(9, 25)],
        [f"%job{index}" for index in range(25, 28)],
    )
    begun: Begun[str] = begin(writer, known, "%nonce")
    for place, words in ((INNER, begun.inner), (OUTER, begun.outer), (LANES, begun.block)):
        writer.store(place, words)
    calls = [
        f"  %rows = getelementptr i8, ptr %frame, i64 {form.rows_at}",
        f"  %memory = getelementptr i8, ptr %frame, i64 {form.memory_at}",
        f"  %lanes.at = getelementptr i8, ptr %frame, i64 {LANES * form.lanes * WORD_BYTES}",
    ]
    writer.lines += [*calls, *(["  call void @romix(ptr %lanes.at, ptr %memory)"] if form.in_lanes else _in_rows(form))]
    inner, outer, mixed = (writer.load(place, size) for place, size in ((INNER, 8), (OUTER, 8), (LANES, BLOCK_WORDS)))
    last = end(writer, inner, outer, mixed)
    scan = scan_function(writer.take(), last, entry, target, writer.declarations, ", ptr noalias %frame")
    attributes = target.attributes
    mixing = [lanes.romix(attributes)]
    if not form.in_lanes:
        mixing = [*(moves(form, attributes, into_rows) for into_rows in (True, False)), romix(form, attributes)]
    return "\n".join([compress_function(target), *mixing, scan, _slots(form, attributes)])


def _in_rows(form: Form) -> list[str]:
    """The calls that mix an item's hashes in rows."""
    calls = ["  call void @into.rows(ptr %lanes.at, ptr %rows)"]
    for part in range(form.lanes // form.mixed):
        at = part * form.mixed * BLOCK_WORDS * WORD_BYTES
        calls.append(f"  %rows.{part} = getelementptr i8, ptr %rows, i64 {at}")
        calls.append(f"  call void @romix(ptr %rows.{part}, ptr %memory)")
    return [*calls, "  call void @into.lanes(ptr %lanes.at, ptr %rows)"]


def _attributes(form: Form) -> str:
    # Narrow rows beside wide vectors are as the host has them.
    return host_attributes(("avx512f",) if form.vector_bits == 256 else ())


def _slots(form: Form, attributes: str) -> str:
    """The kernel: each slot's frame, and its part of the vectors."""
    parameters = (
        "ptr noalias readonly %job, ptr noalias %results, ptr noalias %frames, "
        "i64 %first, i64 %count, i64 %room, i64 %slots, i64 %start, i64 %stop"
    )
    return f"""\
define void @{ENTRY}({parameters}) nounwind {attributes} {{
entry:
  %more = add i64 %count, {form.lanes - 1}
  %vectors = udiv i64 %more, {form.lanes}
  %nothing = icmp sge i64 %start, %stop
  br i1 %nothing, label %leave, label %slot
slot:
  %i = phi i64 [ %start, %entry ], [ %i.next, %slot ]
  %i.next = add i64 %i, 1
  %begun = mul i64 %vectors, %i
  %ended = mul i64 %vectors, %i.next
  %from = udiv i64 %begun, %slots
  %until = udiv i64 %ended, %slots
  %frame.at = mul i64 %i, {form.frame_bytes}
  %frame = getelementptr i8, ptr %frames, i64 %frame.at
  call void @scan(ptr %job, ptr %results, i64 %first, i64 %count, i64 %room, i64 %from, i64 %until, ptr %frame)
  %done = icmp sge i64 %i.next, %stop
  br i1 %done, label %leave, label %slot
leave:
  ret void
}}
"""
