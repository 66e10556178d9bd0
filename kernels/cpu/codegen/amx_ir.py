"""LLVM IR for AMX: the configuration of its tile registers, and what stands between that and their release.

A tile register holds 16 rows of 64 bytes. One instruction adds the product of two of them to a third: 16 × 16 sums of
32 bits, each of 64 products of bytes or 32 of bfloat16. The instructions are assembly, since LLVM's own tile registers
are shaped and placed by it; LLVM uses none by itself, so they keep what they hold from one piece of assembly to the
next. They are released at the end: a thread whose tiles are empty costs no more at a context switch than another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..assembly.inline import inline_assembly

ROWS = 16
ROW_BYTES = 64
TILE_BYTES = ROWS * ROW_BYTES
REGISTERS = 8
TILES = tuple(f"tmm{number}" for number in range(REGISTERS))
# Sums + products of bytes without a sign (the first tile) and with one; of bfloat16.
MULTIPLY = {"int8": "tdpbusd", "bfloat16": "tdpbf16ps"}
# Where the configurations stand, by the rows of what is multiplied from the left.
CONFIGURATIONS = "@amx.configurations"
# The configuration in memory (Intel's manual: LDTILECFG): the palette first, then bytes a row, and rows.
CONFIGURATION_BYTES, ROW_BYTES_AT, ROWS_AT = 64, 16, 48


def configuration(rows: int, of_weights: Iterable[int] = ()) -> bytes:
    """Tile registers of so many rows; those of numbers `of_weights` have all of them."""
    made = bytearray(CONFIGURATION_BYTES)
    made[0] = 1
    for number in range(REGISTERS):
        made[ROW_BYTES_AT + 2 * number] = ROW_BYTES
        made[ROWS_AT + number] = ROWS if number in of_weights else rows
    return bytes(made)


def configurations(of_weights: Iterable[int] = ()) -> str:
    """The constant that `configured` reads: a configuration for 1 to ROWS rows."""
    kept = tuple(of_weights)
    texts = ["".join(f"\\{byte:02X}" for byte in configuration(rows, kept)) for rows in range(1, ROWS + 1)]
    of_one = f"[{CONFIGURATION_BYTES} x i8]"
    values = ", ".join(f'{of_one} c"{text}"' for text in texts)
    return f"{CONFIGURATIONS} = private constant [{ROWS} x {of_one}] [{values}], align {CONFIGURATION_BYTES}"


def configured(rows: str, name: str) -> list[str]:
    """Lines that configure the registers, and make all of them zero; `name` tells these lines' values apart."""
    of_all = f"[{ROWS} x [{CONFIGURATION_BYTES} x i8]]"
    return [
        f"  %{name}.number = sub i64 {rows}, 1",
        f"  %{name} = getelementptr {of_all}, ptr {CONFIGURATIONS}, i64 0, i64 %{name}.number",
        amx(["ldtilecfg [rdi]"], {"rdi": f"%{name}"}),
    ]


def released() -> str:
    """A line that gives the registers back."""
    return amx(["tilerelease"], {})


def amx(lines: Iterable[str], pointers: Mapping[str, str], scratch: Iterable[str] = ()) -> str:
    """An instruction that runs the lines; see `inline_assembly`. `scratch`: general registers that they change."""
    return inline_assembly(lines, pointers, 0, (*scratch, *TILES))
