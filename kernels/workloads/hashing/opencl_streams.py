"""A stream of a kernel's own operations in OpenCL C, with nothing to wait for: what its roof is measured by.

Every work-item keeps CHAINS vectors and takes each through the same cycle of operations, one step apart, so that
neighbouring operations never wait for each other; operands come from other chains, so that no compiler folds two
operations into one. For the same reason no rotation or turn of a vector's words follows another one, and there are no
streams of these alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ...device import DeviceInfo, Source
from ...graph.nodes import Node, Op
from ...opencl.codegen.stream import CHAINS, STEPS, interleaved
from .kernel import Stream
from .streams import MIX

ENTRY = "spin"
ADD, LOGIC2, LOGIC3 = "additions", "logic of two words", "logic of three words"
ROTATE, ROTATE_BYTES, TURN = "rotations", "rotations by whole bytes", "turns of a vector's words"
FORMS = {
    ADD: "x{0} + x{1}",
    LOGIC2: "x{0} ^ x{1}",
    LOGIC3: "x{0} ^ x{1} ^ x{2}",
    ROTATE: "ROTR(x{0}, 7u)",
    ROTATE_BYTES: "ROTR(x{0}, 16u)",
    TURN: "TURN(x{0})",
}
FOLDING = (ROTATE, ROTATE_BYTES, TURN)
KINDS = {Op.ADD: ADD, Op.XOR: LOGIC2, Op.AND: LOGIC2, Op.ANDNOT: LOGIC2, Op.TERNARY: LOGIC3, Op.SHR: ROTATE}
# Work-items a compute unit: a CPU's core needs a few, to share them out evenly; a GPU hides latencies with many.
ITEMS_A_UNIT = {"gpu": 2048, "cpu": 8}
GROUP = {"gpu": 64, "cpu": 1}


def operation_mix(operations: Iterable[Node]) -> dict[str, int]:
    """How many of a vector's operations are of each kind."""
    return Counter(
        (ROTATE if node.immediate % 8 else ROTATE_BYTES) if node.op is Op.ROTR else KINDS[node.op]
        for node in operations
    )


def items_of(info: DeviceInfo) -> tuple[int, int]:
    """Work-items of a stream's launch, and of a group."""
    kind = "gpu" if info.kind == "gpu" else "cpu"
    return (info.compute_units or 1) * ITEMS_A_UNIT[kind], GROUP[kind]


def streams_of(mix: Mapping[str, int], macros: list[str], turn: str = "x") -> dict[str, Stream]:
    """The stream of a mix; `macros` define the type `word` and ROTR, `turn` is how words of a vector x are turned."""
    return {MIX: Stream(Source("opencl", _text(mix, macros, turn), ENTRY, ("uint8",)), STEPS * CHAINS)}


def _text(mix: Mapping[str, int], macros: list[str], turn: str) -> str:
    steps = interleaved(mix, FOLDING)
    body = [
        f"        x{chain} = {_operation(steps[(step + chain) % STEPS], chain)};"
        for step in range(STEPS)
        for chain in range(CHAINS)
    ]
    begins = [
        f"    word x{chain} = (word)(get_global_id(0) * 0x9e3779b9u + {chain}u) + LANES;" for chain in range(CHAINS)
    ]
    return "\n".join(
        [
            "/* A kernel's operations in its own proportions, none of which waits for the one before it. */",
            *macros,
            f"#define TURN(x) ({turn})",
            f"__kernel void {ENTRY}(__global uint *results, const long batches)",
            "{",
            *begins,
            "    for (long batch = 0; batch < batches; batch++) {",
            *body,
            "    }",
            f"    const word all = {' ^ '.join(f'x{chain}' for chain in range(CHAINS))};",
            "    results[get_global_id(0)] = (uint)(FOLD(all));",
            "}",
            "",
        ]
    )


def _operation(kind: str, chain: int) -> str:
    return FORMS[kind].format(chain, (chain + 5) % CHAINS, (chain + 8) % CHAINS)
