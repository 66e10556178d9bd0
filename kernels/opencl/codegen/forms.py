"""The macros at the head of a generated kernel: vectors of the variant's width, and the forms of its operations.

OpenCL has `rotate()` and `bitselect()`, and GPUs have instructions for them. On CPUs it depends on the
runtime's age: with pip's PoCL 3.0 (LLVM 14) the built-in functions are calls that cost a factor of
four, while plain shifts and XORs become `vprord` and `vpternlogd`. So each form is a choice.
"""

from __future__ import annotations

from ...graph.lower import CHOOSE3, MAJORITY3, XOR3
from .variant import Variant

ROTATE_FORMS = {
    "shift": "(((x) >> (n)) | ((x) << (32u - (n))))",
    "rotate": "rotate(x, SPLAT(32u - (n)))",
}
CHOOSE_FORMS = {
    "xor": "((g) ^ ((e) & ((f) ^ (g))))",
    "select": "bitselect(g, f, e)",
}
MAJORITY_FORMS = {
    "xor": "(((a) & (b)) | ((c) & ((a) | (b))))",
    "select": "bitselect(a, c, (a) ^ (b))",
}
# LLVM never folds Maj into one vpternlogd by itself, but its OpenCL front end knows Clang's built-in functions.
VPTERNLOG_BITS = {8: 256, 16: 512}


def logic_macros(variant: Variant) -> list[str]:
    """ROTR, and Ch, Maj and the XOR of three where the graph keeps them."""
    macros = [f"#define ROTR(x, n) {ROTATE_FORMS[variant.rotate]}"]
    if variant.logic == "vpternlog":
        return macros + _vpternlog_macros(variant.width)
    if variant.ternary:
        macros += [
            f"#define CH(e, f, g) {CHOOSE_FORMS[variant.logic]}",
            f"#define MAJ(a, b, c) {MAJORITY_FORMS[variant.logic]}",
            "#define XOR3(a, b, c) ((a) ^ (b) ^ (c))",
        ]
    return macros


def _vpternlog_macros(width: int) -> list[str]:
    operands = ", ".join(f"as_int{width}(SPLAT({name}))" for name in "abc")
    function = f"__builtin_ia32_pternlogd{VPTERNLOG_BITS[width]}_mask"
    return [
        f"#define LOGIC(a, b, c, table) as_uint{width}({function}({operands}, table, -1))",
        f"#define CH(e, f, g) LOGIC(e, f, g, {CHOOSE3:#x})",
        f"#define MAJ(a, b, c) LOGIC(a, b, c, {MAJORITY3:#x})",
        f"#define XOR3(a, b, c) LOGIC(a, b, c, {XOR3:#x})",
    ]


def vector_macros(width: int) -> list[str]:
    """The type `word`, a vector of nonces, and what is done with its lanes."""
    common = [
        f"#define WIDTH {width}u",
        # Of rotations, because Oclgrind miscomputes the vector byte swap that LLVM makes of plain shifts.
        "#define BYTE_SWAP(x) ((ROTR(x, 8u) & 0xff00ff00u) | (ROTR(x, 24u) & 0x00ff00ffu))",
    ]
    if width == 1:
        return [
            *common,
            "typedef uint word;",
            "#define SPLAT(x) (x)",
            "#define LANES 0u",
            "#define ACTIVE(offset, count) ((offset) < (count) ? 0xffffffffu : 0u)",
            "#define PASSED(h7, filter) (((h7) & (filter)) == 0u ? 0xffffffffu : 0u)",
            "#define SOME(x) ((x) != 0u)",
            "#define LANES_OF(name, x) const uint name[1] = {x}",
            "#define FOLD(x) (x)",
        ]
    return [
        *common,
        f"typedef uint{width} word;",
        "#define SPLAT(x) ((word)(x))",
        f"#define LANES ((word)({', '.join(f'{lane}u' for lane in range(width))}))",
        f"#define ACTIVE(offset, count) as_uint{width}((offset) < SPLAT(count))",
        f"#define PASSED(h7, filter) as_uint{width}(((h7) & SPLAT(filter)) == SPLAT(0u))",
        # Not any(), which on some CPU runtimes is a call that no compiler looks into.
        f"#define SOME(x) ({_some(width)} != 0u)",
        # Not vstore(): no function of the runtime's library may take or give a wide vector. Where PoCL compiles the
        # kernel for other vectors than its library, each call of one makes its compiler crash or run on without end.
        f"#define LANES_OF(name, x) const uint name[{width}] = {{{', '.join(_lanes(width))}}}",
        f"#define FOLD(x) {_fold(width)}",
    ]


def _lanes(width: int) -> list[str]:
    return [f"(x).s{lane:x}" for lane in range(width)]


def _some(width: int) -> str:
    # OR of all lanes, by halves down to four.
    quarter = {2: "(x)", 4: "(x)", 8: "((x).lo | (x).hi)", 16: "((x).lo.lo | (x).lo.hi | (x).hi.lo | (x).hi.hi)"}[width]
    return "(" + " | ".join(f"{quarter}.s{lane}" for lane in range(min(width, 4))) + ")"


def _fold(width: int) -> str:
    # XOR of all lanes.
    return "(" + " ^ ".join(_lanes(width)) + ")"
