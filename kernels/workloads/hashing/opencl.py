"""From a hash's graph to OpenCL C: a work-item hashes some vectors of nonces, one nonce a lane.

The kernel is `scan(job, results, first, count, room)`: work-item g takes the nonces first + g·PER·WIDTH … of which
those below first + count count. `results` (see `layout`) is shared by all of them and changed by atomic operations. No
built-in function takes or gives a vector: on some CPU runtimes such a call is slow, wrong, or the compiler's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...device import DeviceInfo, Source
from ...graph.lower import CHI3, CHOOSE3, MAJORITY3, XOR3, Program
from ...graph.nodes import Depends, Node, Op
from .header_graph import NONCE_BITS, HeaderGraph, early_in_order
from .kernel import BUFFER_TYPES, HashKernel, job_bytes
from .layout import FIRST_NONCE, HITS, XOR
from .llvm import has_ternary_logic
from .opencl_streams import items_of, operation_mix, streams_of

ENTRY = "scan"
WORDS = {32: "uint", 64: "ulong"}
SUFFIXES = {32: "u", 64: "ul"}
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
# Of a launch. With the fewer an H200 waited for the host, between launches, for a third of the time.
MOST_ITEMS = {"gpu": 1 << 24, "cpu": 1 << 20}


@dataclass(frozen=True)
class Form:
    """Nonces a vector, and whether a rotation is the built-in function or two shifts.

    `looped`: the rounds in the middle are a loop.
    """

    width: int
    rotate: bool
    looped: bool = False

    @property
    def name(self) -> str:
        """As kernels are called."""
        return f"x{self.width}_{'rotate' if self.rotate else 'shift'}{'_looped' if self.looped else ''}"


def forms(graph: HeaderGraph, info: DeviceInfo) -> list[Form]:
    """What races on a device, the likeliest first.

    A hash that can be a loop of rounds races as one, too. CPUs whose logic takes two words only need it (see
    `llvm.forms`), so that there it races as nothing else: to compile its rounds in a row takes most compilers long.
    """
    has_rounds = graph.rounds is not None
    if info.simulator or info.kind == "gpu":
        in_a_row = Form(1, rotate=True)
        likely = [in_a_row, replace(in_a_row, looped=True)] if has_rounds else [in_a_row]
        # Oclgrind knows no funnel shifts, which its compiler makes of two shifts.
        return likely if info.simulator else [*likely, Form(1, rotate=False)]
    wide = Form(WIDEST_BITS // graph.bits, rotate=False)
    if has_rounds and has_ternary_logic():
        return [wide, replace(wide, looped=True)]
    return [replace(form, looped=has_rounds) for form in (wide, replace(wide, width=wide.width // 2))]


def kernels(graph: HeaderGraph, info: DeviceInfo) -> list[HashKernel]:
    """The hash's kernels on a device, likeliest first."""
    return [kernel_of(graph, form, info) for form in forms(graph, info)]


def kernel_of(graph: HeaderGraph, form: Form, info: DeviceInfo) -> HashKernel:
    """The kernel of one form."""
    vectors = VECTORS_AN_ITEM["gpu" if info.kind == "gpu" else "cpu"]
    # Of all the vectors of an item.
    mix = {name: vectors * count for name, count in operation_mix(_operations(graph, form)).items()}
    items, group = items_of(info)
    return HashKernel(
        name=form.name,
        source=Source("opencl", scan_source(graph, form, vectors), ENTRY, BUFFER_TYPES),
        nonces_an_item=form.width * vectors,
        job_bytes=partial(job_bytes, graph, job_program(graph, form)),
        most_items=MOST_ITEMS["gpu" if info.kind == "gpu" else "cpu"],
        item_grain=1 if info.simulator else ITEM_GRAIN,
        mix=mix,
        streams=streams_of(mix, word_macros(graph.bits, form.width, form.rotate)),
        stream_items=items,
        stream_grain=group,
    )


