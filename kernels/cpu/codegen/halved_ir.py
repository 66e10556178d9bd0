"""The same operations as `vector_ir`, in two loops instead of one: half a double hash for BLOCK batches, then the rest.

Where an instruction set needs many instructions (AVX2 has neither rotates nor three-operand logic), the loop
is longer than a core's caches of instructions, and fetching and decoding it takes longer than doing it. Half of
it fits. What the first half leaves to the second waits in memory: at the narrowest place there are some
fourteen vectors, which is little beside some thousand operations.

    pass        0                    1           2          …   BLOCK
    first half  of batches 0 … B−1                              of batches B … 2B−1
    the rest    of batch 0           of batch 1  of batch 2 …   of batch B

In a version-rolled kernel a pass is a prefix of a batch, and blocks are of prefixes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.halves import narrowest
from ...graph.lower import Program
from ...graph.nodes import Binding, Node
from ...graph.schedule import schedule
from .skeleton import Carried, Scan, nonce_words, scan_function
from .vector_ir import Body, VectorTarget

# A power of two: what waits (some 14 KB) must leave room in the first cache. 16 are 1 % slower on a Zen 4, 64 alike.
BLOCK = 32


def emit(name: str, program: Program, target: VectorTarget, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    body = Body(program, target)
    operations = program.operations()
    entry, shared, kept = "", "", []
    if rolled:
        batch = [node for node in operations if node.binding is Binding.BATCH]
        operations = [node for node in operations if node.binding is not Binding.BATCH]
        body.load_inputs([node for node in program.early if node.binding is Binding.JOB], "%job")
        entry = body.take()
        body.lines.append(nonce_words(target.lanes))
        body.emit(schedule(batch, target.ports))
        kept = body.store_shared(operations)
        shared = body.take()
        entry = f"  %scratch = alloca [{body.shared_slots} x {body.vector}], align 64\n{entry}"
    at, waiting = narrowest(operations)
    half = _FirstHalf(program, target, rolled, kept, operations[:at], waiting)
    rows = [node for node in program.early if node.binding > Binding.JOB or not rolled]
    body.load_inputs(rows, "%row" if rolled else "%job")
    if not rolled:
        entry = body.take()
    body.lines.append(half.call(name))
    body.load_shared(kept)
    for slot, node in enumerate(waiting):
        body.lines.append(f"  %wait{slot}.at = getelementptr {body.vector}, ptr %wait.at, i64 {slot}")
        body.lines.append(f"  %wait{slot} = load {body.vector}, ptr %wait{slot}.at, align 64")
        body.values[node] = f"%wait{slot}"
    if not rolled:
        body.lines.append(nonce_words(target.lanes))
    body.emit(schedule(operations[at:], target.ports))
    return scan_function(
        Scan(
            name=name,
            lanes=target.lanes,
            rolled=rolled,
            attributes=target.attributes,
            body=body.take(),
            h7=body.operand(program.outputs[0]),
            entry=f"  %waiting = alloca [{BLOCK * len(waiting)} x {body.vector}], align 64\n{entry}",
            shared=shared,
            globals=half.function(name),
            declarations=body.declarations | half.declarations,
            row_words=body.row_words,
        )
    )


class _FirstHalf:
    """A function that does the first half for up to BLOCK passes; it returns at once where a block is under way."""

    def __init__(
        self,
        program: Program,
        target: VectorTarget,
        rolled: bool,
        kept: Sequence[Node],
        operations: Sequence[Node],
        waiting: Sequence[Node],
    ) -> None:
        self.rolled, self.target = rolled, target
        body = Body(program, target)
        self.vector, self.row_words, self.slots = body.vector, body.row_words, len(waiting)
        self.entry = ""
        if rolled:
            for slot in range(len(kept)):
                body.lines.append(f"  %shared{slot} = getelementptr {body.vector}, ptr %scratch, i64 {slot}")
            body.load_inputs([node for node in program.early if node.binding is Binding.JOB], "%job")
            self.entry = body.take()
            body.load_inputs([node for node in program.early if node.binding > Binding.JOB], "%row")
            body.load_shared(kept)
        else:
            body.load_inputs(program.early, "%job")
            self.entry = body.take()
            body.lines.append(nonce_words(target.lanes))
        body.emit(schedule(operations, target.ports))
        for slot, node in enumerate(waiting):
            body.lines.append(f"  %wait{slot}.at = getelementptr {body.vector}, ptr %wait, i64 {slot}")
            body.lines.append(f"  store {body.vector} {body.values[node]}, ptr %wait{slot}.at, align 64")
        self.body = body.take()
        self.declarations = body.declarations

    def call(self, name: str) -> str:
        """The lines that call it and find what waits for this pass: `%wait.at`."""
        row, scratch = ("%row", "%scratch") if self.rolled else ("%job", "%waiting")
        passes = (
            "  %block.left = sub i32 %prefixes, %m\n  %block.wide = zext i32 %block.left to i64"
            if self.rolled
            else "  %block.wide = add i64 %left, 0"
        )
        return f"""\
{passes}
  %turn = and i32 {"%m" if self.rolled else "%i"}, {BLOCK - 1}
  call void @{name}.half(ptr %job, ptr {row}, ptr {scratch}, ptr %waiting, i32 %n, i32 %turn, i64 %block.wide)
  %turn.wide = zext i32 %turn to i64
  %wait.at = getelementptr [{self.slots} x {self.vector}], ptr %waiting, i64 %turn.wide"""

    def function(self, name: str) -> str:
        """Its definition."""
        passing = [
            Carried("turn", "i64", "0", "%turn.next"),
            Carried("n", "i32", "%first", "%n.next"),
            Carried("row", "ptr", "%rows", "%row.next"),
            Carried("wait", "ptr", "%waiting", "%wait.next"),
        ]
        phis = "\n".join(each.phi("entry", "loop") for each in passing)
        return f"""
define internal void @{name}.half(ptr noalias readonly %job, ptr readonly %rows, ptr %scratch, ptr %waiting,
    i32 %first, i32 %under.way, i64 %left) nounwind noinline "frame-pointer"="all" "stackrealign"
    {self.target.attributes} {{
  %begun = icmp ne i32 %under.way, 0
  br i1 %begun, label %done, label %entry
entry:
  %is.short = icmp ult i64 %left, {BLOCK}
  %passes = select i1 %is.short, i64 %left, i64 {BLOCK}
{self.entry}
  br label %loop
loop:
{phis}
{self.body}
  %turn.next = add i64 %turn, 1
  %n.next = add i32 %n, {0 if self.rolled else self.target.lanes}
  %row.next = getelementptr i32, ptr %row, i64 {self.row_words if self.rolled else 0}
  %wait.next = getelementptr [{self.slots} x {self.vector}], ptr %wait, i64 1
  %ended = icmp uge i64 %turn.next, %passes
  br i1 %ended, label %done, label %loop
done:
  ret void
}}
"""
