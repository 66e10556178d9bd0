"""The convolution's own dot products on the CPU with nothing to wait for or to fetch: what its integer ceilings are.

A chain is a vector of sums; each step adds the products of its own bytes (or pairs) with constant ones to it, by the
instructions that the tile uses on this machine (`dot_tile`), so that no compiler can do a step only once.
"""

from __future__ import annotations

from ...cpu.codegen.array_ir import each_item_in_turns
from ...cpu.codegen.dot_tile import GROUPED, TileTarget, host_target, step_of
from ...cpu.native import ATTRIBUTES

ENTRY = "dots"
STEPS = 8
# More than an older dot product's latency (three instructions, seven cycles) times those that begin in a cycle; where
# there are 32 registers, as many as the tile has.
CHAINS, CHAINS_OF_32 = 10, 16


def chains_of(target: TileTarget) -> int:
    """How many vectors go through the turns beside each other."""
    return CHAINS_OF_32 if target.registers == 32 else CHAINS


def item_bytes(number: str) -> int:
    """What an item takes in the buffer."""
    target = host_target(number)
    return chains_of(target) * target.lanes * 4


def operations_a_turn(number: str) -> int:
    """Multiplications and additions of a turn of an item."""
    target = host_target(number)
    return STEPS * chains_of(target) * target.lanes * GROUPED[number] * 2


def emit(target: TileTarget) -> str:
    """`dots(buffer, turns, factors, start, stop)`: the items from `start` on through so many turns."""
    vector, chains = f"<{target.lanes} x i32>", range(chains_of(target))
    step, declarations = step_of(target, vector)
    values, lines = [f"%x{chain}" for chain in chains], []
    for number in range(STEPS):
        results = [f"%s{number}.{chain}" for chain in chains]
        for result, value in zip(results, values, strict=True):
            lines += step(result, value, value, "%m")
        values = results
    places = [
        f"  %at{chain} = getelementptr {vector}, ptr %first, i64 {chain}\n"
        f"  %y{chain} = load {vector}, ptr %at{chain}, align 4"
        for chain in chains
    ]
    phis = [f"  %x{chain} = phi {vector} [ %y{chain}, %item ], [ {values[chain]}, %turn ]" for chain in chains]
    stores = [f"  store {vector} {values[chain]}, ptr %at{chain}, align 4" for chain in chains]
    head = f"define void @{ENTRY}(ptr noalias %b0, i64 %s0, i64 %s1, i64 %start, i64 %stop) {ATTRIBUTES} {{"
    entry = [
        "  %one = trunc i64 %s1 to i32",
        f"  %some = insertelement {vector} poison, i32 %one, i32 0",
        f"  %m = shufflevector {vector} %some, {vector} poison, <{target.lanes} x i32> zeroinitializer",
    ]
    item = [
        f"  %place = mul i64 %k, {len(chains) * target.lanes * 4}",
        "  %first = getelementptr i8, ptr %b0, i64 %place",
        *places,
    ]
    return "\n".join([*declarations, each_item_in_turns(head, entry, item, phis, lines, stores)])


def int8() -> str:
    """See `emit`."""
    return emit(host_target("int8"))


def int16() -> str:
    """See `emit`."""
    return emit(host_target("int16"))