def _operations(graph: HeaderGraph, form: Form) -> list[Node]:
    programs = graph.round_programs if form.looped else graph.program
    return programs(three_operand_logic=True).operations()


def scan_source(graph: HeaderGraph, form: Form, vectors: int) -> str:
    """The OpenCL C source of a hash's kernel."""
    program = job_program(graph, form)
    word = WORDS[graph.bits]
    inputs = program.early_inputs()
    loads = [
        f"    const {word} {inputs[node].name} = job[{at + 1}];" for at, node in enumerate(early_in_order(program))
    ]
    head, body, last = _looped(graph) if form.looped else ([], _assigned(program), operand(program.outputs[0]))
    return "\n".join(
        [
            f"/* {graph.name} of a block header: the last word of many nonces' digests. */",
            *word_macros(graph.bits, form.width, form.rotate),
            f"__kernel void {ENTRY}(__global const {word} *job, __global volatile uint *results, const long first,",
            "    const long count, const long room)",
            "{",
            *head,
            *loads,
            "    word checksum = SPLAT(0);",
            f"    for (uint vector = 0u; vector < {vectors}u; vector++) {{",
            f"        const long offset = ((long)get_global_id(0) * {vectors} + vector) * {form.width};",
            "        if (offset >= count)",
            "            break;",
            f"        const word nonce = (SPLAT(first + offset) + LANES) << {graph.bits - NONCE_BITS}u;",
            *body,
            f"        COLLECT({last});",
            "    }",
            f"    atomic_xor(&results[{XOR}], (uint)(FOLD(checksum) >> {graph.bits - NONCE_BITS}u));",
            "}",
            "",
        ]
    )


def job_program(graph: HeaderGraph, form: Form) -> Program:
    """What reads the job: the whole hash, or what stands before the loop."""
    return graph.round_programs(three_operand_logic=True).before if form.looped else graph.program(True)


def _looped(graph: HeaderGraph) -> tuple[list[str], list[str], str]:
    """The constants, the statements of a hash whose rounds are a loop, and the last word."""
    rounds, programs = graph.rounds, graph.round_programs(three_operand_logic=True)
    assert rounds is not None
    word, suffix = WORDS[graph.bits], SUFFIXES[graph.bits]
    columns = len(rounds.constants[0])
    table = ", ".join(f"{constant:#x}{suffix}" for row in rounds.constants for constant in row)
    names = [f"word{index}" for index in range(len(rounds.before))]
    # Constants have the names that the program has for what is known early.
    places = {f"constant{column}": column for column in range(columns)}
    known = [
        f"const {word} {given.name} = constants[pass * {columns}u + {places[node.name]}u];"
        for node, given in programs.again.early_inputs().items()
    ]
    head = [f"    __constant {word} constants[{columns * programs.passes}] = {{{table}}};"]
    body = [
        f"        word {', '.join(names)};",
        "        {",
        *_assigned(programs.before, "    ", names),
        "        }",
        # Less code is what the loop is for.
        "#pragma unroll 1",
        f"        for (uint pass = 0u; pass < {programs.passes}u; pass++) {{",
        *(f"            {line}" for line in known),
        *_assigned(programs.again, "    ", names),
        "        }",
        *_assigned(programs.after),
    ]
    return head, body, operand(programs.after.outputs[0])


def _assigned(program: Program, indent: str = "", names: Sequence[str] = ()) -> list[str]:
    """A program's statements; its results go to variables of these names, once all are known."""
    results = zip(names, program.outputs, strict=False)
    return [
        *(f"{indent}        const word v{node.number} = {expression(node)};" for node in program.operations()),
        *(f"{indent}        {name} = {operand(node)};" for name, node in results),
    ]


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
        return f"SPLAT({node.immediate:#x}{SUFFIXES[node.bits]})"
    if node.op is not Op.INPUT:
        return f"v{node.number}"
    # What depends on the nonce is a vector already.
    return node.name if Depends.NONCE in node.depends else f"SPLAT({node.name})"
