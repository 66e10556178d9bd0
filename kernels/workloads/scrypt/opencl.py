"""scrypt in OpenCL C: a work-item is a slot with a frame of its own, and mixes some hashes in turns.

SHA-256 is computed hash by hash, on plain words: it is one part in a hundred. For ROMix a vector holds a row of
`together` hashes, four words each, and `groups` such vectors are mixed in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from ...device import DeviceInfo, Source
from ...graph.nodes import Node
from ..hashing.kernel import BUFFER_TYPES_WITH_FRAMES, HashKernel
from ..hashing.layout import FIRST_NONCE, HITS, XOR
from ..hashing.opencl import expression, word_macros
from ..hashing.opencl_streams import ADD, LOGIC2, ROTATE, TURN, items_of, streams_of
from .description import (
    BLOCK_WORDS,
    DIAGONALS,
    DOUBLE_ROUNDS,
    HALF_WORDS,
    ROW_WORDS,
    ROWS,
    Known,
    N,
    begin,
    block_mix,
    compression,
    end,
    job_bytes,
)

ENTRY = "scan"
HASH_BYTES = 4 * BLOCK_WORDS * N
# A GPU hides the memory's latency with many slots a compute unit; a CPU's core has one.
SLOTS_A_UNIT = {"gpu": 128, "cpu": 1}
VECTORS_A_SLOT = {"gpu": 1, "cpu": 32}
# The part of a device's memory that the frames may take, and of the largest buffer that every driver allows.
MEMORY_SHARE = 1 / 8
SIMULATED_SLOTS = 2


@dataclass(frozen=True)
class Form:
    """Hashes a vector of rows, and how many such vectors are mixed in turns.

    `rotate`: a rotation is the built-in function, which no CPU's runtime is asked for.
    """

    together: int
    groups: int
    rotate: bool = False

    @property
    def name(self) -> str:
        """As kernels are called."""
        return f"rows{128 * self.together}_x{self.groups}"

    @property
    def mixed(self) -> int:
        """Hashes that a work-item mixes at once."""
        return self.together * self.groups

    def turned(self, words: int) -> str:
        """The places of a vector's words when each row of it is turned by so many."""
        every = range(0, ROW_WORDS * self.together, ROW_WORDS)
        return "".join(f"{base + (column + words) % ROW_WORDS:x}" for base in every for column in range(ROW_WORDS))


def forms(info: DeviceInfo) -> list[Form]:
    """What races on a device, the likeliest first."""
    return [Form(1, 1, rotate=True)] if info.kind == "gpu" or info.simulator else [Form(2, 4), Form(2, 2)]


def operation_mix(form: Form) -> dict[str, int]:
    """ROMix's operations for an item, by kind; those of SHA-256 are one in a hundred of them."""
    blocks = 2 * N * form.groups
    doubles = 2 * DOUBLE_ROUNDS * blocks
    return {
        ADD: 8 * doubles + ROWS * blocks,
        LOGIC2: 8 * doubles + ROWS * blocks * 3 // 2,
        ROTATE: 8 * doubles,
        TURN: 6 * doubles,
    }


def kernels(info: DeviceInfo) -> list[HashKernel]:
    """The kernels on a device, likeliest first; as many slots as it can use, and has memory for."""
    kind = "gpu" if info.kind == "gpu" else "cpu"
    items, group = items_of(info)
    return [
        HashKernel(
            name=form.name,
            source=Source("opencl", source_of(form), ENTRY, BUFFER_TYPES_WITH_FRAMES),
            nonces_an_item=form.mixed,
            job_bytes=job_bytes,
            frame_bytes=form.mixed * HASH_BYTES,
            most_items=_slots(info, form, kind),
            # Always all slots, some of which may have nothing to do: some runtimes compile anew for each other number.
            item_grain=_slots(info, form, kind),
            vectors_a_slot=1 if info.simulator else VECTORS_A_SLOT[kind],
            # Slots are few, and a CPU's runtime gives a whole group of them to one core.
            grain=group,
            mix=operation_mix(form),
            streams=streams_of(
                operation_mix(form), word_macros(32, ROW_WORDS * form.together, form.rotate), f"(x).s{form.turned(1)}"
            ),
            stream_items=items,
            stream_grain=group,
        )
        for form in forms(info)
    ]


