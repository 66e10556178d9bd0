"""From a lowered graph to OpenCL C: a kernel in which every work-item hashes a run of vectors of nonces.

The kernel is

    scan(first, count, per_item, prefixes, filter, room, results, rows, early…, two…)

* It hashes the nonces first…first + count − 1 with every prefix. Work-item g takes the vectors
  g·per_item … (g + 1)·per_item − 1, one nonce a lane; in the pipeline form there is one work-item,
  and it takes all. Lanes beyond `count` are hashed and not counted.
* `filter` has the bits of H7 that are zero in every share; a hash that passes is recorded, and the
  host decides whether it is one.
* `results` (see `layout`): how many hashes passed, the XOR of the H7 of every hash, and the records of
  the first `room` hashes that passed.
* `early…` are the values known before the nonce. With version rolling those that depend on the
  prefix come from `rows`, a row a prefix, and the message schedule is computed once for all of them.
  Kernels with wide vectors find all of them there: compilers for CPUs then make a word's load part of
  the instruction that spreads it over a vector (on PoCL 2 % faster than arguments).
* `two…` are powers of two that a compiler must not know (see `pipes`); most kernels have none.

In the halved form a work-item does the first half of BLOCK vectors, then the rest of them: two loops that fit a core's
caches of instructions, which one of AVX2's does not. What waits in between is in the work-item's own memory.

The operations have the names of FIPS 180-4 and are macros, because compilers differ in the form
that they turn into the one instruction meant (see `forms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from ...graph.halves import narrowest
from ...graph.lower import CHOOSE3, MAJORITY3, XOR3, Program, lower
from ...graph.nodes import Binding, Node, Op
from ...graph.schedule import schedule
from ...machines import machine
from ...sha256.mining import header_hash
from .dialect import OPENCL, Dialect
from .forms import logic_macros, vector_macros
from .layout import FIRST_RECORD, HITS, XOR_H7
from .pipes import Assigned, argument, assign, multiplied_form
from .variant import Variant

KERNEL = "scan"
# Vectors of so many words are a CPU's.
WIDE = 4
# Vectors that are half done at a time: some 9 KB wait then, which leaves room in a core's first cache.
BLOCK = 32
TERNARY_MACROS = {CHOOSE3: "CH", MAJORITY3: "MAJ", XOR3: "XOR3"}
# The runtime's compiler reorders what it is given. Handed a little more than two operations a cycle it leaves the
# ports of AVX-512 better filled than handed two: on PoCL 37.2 against 35.8 MH/s a core.
PORTS = replace(machine("skylake_avx512").ports(512), width=3)
OPERATORS = {Op.ADD: "+", Op.XOR: "^", Op.AND: "&"}


def program_of(variant: Variant) -> Program:
    """The lowered graph of H7, with the logic operations that the variant wants."""
    return _program(variant.ternary)


@cache
def _program(ternary: bool) -> Program:
    # Every new header needs it: lowering anew would let a fast device wait for a tenth of its time.
    return lower([header_hash().digest[7]], three_operand_logic=ternary)


def job_words(program: Program) -> list[int]:
    """Which `early` values are the same for all prefixes of a job, by index."""
    return [index for index, node in enumerate(program.early) if node.binding is Binding.JOB]


def prefix_words(program: Program) -> list[int]:
    """Which `early` values each prefix has of its own, by index."""
    return [index for index, node in enumerate(program.early) if node.binding is Binding.MIDSTATE]


def _finds_all_in_rows(variant: Variant) -> bool:
    return variant.width >= WIDE and variant.form != "pipeline"


def words_in_rows(variant: Variant, program: Program) -> list[int]:
    """Which `early` values the kernel finds in `rows`, by index: its columns."""
    if _finds_all_in_rows(variant):
        return list(range(len(program.early)))
    return prefix_words(program)


def words_passed(variant: Variant, program: Program) -> list[int]:
    """Which `early` values the kernel has as arguments, by index."""
    if _finds_all_in_rows(variant):
        return []
    return job_words(program) if variant.rolled else list(range(len(program.early)))


@cache
def assigned(variant: Variant) -> Assigned:
    """The variant's program as its kernel computes it: `early` values are those of `program_of`."""
    return assign(program_of(variant), variant.pipes)


