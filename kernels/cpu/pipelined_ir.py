"""Two batches at once: the first hash of one beside the second hash of the batch before.

A hash is a long chain: each of its rounds waits for the one before. Where a core has more ports than
one chain can fill (AMD Zen 5: four of 512 bits, and every result comes a cycle late), a second chain
must run beside it. Two whole batches in one loop would not fit the cache of decoded instructions;
but the two hashes of a header are a chain each, too:

    pass      i−1         i           i+1
    batch i               first hash  second hash → H7
    batch i−1 first hash  second hash → H7

Both are ordered together, instruction by instruction, and keep their registers between them; the
message schedules lie in memory, where the instructions that need them read them. LLVM has neither the
order nor the registers for that (it would spill the wrong ones), so the body is assembly of our own;
the loop, the records and the frame are LLVM's (`skeleton`).
"""

from __future__ import annotations

from functools import cache

from ..job import Job
from ..sha256.graph import Binding, Node, Op
from ..sha256.lower import Program, lower
from ..sha256.mining import hash_stages
from ..sha256.schedule import Ports, schedule
from . import vector_ir
from .assembly.inline import VECTOR_REGISTERS, inline_assembly
from .assembly.instructions import Memory, Operand, Value
from .assembly.registers import RegisterFile, allocate
from .assembly.select import Constants, select
from .skeleton import Carried, Scan, nonce_words, scan_function
from .vector_ir import Body, VectorTarget

LANES = 16
WIDTH = 4 * LANES
DIGEST_WORDS = 8
# What each machine register points to: the job, constants, spilled values, the nonces and H7, the digests
# to read and those to write, the prefix's row, and what all prefixes share.
JOB, CONSTANTS, SPILLS, ENDS, DIGESTS_IN, DIGESTS_OUT, ROW, SHARED = "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11"


@cache
def stages() -> tuple[Program, Program]:
    """The first hash's eight words, and H7 from them, in AVX-512's operations."""
    graphs = hash_stages()
    return lower(graphs.first, True, True), lower(graphs.second[7:], True, True)


def job_words(job: Job) -> list[int]:
    """The words that the kernel reads as its `job`."""
    return vector_ir.job_words(stages()[0], job)


def emit(name: str, ports: Ports, attributes: str, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    first, second = stages()
    body = Body(first, VectorTarget(LANES, x86_ternary=True, ports=ports, attributes=attributes))
    operations = first.operations()
    shared_values: list[Node] = []
    entry = ""
    if rolled:
        of_prefix = [node for node in operations if node.binding is not Binding.BATCH]
        body.load_inputs([node for node in first.early if node.binding is Binding.JOB], "%job")
        entry = body.take()
        body.lines.append(nonce_words(LANES))
        body.emit(schedule([node for node in operations if node.binding is Binding.BATCH], ports))
        shared_values = body.store_shared(of_prefix)
        operations = of_prefix
    else:
        body.lines.append(nonce_words(LANES))
    body.lines.append(f"  store {body.vector} %nonce, ptr %ends, align {WIDTH}")
    before = body.take()

    constants = Constants(CONSTANTS)
    inputs = _inputs(first, body, shared_values, rolled)
    inputs |= {node: Value(Memory(DIGESTS_IN, WIDTH * index)) for index, node in enumerate(_digest(second))}
    outputs = {word: Memory(DIGESTS_OUT, WIDTH * index) for index, word in enumerate(first.outputs)}
    outputs[second.outputs[0]] = Memory(ENDS, WIDTH)
    order = schedule([*operations, *second.operations()], ports)
    allocated = allocate(
        select(order, inputs, constants, outputs),
        RegisterFile([f"zmm{index}" for index in range(VECTOR_REGISTERS)], LANES, spills=SPILLS),
    )
    pointers = {
        JOB: "%job",
        CONSTANTS: "@constants",
        SPILLS: "%spills",
        ENDS: "%ends",
        DIGESTS_IN: "%digests.in",
        DIGESTS_OUT: "%digests.out",
    }
    if rolled:
        pointers |= {ROW: "%row", SHARED: "%scratch"}
    assembly = inline_assembly((line for lines in allocated.lines for line in lines), pointers, VECTOR_REGISTERS)
    vector = body.vector
    text = f"""\
{"" if rolled else before}
{assembly}
  %h7.at = getelementptr {vector}, ptr %ends, i64 1
  %h7 = load {vector}, ptr %h7.at, align {WIDTH}"""
    room = {
        "spills": allocated.spills,
        "ends": 2,
        "digests": 2 * DIGEST_WORDS,
        "scratch": len(shared_values),
    }
    allocas = "".join(
        f"  %{name} = alloca [{max(1, count)} x {vector}], align {WIDTH}\n" for name, count in room.items()
    )
    return scan_function(
        Scan(
            name=name,
            lanes=LANES,
            rolled=rolled,
            attributes=attributes,
            body=text,
            h7="%h7",
            entry=f"{allocas}  %digests.second = getelementptr {vector}, ptr %digests, i64 {DIGEST_WORDS}\n{entry}",
            shared=before if rolled else "",
            globals=constants.declaration("constants"),
            declarations=body.declarations,
            row_words=body.row_words,
            delay=1,
            carried=(
                Carried("digests.in", "ptr", "%digests", "%digests.out"),
                Carried("digests.out", "ptr", "%digests.second", "%digests.in"),
            ),
        )
    )


def _inputs(first: Program, body: Body, shared: list[Node], rolled: bool) -> dict[Node, Operand]:
    # Where the first hash's operands are: words of the job in every lane, and vectors at their place in memory.
    out: dict[Node, Operand] = {}
    for early, node in first.early_inputs().items():
        pointer = ROW if rolled and early.binding > Binding.JOB else JOB
        out[node] = Memory(pointer, 4 * body.index[early], broadcast=True)
    for node in first.nodes():
        if node.op is Op.INPUT and node.name == "nonce":
            out[node] = Value(Memory(ENDS, 0))
    return out | {node: Value(Memory(SHARED, WIDTH * slot)) for slot, node in enumerate(shared)}


def _digest(second: Program) -> list[Node]:
    inputs = {node.name: node for node in second.nodes() if node.op is Op.INPUT}
    return [inputs[f"digest{index}"] for index in range(DIGEST_WORDS)]
