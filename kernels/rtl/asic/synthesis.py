"""From a core's description to a netlist of a library's cells: Yosys, and ABC inside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from ..emit import TOP, digest
from ..extra import versions
from ..workshop import Say, made_once, run_yosys, say_nothing
from .liberty import read_liberty_text

# Without the buffering a reset or select line that drives a thousand gates sets the clock: 746 ns where
# 8 ns suffice. `map -B 0.9` lets ABC trade area for the delays of large loads.
ABC = "+strash;ifraig;scorr;dc2;dch,-f;map,-B,0.9;topo;buffer,-c,-N,12,-p;upsize;dnsize"


def synthesise(rtlil: str, liberty: Sequence[Path], avoid: Iterable[str] = (), say: Say = say_nothing) -> Path:
    """A folder with the netlist of the core's cells as `netlist.json` and `netlist.v`. Raises ToolFailed, InputError.

    `avoid` names cells that must not be used, `*` standing for any letters.
    """
    texts = [read_liberty_text(path) for path in liberty]
    avoided = sorted(avoid)

    def make(folder: Path) -> None:
        say("synthesising to standard cells")
        names = [f"cells{index}.lib" for index in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "core.il").write_text(rtlil, encoding="utf-8")
        run_yosys(script(names, avoided), folder)
        for name in names:
            (folder / name).unlink()

    inputs = {
        "core": digest(rtlil),
        "liberty": [sha256(text.encode()).hexdigest() for text in texts],
        "script": script(["cells.lib"], avoided),
        **versions(["pyosys"]),
    }
    return made_once("cells", inputs, make)


def script(liberty: Sequence[str], avoid: Sequence[str]) -> list[str]:
    """The Yosys commands for Liberty files of these names."""
    libraries = " ".join(f"-liberty {name}" for name in liberty)
    unused = " ".join(f"-dont_use {name}" for name in avoid)
    return [
        "read_rtlil core.il",
        f"synth -flatten -noabc -top {TOP}",
        # Cells have no initial value: what needs one is reset, and the rest is filled before it is used.
        "setattr -unset init w:*",
        f"dfflibmap {libraries} {unused}",
        "opt",
        f"abc {libraries} {unused} -script {ABC}",
        "opt_clean -purge",
        "setattr -unset src w:* c:*",
        "write_json netlist.json",
        "write_verilog -noattr -noexpr netlist.v",
        "write_rtlil netlist.il",
    ]
