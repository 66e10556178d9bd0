"""Peak and sweep in OpenCL C: a work-item takes CHAINS independent vectors through the turns.

On the host's cores vectors are as wide as `widths` chose; on a card a vector is a number, of half precision two. Only
operators are used, no functions: a runtime that compiles for another CPU than its library of functions is made for may
end the process, or answer wrongly, where one takes a vector of 512 bits (pip's PoCL: fma, rotate). So a multiplication
and an addition are written as such, and contracting them changes nothing where products are exact.
"""

from __future__ import annotations

from ...device import DeviceInfo
from ...spread import spread
from ..stream.opencl import ASK, HAS_BUILTIN
from .formats import STEPS

CHAINS = 12
# Of int32 in vectors of 512 bits, which has 32 registers: a product and a sum are two operations, one after the other
# (on a Xeon of model 167 20 are 2 % slower).
WIDE_BITS, WIDE_INT32_CHAINS = 512, 26
# What every runtime for CPUs makes right and good code of.
USUAL_BITS = 256
BITS = {"float64": 64, "float32": 32, "float16": 16, "int32": 32, "int8": 32}
NAMES = {"float64": "double", "float32": "float", "float16": "half", "int32": "uint", "int8": "uint"}
EXTENSIONS = {"float64": "cl_khr_fp64", "float16": "cl_khr_fp16"}
SWEEP_CHAINS = 8
# The host's cores ask for lines so many bytes ahead, to lie as near as L1 (3) or L2 (2), as our own kernels do.
SWEEP_AHEAD = {8192: 2, 1024: 3}
# With fewer steps memory binds: each vector is stored before the next one is read.
FEWEST_SIDE_BY_SIDE = 16
LINE_BYTES = 64


def values_an_item(number: str, info: DeviceInfo, bits: int = USUAL_BITS) -> int:
    """How many numbers an item has; `bits`: of a vector on the host's cores."""
    return _chains(number, info, bits) * _width(number, info, bits)


def _chains(number: str, info: DeviceInfo, bits: int) -> int:
    return WIDE_INT32_CHAINS if info.on_host_cores and number == "int32" and bits == WIDE_BITS else CHAINS


def _width(number: str, info: DeviceInfo, bits: int) -> int:
    if number == "int8":
        return 1
    if info.on_host_cores:
        return bits // BITS[number]
    return 2 if number == "float16" else 1


def _head(number: str) -> str:
    extension = EXTENSIONS.get(number)
    enabled = f"#pragma OPENCL EXTENSION {extension} : enable\n" if extension else ""
    return f"{enabled}#pragma OPENCL FP_CONTRACT ON\n"


def text(number: str, info: DeviceInfo, bits: int = USUAL_BITS) -> str:
    """The source of a format's kernel; `bits`: of a vector on the host's cores."""
    width = _width(number, info, bits)
    plain = NAMES[number]
    vector = f"{plain}{width if width > 1 else ''}"
    is_dot, is_real = number == "int8", number.startswith("float")
    state, begin = f"global {vector} *last", f"global const {vector} *first" if is_dot else ""
    chains = range(_chains(number, info, bits))
    # What is written for all chains before the next line. Compilers of CPUs keep this order: of int32 all products come
    # before the sums that wait for them (a tenth faster on Zen 5).
    if is_dot:
        lines = ["x{0} += dot_4x8packed_uu_uint(x{0}, m);"]
    elif info.on_host_cores and number == "int32":
        lines = ["x{0} *= m;", "x{0} += {1};"]
    else:
        lines = ["x{0} = x{0} * m + {1};"]
    source = "first" if is_dot else "last"
    return "\n".join(
        [
            _head(number),
            f"kernel void {number}({', '.join(filter(None, (state, begin)))}, long turns, long factor, long addend)",
            "{",
            f"    const {vector} m = ({vector})(({plain})factor), c = ({vector})(({plain})addend);",
            f"    const {vector} c1 = ({vector})(({plain})(addend + 1)), all = ({vector})(({plain})(1 - turns));",
            f"    const size_t place = get_global_id(0) * {len(chains)};",
            *(f"    {vector} x{chain} = {source}[place + {chain}];" for chain in chains),
            "    for (long turn = 0; turn < turns; turn++) {",
            *(
                f"        {line.format(chain, 'c1' if step == STEPS - 1 else 'c')}"
                for step in range(STEPS)
                for line in lines
                for chain in chains
            ),
            "    }",
            *(f"    last[place + {chain}] = x{chain}{' + all' if is_real else ''};" for chain in chains),
            "}",
            "",
        ]
    )


def sweep_numbers(info: DeviceInfo, bits: int = USUAL_BITS) -> int:
    """How many numbers of the sweep's array a work-item has: on the host's cores enough that none waits for another."""
    return bits // BITS["float64"] * SWEEP_CHAINS if info.on_host_cores else 1


def sweep_text(steps: int, info: DeviceInfo, bits: int = USUAL_BITS) -> str:
    """The source of the sweep with so many steps on each number; `bits`: of a vector on the host's cores."""
    chains = range(SWEEP_CHAINS if info.on_host_cores else 1)
    vector = f"double{bits // BITS['float64']}" if info.on_host_cores else "double"
    asked = [
        f"    ASK(&numbers[place + {(ahead + line) // (bits // 8)}], {nearness});"
        for line in range(0, SWEEP_CHAINS * bits // 8, LINE_BYTES)
        for ahead, nearness in (SWEEP_AHEAD.items() if info.on_host_cores and not info.simulator else ())
    ]
    parts = [chains] if steps >= FEWEST_SIDE_BY_SIDE else [(chain,) for chain in chains]
    work = [
        line
        for part in parts
        for line in (
            *(f"    {vector} x{chain} = numbers[place + {chain}];" for chain in part),
            *(
                f"    x{chain} = x{chain} * m + {'c1' if step == steps - 1 else 'c'};"
                for step in range(steps)
                for chain in part
            ),
            *(f"    numbers[place + {chain}] = x{chain};" for chain in part),
        )
    ]
    return "\n".join(
        [
            _head("float64"),
            *([HAS_BUILTIN + ASK] if asked else []),
            f"kernel void sweep{steps}(global {vector} *numbers, double m, double c, double c1)",
            "{",
            f"    size_t place = get_global_id(0) * {len(chains)};",
            # All along, for the reason that our own kernels have (`each_item`).
            *spread(asked, work),
            "}",
            "",
        ]
    )
