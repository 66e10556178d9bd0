"""From a hash's graph to OpenCL C: a work-item hashes some vectors of nonces, one nonce a lane.

The kernel is `scan(job, results, first, count, room)`: work-item g takes the nonces first + g·PER·WIDTH … of which
those below first + count count. `results` (see `layout`) is shared by all of them and changed by atomic operations. No
built-in function takes or gives a vector: on some CPU runtimes such a call is slow, wrong, or the compiler's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ...device import DeviceInfo, Source
from ...graph.lower import CHI3, CHOOSE3, MAJORITY3, XOR3
from ...graph.nodes import Node, Op
from .header_graph import NONCE_BITS, HeaderGraph, early_in_order
from .kernel import BUFFER_TYPES, HashKernel, job_bytes
from .layout import FIRST_NONCE, HITS, XOR
from .opencl_streams import items_of, operation_mix, streams_of

ENTRY = "scan"
WORDS = {32: "uint", 64: "ulong"}
OPERATORS = {Op.ADD: "+", Op.XOR: "^", Op.AND: "&"}
LOGIC = {
    XOR3: "({0} ^ {1} ^ {2})",
    CHI3: "({0} ^ (~{1} & {2}))",
    CHOOSE3: "({2} ^ ({0} & ({1} ^ {2})))",
    MAJORITY3: "(({0} & {1}) | ({2} & ({0} | {1})))",
}
# A vector of at most so many bits: wider ones cross the ABI of some CPU runtimes.
WIDEST_BITS = 256
VECTORS_AN_ITEM = {"gpu": 64, "cpu": 16}
# Always the same number of work-items in a group: some runtimes compile anew for each other number.
ITEM_GRAIN = 256


@dataclass(frozen=True)
class Form:
    """Nonces a vector, and whether a rotation is the built-in function or two shifts."""

    width: int
    rotate: bool

    @property
    def name(self) -> str:
        """As kernels are called."""
        return f"x{self.width}_{'rotate' if self.rotate else 'shift'}"


def forms(info: DeviceInfo, bits: int) -> list[Form]:
    """What races on a device, the likeliest first."""
    if info.simulator:
        # Oclgrind knows no funnel shifts, which its compiler makes of two shifts.
        return [Form(1, rotate=True)]
    if info.kind == "gpu":
        return [Form(1, rotate=True), Form(1, rotate=False)]
    return [Form(WIDEST_BITS // bits, rotate=False), Form(WIDEST_BITS // bits // 2, rotate=False)]


def kernels(graph: HeaderGraph, info: DeviceInfo) -> list[HashKernel]:
    """The hash's kernels on a device, likeliest first."""
    kind = "gpu" if info.kind == "gpu" else "cpu"
    program = graph.program(three_operand_logic=True)
    vectors = VECTORS_AN_ITEM[kind]
    # Of all the vectors of an item.
    mix = {name: vectors * count for name, count in operation_mix(program).items()}
    items, group = items_of(info)
    return [
        HashKernel(
            name=form.name,
            source=Source("opencl", scan_source(graph, form, vectors), ENTRY, BUFFER_TYPES),
            nonces_an_item=form.width * vectors,
            job_bytes=partial(job_bytes, graph, program),
            item_grain=1 if info.simulator else ITEM_GRAIN,
            mix=mix,
            streams=streams_of(mix, word_macros(graph.bits, form.width, form.rotate)),
            stream_items=items,
            stream_grain=group,
        )
        for form in forms(info, graph.bits)
    ]


