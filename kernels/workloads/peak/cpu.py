"""Peak and sweep for the CPU, as LLVM IR on vectors as wide as the host's registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...cpu.codegen.array_ir import Kind, Lines, each_item, each_item_in_turns, register_bits, splat
from ...cpu.cores.features import host_architecture
from ...cpu.native import ATTRIBUTES
from .formats import STEPS

# Independent numbers of an item: more than any core's latency times its units, and with the constants no more than the
# sixteen registers that the fewest have.
CHAINS = 12
# These wait longer for a result (on Zen 5 a dot product of pairs takes six cycles, two begin in each): where there are
# 32 registers, they have more.
WIDEST_BITS = 512
CHAINS_OF = {"bfloat16": 16, "int32": 20}
TYPES = {
    "float64": ("double", 64), "float32": ("float", 32), "float16": ("half", 16), "bfloat16": ("float", 32),
    "int32": ("i32", 32),
}  # fmt: skip
# Pairs of bfloat16 as 32-bit words, the first number in the lower half: 1 and 1, −1 and −1, 0 and −1.
PAIRS = {"up": 0x3F803F80, "down": 0xBF80BF80, "last": 0xBF800000}
# Vectors of a pass of the sweep, by its steps; unless told, a line's. Many keep a core's units full at the end of a
# pass, where arithmetic binds; few let it begin the next passes' loads before this one's arithmetic ends, where memory
# does, as it does longer in the widest registers.
SWEEP_UNROLL = {16: CHAINS, 64: CHAINS}
WIDEST_UNROLL = {16: 4, 64: CHAINS}
# A core runs ahead by some hundred instructions, which the steps fill; lines are asked for before they are read, so
# that memory goes on meanwhile: far ahead into L2, which has more of them under way than L1, and from there into L1.
SWEEP_AHEAD = {8192: 2, 1024: 3}
# Where a step is all there is, L1 has no time to be asked, too: without, it moves 2 % more (Xeon model 167).
UPDATE_AHEAD = {8192: 2}


def ahead_of(steps: int) -> Mapping[int, int]:
    """How far ahead a pass of the sweep asks for lines, in bytes, and of which cache."""
    return UPDATE_AHEAD if steps == 1 else SWEEP_AHEAD


def values_an_item(number: str) -> int:
    """How many numbers an item has."""
    return chains_of(number) * _kind(number).lanes


def chains_of(number: str) -> int:
    """How many vectors of an item go through the turns beside each other."""
    return CHAINS_OF.get(number, CHAINS) if register_bits() == WIDEST_BITS else CHAINS


def _kind(number: str) -> Kind:
    name, bits = TYPES.get(number, TYPES["int32"])
    return Kind(name, bits, register_bits() // bits)


def _step(lines: Lines, kind: Kind, value: str, constant: str) -> str:
    if kind.number == "i32":
        product = lines.value(f"mul {kind.text} {value}, %m")
        return lines.value(f"add {kind.text} {product}, {constant}")
    product = lines.value(f"fmul contract {kind.text} {value}, %m")
    return lines.value(f"fadd contract {kind.text} {product}, {constant}")


def _dot_step(lines: Lines, kind: Kind, value: str, _constant: str) -> str:
    if host_architecture() == "aarch64":
        bytes_text = f"<{4 * kind.lanes} x i8>"
        mine = lines.value(f"bitcast {kind.text} {value} to {bytes_text}")
        other = lines.value(f"bitcast {kind.text} %m to {bytes_text}")
        name = f"@llvm.aarch64.neon.udot.v{kind.lanes}i32.v{4 * kind.lanes}i8"
        return lines.value(f"call {kind.text} {name}({kind.text} {value}, {bytes_text} {mine}, {bytes_text} {other})")
    name = f"@llvm.x86.avx512.vpdpbusd.{kind.bits * kind.lanes}"
    return lines.value(f"call {kind.text} {name}({kind.text} {value}, {kind.text} {value}, {kind.text} %m)")


def _pair_step(lines: Lines, kind: Kind, value: str, pairs: str) -> str:
    of_pairs = f"<{2 * kind.lanes} x bfloat>"
    name = f"@llvm.x86.avx512bf16.dpbf16ps.{kind.bits * kind.lanes}"
    return lines.value(f"call {kind.text} {name}({kind.text} {value}, {of_pairs} %one_and_c, {of_pairs} {pairs})")


def _pairs(lines: Lines, lanes: int) -> None:
    """`%one_and_c`, and PAIRS by their names, in vectors of bfloat16."""
    words = Kind("i32", 32, lanes)
    # The upper half of a float32 is a bfloat16.
    real = lines.value("sitofp i64 %s2 to float")
    bits = lines.value(f"bitcast float {real} to i32")
    both = lines.value(f"or i32 {bits}, {PAIRS['up'] & 0xFFFF}")
    for name, word in {"one_and_c": both, **{name: str(word) for name, word in PAIRS.items()}}.items():
        lines.value(f"bitcast {words.text} {splat(lines, words, word)} to <{2 * lanes} x bfloat>", f"%{name}")


def _declaration(number: str, kind: Kind) -> str:
    if number == "bfloat16":
        of_pairs = f"<{2 * kind.lanes} x bfloat>"
        name = f"@llvm.x86.avx512bf16.dpbf16ps.{kind.bits * kind.lanes}"
        return f"declare {kind.text} {name}({kind.text}, {of_pairs}, {of_pairs})"
    if host_architecture() == "aarch64":
        bytes_text = f"<{4 * kind.lanes} x i8>"
        return (
            f"declare {kind.text} @llvm.aarch64.neon.udot.v{kind.lanes}i32.v{4 * kind.lanes}i8"
            f"({kind.text}, {bytes_text}, {bytes_text})"
        )
    name = f"@llvm.x86.avx512.vpdpbusd.{kind.bits * kind.lanes}"
    return f"declare {kind.text} {name}({kind.text}, {kind.text}, {kind.text})"


def emit(number: str) -> str:
    """The kernel of a format: for each item all its numbers through so many turns."""
    kind, is_dot, chains = _kind(number), number == "int8", chains_of(number)
    lines = Lines("v")
    values = [f"%x{chain}" for chain in range(chains)]
    is_pairs = number == "bfloat16"
    stepped = _dot_step if is_dot else _pair_step if is_pairs else _step
    for step in range(STEPS):
        last = step == STEPS - 1
        pairs, constant = "%last" if last else ("%up", "%down")[step % 2], "%c1" if last else "%c"
        values = [stepped(lines, kind, value, pairs if is_pairs else constant) for value in values]
    is_real = kind.number != "i32"
    begin, end = Lines("a"), Lines("e")
    converted = "sitofp" if is_real else "trunc"
    one = [begin.value(f"{converted} i64 {name} to {kind.number}") for name in ("%s1", "%s2", "%next", "%back")]
    for value, name in zip(one, ("%m", "%c", "%c1", "%all"), strict=True):
        splat(begin, kind, value, name)
    if is_pairs:
        _pairs(begin, kind.lanes)
    loads, stores = [], []
    for chain in range(chains):
        loads += [
            f"  %from{chain} = getelementptr {kind.text}, ptr %first, i64 {chain}",
            f"  %y{chain} = load {kind.text}, ptr %from{chain}, align {kind.bits // 8}",
        ]
        result = end.value(f"fadd {kind.text} {values[chain]}, %all") if is_real else values[chain]
        stores.append(f"  %to{chain} = getelementptr {kind.text}, ptr %to, i64 {chain}")
        stores.append(f"  store {kind.text} {result}, ptr %to{chain}, align {kind.bits // 8}")
    buffers = "ptr noalias %b0, ptr noalias %b1" if is_dot else "ptr noalias %b0"
    head = f"define void @{number}({buffers}, i64 %s0, i64 %s1, i64 %s2, i64 %start, i64 %stop) {ATTRIBUTES} {{"
    entry = ["  %next = add i64 %s2, 1", "  %back = sub i64 1, %s0", *begin.lines]
    item = [
        f"  %place = mul i64 %k, {chains * kind.bytes}",
        f"  %first = getelementptr i8, ptr %b{1 if is_dot else 0}, i64 %place",
        "  %to = getelementptr i8, ptr %b0, i64 %place",
        *loads,
    ]
    phis = [
        f"  %x{chain} = phi {kind.text} [ %y{chain}, %item ], [ {values[chain]}, %turn ]" for chain in range(chains)
    ]
    function = each_item_in_turns(head, entry, item, phis, lines.lines, [*end.lines, *stores])
    return "\n".join([*([_declaration(number, kind)] if is_dot or is_pairs else []), function])


def emit_sweep(steps: int) -> str:
    """The sweep with so many steps on each number of an array."""

    def through(lines: Lines, kind: Kind, vectors: Sequence[Sequence[str]]) -> list[str]:
        values = [value for (value,) in vectors]
        m, c, c1 = (splat(lines, kind, name) for name in ("%s0", "%s1", "%s2"))
        for step in range(steps):
            # Step by step for all vectors: one after another they would wait for themselves wherever a core cannot look
            # ahead over several vectors' steps.
            products = [lines.value(f"fmul contract {kind.text} {value}, {m}") for value in values]
            added = c1 if step == steps - 1 else c
            values = [lines.value(f"fadd contract {kind.text} {product}, {added}") for product in products]
        return values

    unroll = (WIDEST_UNROLL if register_bits() == WIDEST_BITS else SWEEP_UNROLL).get(steps)
    return each_item(
        f"sweep{steps}", 1, ["double"] * 3, [0], 0, through, past_cache=False, unroll=unroll,
        ahead=ahead_of(steps),
    )  # fmt: skip


def float64() -> str:
    """See `emit`."""
    return emit("float64")


def float32() -> str:
    """See `emit`."""
    return emit("float32")


def float16() -> str:
    """See `emit`."""
    return emit("float16")


def bfloat16() -> str:
    """See `emit`."""
    return emit("bfloat16")


def int32() -> str:
    """See `emit`."""
    return emit("int32")


def int8() -> str:
    """See `emit`."""
    return emit("int8")


def sweep1() -> str:
    """See `emit_sweep`."""
    return emit_sweep(1)


def sweep4() -> str:
    """See `emit_sweep`."""
    return emit_sweep(4)


def sweep16() -> str:
    """See `emit_sweep`."""
    return emit_sweep(16)


def sweep64() -> str:
    """See `emit_sweep`."""
    return emit_sweep(64)
