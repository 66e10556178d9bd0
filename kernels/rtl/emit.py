"""A core as text: RTLIL, which Yosys reads, and Verilog, for people who own a board."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

from .core import build_core
from .extra import versions
from .shape import Shape
from .workshop import made_once, run_yosys

TOP = "sha256d_core"


@cache
def rtlil(shape: Shape) -> str:
    """The core in Yosys' own language."""
    from amaranth.back import rtlil as backend

    core = build_core(shape)
    # Sources' line numbers would make every edit of a comment another core.
    return cast(str, backend.convert(core.module, ports=list(core.ports.values()), name=TOP, emit_src=False))


def digest(text: str) -> str:
    """What names a text in the cache."""
    return sha256(text.encode()).hexdigest()


def verilog(shape: Shape) -> str:
    """The core in Verilog 2005."""
    source = rtlil(shape)

    def make(folder: Path) -> None:
        (folder / "core.il").write_text(source, encoding="utf-8")
        run_yosys(
            ["read_rtlil core.il", f"hierarchy -top {TOP}", "proc", "opt_clean", "write_verilog -noattr core.v"], folder
        )

    made = made_once("verilog", {"core": digest(source), **versions(["pyosys"])}, make)
    return (made / "core.v").read_text(encoding="utf-8")