def scan_source(graph: HeaderGraph, form: Form, vectors: int) -> str:
    """The OpenCL C source of a hash's kernel."""
    program = graph.program(three_operand_logic=True)
    word = WORDS[graph.bits]
    inputs = program.early_inputs()
    loads = [
        f"    const {word} {inputs[node].name} = job[{at + 1}];" for at, node in enumerate(early_in_order(program))
    ]
    body = [f"        const word v{node.number} = {expression(node)};" for node in program.operations()]
    return "\n".join(
        [
            f"/* {graph.name} of a block header: the last word of many nonces' digests. */",
            *word_macros(graph.bits, form.width, form.rotate),
            f"__kernel void {ENTRY}(__global const {word} *job, __global volatile uint *results, const long first,",
            "    const long count, const long room)",
            "{",
            *loads,
            "    word checksum = SPLAT(0);",
            f"    for (uint vector = 0u; vector < {vectors}u; vector++) {{",
            f"        const long offset = ((long)get_global_id(0) * {vectors} + vector) * {form.width};",
            "        if (offset >= count)",
            "            break;",
            f"        const word nonce = (SPLAT(first + offset) + LANES) << {graph.bits - NONCE_BITS}u;",
            *body,
            f"        COLLECT({operand(program.outputs[0])});",
            "    }",
            f"    atomic_xor(&results[{XOR}], (uint)(FOLD(checksum) >> {graph.bits - NONCE_BITS}u));",
            "}",
            "",
        ]
    )


def word_macros(bits: int, width: int, rotate: bool = False) -> list[str]:
    """The type `word`, a vector of nonces' words, and what is done with it."""
    word, vector = WORDS[bits], WORDS[bits] + (str(width) if width > 1 else "")
    lanes = [f".s{lane:x}" for lane in range(width)] if width > 1 else [""]
    by_shifts = f"(((x) >> (n)) | ((x) << ({bits}u - (n))))"
    numbers = ", ".join(map(str, range(width)))
    return [
        f"typedef {vector} word;",
        f"#define SPLAT(x) ((word)(({word})(x)))",
        f"#define LANES ((word)({numbers}))" if width > 1 else f"#define LANES (({word})0)",
        f"#define ROTR(x, n) {f'rotate(x, SPLAT({bits}u - (n)))' if rotate else by_shifts}",
        f"#define FOLD(x) ({' ^ '.join(f'(x){lane}' for lane in lanes)})",
        "#define COLLECT(last) do { \\",
        f"    const {word} lasts[{width}] = {{{', '.join(f'(last){lane}' for lane in lanes)}}}; \\",
        f"    for (uint lane = 0u; lane < {width}u; lane++) {{ \\",
        "        if (offset + lane >= count) break; \\",
        f"        {_element('checksum', width)} ^= lasts[lane]; \\",
        "        if ((lasts[lane] & job[0]) == 0) { \\",
        f"            const uint hit = atomic_inc(&results[{HITS}]); \\",
        f"            if (hit < (uint)room) results[{FIRST_NONCE} + hit] = (uint)(first + offset + lane); \\",
        "        } \\",
        "    } \\",
        "} while (0)",
    ]


def _element(name: str, width: int) -> str:
    return f"{name}.s0" if width > 1 else name


def expression(node: Node) -> str:
    """An operation of a lowered graph in OpenCL C."""
    args = [operand(arg) for arg in node.args]
    match node.op:
        case Op.ADD | Op.XOR | Op.AND:
            return f"{args[0]} {OPERATORS[node.op]} {args[1]}"
        case Op.ANDNOT:
            return f"~{args[0]} & {args[1]}"
        case Op.ROTR:
            return f"ROTR({args[0]}, {node.immediate}u)"
        case Op.SHR:
            return f"{args[0]} >> {node.immediate}u"
        case Op.TERNARY:
            return LOGIC[node.immediate].format(*args)
    raise ValueError(f"{node.op} is not an operation of a lowered graph")


def operand(node: Node) -> str:
    """A node's value; a constant as a word, whose type no vector mistakes."""
    if node.op is Op.CONSTANT:
        return f"SPLAT({node.immediate:#x}{'ul' if node.bits == 64 else 'u'})"
    return (
        node.name
        if node.op is Op.INPUT and node.name == "nonce"
        else (f"SPLAT({node.name})" if node.op is Op.INPUT else f"v{node.number}")
    )
