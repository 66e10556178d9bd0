"""Which operations of a GPU share a pipe: short streams of one kind, and of two in turns, each checked by numpy.

Two kinds that share a pipe take as long together as one after the other; two that do not, as long as the slower one.
The kernels are OpenCL C without anything of a maker's, so that CUDA's dialect takes them, too. What a compiler must
not know is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
# Not "pipe", which is a word of OpenCL C itself.
ENTRY = "stream_of_pipe"
CHAINS = 8
STEPS = 16
# Arguments: a number of bits to rotate by, a factor, and one whose product has a high word.
BITS, FACTOR, LARGE = 7, 3, 0x8000_0001

FORMS: Mapping[str, str] = {
    "add": "x{0} + x{1}",
    "add3": "x{0} + x{1} + x{2}",
    # Maj, which NVRTC leaves as the one instruction that it is. A stream of XORs of three is linear, and folded; of
    # (x ∧ y) ⊕ z and of Ch it makes three instructions for two.
    "lop3": "(x{0} & x{1}) ^ (x{0} & x{2}) ^ (x{1} & x{2})",
    # One of its words is in no register.
    "lop2": "(x{0} & large) ^ x{1}",
    "rotate": "rotate(x{0}, bits)",
    "mad": "x{0} * factor + x{1}",
    "mul_hi": "mul_hi(x{0}, large)",
    # Three words in registers.
    "mad3": "x{0} * x{1} + x{2}",
}
# What each is beside: the question of both pipes.
MIXES: Sequence[Sequence[str]] = (
    *([kind] for kind in FORMS),
    ["lop3", "rotate"],
    ["lop3", "add3"],
    ["lop3", "mad"],
    ["rotate", "mad"],
    ["add3", "mad"],
    ["lop3", "mul_hi"],
    ["rotate", "mul_hi"],
    ["rotate", "rotate", "mul_hi"],
    ["lop2", "mul_hi"],
    ["lop2", "mad"],
    ["lop2", "rotate"],
    ["mad", "mul_hi"],
    ["mad3"],
    ["rotate", "mad3"],
    ["lop2", "mad3"],
    ["rotate", "mad", "lop2", "mul_hi"],
    ["lop3", "mad", "rotate", "mad"],
)


def _rotated(x: Words, bits: int) -> Words:
    return (x << np.uint32(bits)) | (x >> np.uint32(32 - bits))


def _high(x: Words) -> Words:
    product = x.astype(np.uint64) * np.uint64(LARGE)
    return (product >> np.uint64(32)).astype(np.uint32)


COMPUTED: Mapping[str, Callable[[Words, Words, Words], Words]] = {
    "add": lambda x, y, z: x + y,
    "add3": lambda x, y, z: x + y + z,
    "lop3": lambda x, y, z: (x & y) ^ (x & z) ^ (y & z),
    "lop2": lambda x, y, z: (x & np.uint32(LARGE)) ^ y,
    "mad3": lambda x, y, z: x * y + z,
    "rotate": lambda x, y, z: _rotated(x, BITS),
    "mad": lambda x, y, z: x * np.uint32(FACTOR) + y,
    "mul_hi": lambda x, y, z: _high(x),
}


def _operands(chain: int) -> tuple[int, int, int]:
    return chain, (chain + 3) % CHAINS, (chain + 5) % CHAINS


def _kind(mix: Sequence[str], step: int, chain: int) -> str:
    return mix[(step + chain) % len(mix)]


def source(mix: Sequence[str]) -> str:
    """The OpenCL C of a stream: every work-item takes its chains through all steps, `turns` times."""
    lines = [
        f"        x{chain} = {FORMS[_kind(mix, step, chain)].format(*_operands(chain))};"
        for step in range(STEPS)
        for chain in range(CHAINS)
    ]
    starts = [f"    uint x{chain} = item * 0x9e3779b9u + {chain}u;" for chain in range(CHAINS)]
    together = " + ".join(f"x{chain}" for chain in range(CHAINS))
    return "\n".join(
        [
            f"__kernel void {ENTRY}(__global uint *out, long turns, long bits_, long factor_, long large_)",
            "{",
            "    const uint item = (uint)get_global_id(0);",
            "    const uint bits = (uint)bits_, factor = (uint)factor_, large = (uint)large_;",
            *starts,
            "    for (uint turn = 0u; turn < (uint)turns; turn++) {",
            *lines,
            "    }",
            f"    out[item] = {together};",
            "}",
            "",
        ]
    )


def right_answers(mix: Sequence[str], items: int, turns: int) -> Words:
    """What the first items hold afterwards, by numpy."""
    numbers = np.arange(items, dtype=np.uint32)
    with np.errstate(over="ignore"):
        chains = [numbers * np.uint32(0x9E3779B9) + np.uint32(chain) for chain in range(CHAINS)]
        for _ in range(turns):
            for step in range(STEPS):
                for chain in range(CHAINS):
                    x, y, z = (chains[place] for place in _operands(chain))
                    chains[chain] = COMPUTED[_kind(mix, step, chain)](x, y, z)
        together: Words = np.sum(chains, axis=0, dtype=np.uint32)
    return together


def operations(items: int, turns: int) -> int:
    """Operations that a launch does."""
    return items * turns * CHAINS * STEPS