def _slots(info: DeviceInfo, form: Form, kind: str) -> int:
    if info.simulator:
        return SIMULATED_SLOTS
    wanted = (info.compute_units or 1) * SLOTS_A_UNIT[kind]
    if info.memory_bytes is not None:
        wanted = min(wanted, int(info.memory_bytes * MEMORY_SHARE) // (form.mixed * HASH_BYTES))
    return max(1, wanted)


class _Lines:
    """Statements of plain words as they are written: `Arithmetic` in C."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers = count()

    def new(self, right: str, kind: str = "uint") -> str:
        name = f"r{next(self._numbers)}"
        self.lines.append(f"    const {kind} {name} = {right};")
        return name

    def constant(self, value: int) -> str:
        return f"{value:#x}u"

    def xor(self, *terms: str) -> str:
        return self.new(" ^ ".join(terms))

    def swapped(self, x: str) -> str:
        return self.new(f"swapped({x})")

    def compress(self, state: Sequence[str], block: Sequence[str]) -> list[str]:
        number = next(self._numbers)
        for name, words in (("state", state), ("block", block)):
            self.lines.append(f"    const uint {name}{number}[{len(words)}] = {{{', '.join(words)}}};")
        self.lines.append(f"    uint answer{number}[8];")
        self.lines.append(f"    compress(answer{number}, state{number}, block{number});")
        return [f"answer{number}[{index}]" for index in range(8)]


def source_of(form: Form) -> str:
    """The OpenCL C source."""
    return "\n".join([*_head(form), *_compress(), *_begin(), *_end(), *_kernel(form), ""])


def _head(form: Form) -> list[str]:
    left, right = "(((x) << (n)) | ((x) >> (32u - (n))))", "(((x) >> (n)) | ((x) << (32u - (n))))"
    rows = left
    if form.rotate:
        left, right, rows = "rotate(x, n)", "rotate(x, 32u - (n))", f"rotate(x, (uint{4 * form.together})(n))"
    return [
        "/* scrypt(1024, 1, 1) of a block header: the last word of many nonces' digests. */",
        f"#define ROTL(x, n) {left}",
        f"#define ROTR(x, n) {right}",
        f"#define ROWS_ROTL(x, n) {rows}",
        "#define SPLAT(x) (x)",
        "static uint swapped(uint x)",
        "{",
        "    return (ROTL(x, 8u) & 0x00ff00ffu) | (ROTL(x, 24u) & 0xff00ff00u);",
        "}",
    ]


def _compress() -> list[str]:
    program = compression(True, True)
    loads = [f"    const uint {node.name} = {_element(node)};" for node in program.nodes() if node.name]
    body = [f"    const uint v{node.number} = {expression(node)};" for node in program.operations()]
    stores = [f"    answer[{index}] = v{node.number};" for index, node in enumerate(program.outputs)]
    # Without it compilers copy the function to each of its sixteen calls.
    head = "__attribute__((noinline)) static void compress(uint *answer, const uint *state, const uint *block)"
    return [head, "{", *loads, *body, *stores, "}"]


def _element(node: Node) -> str:
    array = node.name.rstrip("0123456789")
    return f"{array}[{node.name[len(array) :]}]"


def _begin() -> list[str]:
    lines = _Lines()
    known = Known(*([f"job[{index}]" for index in range(*span)] for span in ((1, 9), (9, 25), (25, 28))))
    begun = begin(lines, known, "nonce")
    kept = [f"    kept[{index}] = {word};" for index, word in enumerate([*begun.inner, *begun.outer])]
    block = [f"    block[{index}] = {word};" for index, word in enumerate(begun.block)]
    head = "static void begin(__global const uint *job, const uint nonce, uint *kept, uint *block)"
    return [head, "{", *lines.lines, *kept, *block, "}"]


def _end() -> list[str]:
    lines = _Lines()
    inner, outer = ([f"kept[{index}]" for index in range(first, first + 8)] for first in (0, 8))
    last = end(lines, inner, outer, [f"block[{index}]" for index in range(BLOCK_WORDS)])
    return ["static uint end(const uint *kept, const uint *block)", "{", *lines.lines, f"    return {last};", "}"]


class _Rows:
    """Statements on vectors of rows."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.vector = f"uint{ROW_WORDS * form.together}"
        self.out = _Lines()

    def quarter(self, d: Sequence[str], a: Sequence[str], b: Sequence[str], bits: int) -> list[str]:
        sums = [self.out.new(f"{x} + {y}", self.vector) for x, y in zip(a, b, strict=True)]
        return [self.out.new(f"{x} ^ ROWS_ROTL({y}, {bits}u)", self.vector) for x, y in zip(d, sums, strict=True)]

    def turn(self, row: Sequence[str], words: int) -> list[str]:
        return [self.out.new(f"{of_group}.s{self.form.turned(words)}", self.vector) for of_group in row]

    def both(self, sign: str, a: Sequence[str], b: Sequence[str]) -> list[str]:
        return [self.out.new(f"{x} {sign} {y}", self.vector) for x, y in zip(a, b, strict=True)]

    def mixed(self, indent: str) -> list[str]:
        """Statements that mix all groups' variables `x<group>_<row>`."""
        self.out = _Lines()
        names = [[f"x{group}_{row}" for group in range(self.form.groups)] for row in range(ROWS)]
        halves = names[: ROWS // 2], names[ROWS // 2 :]
        block_mix(halves, self.quarter, self.turn, lambda a, b: self.both("^", a, b), lambda a, b: self.both("+", a, b))
        assigned = [
            f"    x{group}_{row} = {value};"
            for row, values in enumerate([*halves[0], *halves[1]])
            for group, value in enumerate(values)
        ]
        return [indent + line for line in (*self.out.lines, *assigned)]


def _kernel(form: Form) -> list[str]:
    rows = _Rows(form)
    vector, together = rows.vector, form.together
    places = [
        (half * HALF_WORDS + DIAGONALS[4 * row + column]) for half in (0, 1) for row in range(4) for column in range(4)
    ]
    every = [(group, row) for group in range(form.groups) for row in range(ROWS)]

    def words_of(group: int, row: int) -> list[str]:
        return [
            f"block[{group * together + h}][{places[4 * row + column]}]" for h in range(together) for column in range(4)
        ]

    loads = [f"        {vector} x{g}_{r} = ({vector})({', '.join(words_of(g, r))});" for g, r in every]
    stores = [f"            memory[({g}u * {N}u + i) * {ROWS}u + {r}u] = x{g}_{r};" for g, r in every]
    reads = []
    for group in range(form.groups):
        for h in range(together):
            index = f"(x{group}_{ROWS // 2}.s{4 * h:x} & {N - 1}u)"
            at = f"({group}u * {N}u + {index}) * {ROWS * together}u + {h}u"
            reads.append(f"            __global const uint4 *p{group}_{h} = (__global const uint4 *)memory + {at};")
        for row in range(ROWS):
            parts = ", ".join(f"p{group}_{h}[{row * together}]" for h in range(together))
            reads.append(f"            x{group}_{row} ^= ({vector})({parts});")
    back = [f"        {word} = x{g}_{r}.s{place:x};" for g, r in every for place, word in enumerate(words_of(g, r))]
    head = []
    romix = [
        *loads,
        f"        for (uint i = 0u; i < {N}u; i++) {{",
        *stores,
        *rows.mixed(" " * 8),
        "        }",
        f"        for (uint i = 0u; i < {N}u; i++) {{",
        *reads,
        *rows.mixed(" " * 8),
        "        }",
        *back,
    ]
    if not form.rotate:
        # A CPU's runtime may compile a kernel's body once for each way to launch it (PoCL), but no function of its own.
        parameters = f"uint (*block)[{BLOCK_WORDS}], __global {vector} *memory"
        head = [f"__attribute__((noinline)) static void romix({parameters})", "{", *romix, "}"]
        romix = ["        romix(block, memory);"]
    return [
        *head,
        f"__kernel void {ENTRY}(__global const uint *job, __global volatile uint *results, __global uint *frames,",
        "    const long first, const long count, const long room, const long slots)",
        "{",
        "    const long slot = (long)get_global_id(0);",
        f"    const long groups = (count + {form.mixed - 1}) / {form.mixed};",
        f"    __global {vector} *memory = (__global {vector} *)(frames + slot * {form.mixed * HASH_BYTES // 4});",
        "    uint checksum = 0u;",
        "    for (long at = groups * slot / slots; at < groups * (slot + 1) / slots; at++) {",
        f"        uint kept[{form.mixed}][16], block[{form.mixed}][{BLOCK_WORDS}];",
        f"        for (uint h = 0u; h < {form.mixed}u; h++)",
        f"            begin(job, (uint)(first + at * {form.mixed} + h), kept[h], block[h]);",
        *romix,
        f"        for (uint h = 0u; h < {form.mixed}u && at * {form.mixed} + h < count; h++) {{",
        "            const uint last = end(kept[h], block[h]);",
        "            checksum ^= last;",
        "            if ((last & job[0]) == 0u) {",
        f"                const uint hit = atomic_inc(&results[{HITS}]);",
        f"                if (hit < (uint)room) results[{FIRST_NONCE} + hit] = (uint)(first + at * {form.mixed} + h);",
        "            }",
        "        }",
        "    }",
        f"    atomic_xor(&results[{XOR}], checksum);",
        "}",
    ]