def passed_values(variant: Variant, program: Program, values: Sequence[int]) -> list[int]:
    """What the kernel has as arguments after `rows`, in order. `values`: one prefix's `early` values."""
    powers = (1 << exponent for exponent in assigned(variant).multipliers())
    return [*(int(values[index]) for index in words_passed(variant, program)), *powers]


def emit(variant: Variant, dialect: Dialect = OPENCL) -> str:
    """The source of a variant. Raises ValueError for vectors that are wider than the dialect's."""
    if variant.width > dialect.widest:
        raise ValueError(f"{variant.name} has vectors, which {dialect.name} has no operators for")
    return "\n".join((*dialect.prelude, *_Emitter(variant).source())) + "\n"


class _Emitter:
    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        dealt = assigned(variant)
        self.program = dealt.program
        self.multiplied = dealt.multiplied
        self.multipliers = dealt.multipliers()
        self.order = self.ordered(self.program.operations())
        self.row_words = words_in_rows(variant, self.program)
        self.passed = words_passed(variant, self.program)

    def source(self) -> list[str]:
        arguments = [
            "const uint first",
            "const uint count",
            "const uint per_item",
            "const uint prefixes",
            "const uint filter",
            "const uint room",
            "__global volatile uint *results",
            "__global const uint *rows",
            *(f"const uint early{index}" for index in self.passed),
            *(f"const uint {argument(exponent)}" for exponent in self.multipliers),
        ]
        return [
            f"/* SHA-256d of a block header, {self.variant.name}: H7 of many nonces. */",
            *vector_macros(self.variant.width),
            *logic_macros(self.variant),
            "",
            *self.attributes(),
            f"__kernel void {KERNEL}(",
            ",\n".join(f"    {argument}" for argument in arguments) + ")",
            "{",
            "    word checksum = SPLAT(0u);",
            *(self.two_loops() if self.variant.form == "halved" else self.one_loop()),
            *self.epilogue(),
            "}",
        ]

    def ordered(self, operations: list[Node]) -> list[Node]:
        return schedule(operations, PORTS) if self.variant.order == "scheduled" else operations

    def attributes(self) -> list[str]:
        attributes = []
        if self.variant.width > 1:
            # Tells Intel's CPU runtime not to widen the vectors further: it builds in 1 s instead of 10 to 40.
            attributes.append(f"__attribute__((vec_type_hint(uint{self.variant.width})))")
        if self.variant.form == "pipeline":
            # Intel's FPGA compiler then needs no logic to deal out work-items; others do not know the attribute.
            attributes += ["#ifdef INTELFPGA_CL", "__attribute__((max_global_work_dim(0)))", "#endif"]
        return attributes

    def one_loop(self) -> list[str]:
        return [
            *self.loop_over_vectors(),
            *self.nonces(" " * 8),
            *(self.rolled_body() if self.variant.rolled else self.plain_body()),
            "    }",
        ]

    def nonces(self, indent: str) -> list[str]:
        return [
            f"{indent}const word offset = SPLAT(start) + LANES;",
            f"{indent}const word active = ACTIVE(offset, count);",
            f"{indent}const word nonce = BYTE_SWAP(SPLAT(first) + offset);",
        ]

    def two_loops(self) -> list[str]:
        operations = self.program.operations()
        at, waiting = narrowest(operations)
        first, rest = self.ordered(operations[:at]), self.ordered(operations[at:])
        every = range(len(self.program.early))
        indent = " " * 12
        slots = [(f"waiting[step * {len(waiting)}u + {slot}u]", f"v{node.number}") for slot, node in enumerate(waiting)]
        steps = [
            "        for (uint step = 0u; step < steps; step++) {",
            f"{indent}const uint start = (item * per_item + block + step) * WIDTH;",
            f"{indent}if (start >= count)",
            f"{indent}    break;",
            *self.nonces(indent),
        ]
        return [
            "    const uint item = (uint)get_global_id(0);",
            "    /* What the first half of a hash leaves to the second. */",
            f"    word waiting[{BLOCK * len(waiting)}];",
            f"    for (uint block = 0u; block < per_item; block += {BLOCK}u) {{",
            f"        const uint steps = per_item - block < {BLOCK}u ? per_item - block : {BLOCK}u;",
            *steps,
            *self.loads(every, "rows", indent),
            *self.operations(first, indent),
            *(f"{indent}{slot} = {value};" for slot, value in slots),
            "        }",
            *steps,
            *self.loads(every, "rows", indent),
            *(f"{indent}const word {value} = {slot};" for slot, value in slots),
            *self.operations(rest, indent),
            *self.finish("0u", indent),
            "        }",
            "    }",
        ]

    def loop_over_vectors(self) -> list[str]:
        if self.variant.form == "pipeline":
            return [
                "    uint hits = 0u;",
                "    /* A new vector enters every clock: nothing but the checksum and the hits is carried along. */",
                "    for (uint start = 0u; start < count; start += WIDTH) {",
            ]
        return [
            "    const uint item = (uint)get_global_id(0);",
            "    for (uint step = 0u; step < per_item; step++) {",
            "        const uint start = (item * per_item + step) * WIDTH;",
            "        if (start >= count)",
            "            break;",
        ]

    def epilogue(self) -> list[str]:
        if self.variant.form == "pipeline":
            return [f"    results[{HITS}] = hits;", f"    results[{XOR_H7}] = FOLD(checksum);"]
        return [f"    atomic_xor(&results[{XOR_H7}], FOLD(checksum));"]

    def plain_body(self) -> list[str]:
        return [
            *self.loads(range(len(self.program.early)), "rows", " " * 8),
            *self.operations(self.order, " " * 8),
            *self.finish("0u", " " * 8),
        ]

    def rolled_body(self) -> list[str]:
        shared = [node for node in self.order if node.binding is Binding.BATCH]
        own = [node for node in self.order if node.binding is not Binding.BATCH]
        indent = " " * 12
        return [
            "        /* The message schedule, as far as it is the same for all prefixes. */",
            *self.loads(job_words(self.program), "rows", " " * 8),
            *self.operations(shared, " " * 8),
            "        for (uint prefix = 0u; prefix < prefixes; prefix++) {",
            f"{indent}__global const uint *row = rows + prefix * {len(self.row_words)}u;",
            *self.loads(prefix_words(self.program), "row", indent),
            *self.operations(own, indent),
            *self.finish("prefix", indent),
            "        }",
        ]

    def loads(self, wanted: Sequence[int], row: str, indent: str) -> list[str]:
        """Those of the wanted `early` values that are in `rows`."""
        return [
            f"{indent}const uint early{index} = {row}[{self.row_words.index(index)}];"
            for index in wanted
            if index not in self.passed
        ]

    def operations(self, nodes: list[Node], indent: str) -> list[str]:
        return [f"{indent}const word v{node.number} = {self.expression(node)};" for node in nodes]

    def finish(self, prefix: str, indent: str) -> list[str]:
        h7 = self.operand(self.program.outputs[0])
        next_hit = "hits++" if self.variant.form == "pipeline" else f"atomic_inc(&results[{HITS}])"
        return [
            f"{indent}checksum ^= {h7} & active;",
            f"{indent}const word passed = PASSED({h7}, filter) & active;",
            f"{indent}if (SOME(passed)) {{",
            f"{indent}    LANES_OF(nonces, BYTE_SWAP(nonce));",
            f"{indent}    LANES_OF(passes, passed);",
            f"{indent}    for (uint lane = 0u; lane < WIDTH; lane++)",
            f"{indent}        if (passes[lane]) {{",
            f"{indent}            const uint hit = {next_hit};",
            f"{indent}            if (hit < room) {{",
            f"{indent}                results[{FIRST_RECORD}u + 2u * hit] = {prefix};",
            f"{indent}                results[{FIRST_RECORD + 1}u + 2u * hit] = nonces[lane];",
            f"{indent}            }}",
            f"{indent}        }}",
            f"{indent}}}",
        ]

    def expression(self, node: Node) -> str:
        if node in self.multiplied:
            return multiplied_form(self.operand, node)
        args = [self.operand(arg) for arg in node.args]
        match node.op:
            case Op.ADD | Op.XOR | Op.AND:
                return f"{args[0]} {OPERATORS[node.op]} {args[1]}"
            case Op.ROTR:
                return f"ROTR({args[0]}, {node.immediate}u)"
            case Op.SHR:
                return f"{args[0]} >> {node.immediate}u"
            case Op.TERNARY:
                return f"{TERNARY_MACROS[node.immediate]}({', '.join(args)})"
        raise ValueError(f"{node.op} is not an operation of a lowered graph")

    def operand(self, node: Node) -> str:
        if node.op is Op.CONSTANT:
            return f"{node.immediate:#010x}u"
        if node.op is Op.INPUT:
            return node.name
        return f"v{node.number}"
