"""CPU kernels that are made here for another kind of processor, as object files which a Python there loads and runs.

Under an emulator LLVM takes a quarter of a minute for each, and no time here; what it makes is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu import variants as module
from hashwatt.kernels.cpu.cores import features
from hashwatt.kernels.cpu.variants import SCAN, Variant

# What kernels are emitted for, by architecture: no more than every such processor has, and what a kernel asks for.
CPUS = {"x86_64": "x86-64", "aarch64": "generic"}
SYMBOL, BESIDE = "scan", "early"
# `python -c LOADED FOLDER`: holds each kernel in the folder against hashlib, as it is before it is timed, and says so.
LOADED = """
import sys
from pathlib import Path
from hashwatt.kernels.cpu.jit import Compiled
from hashwatt.kernels.cpu.object_code import beside, load_object
from hashwatt.kernels.cpu.race import _checked
from hashwatt.kernels.cpu.variants import variants
for each in (*variants(False), *variants(True)):
    if each.missing() is None:
        code = (Path(sys.argv[1]) / f"{each.name}.o").read_bytes()
        run = load_object(code, "scan")
        _checked(Compiled(each, run, 0.0, False, beside(run, "early") if each.emit_early else None))
        print(each.name, flush=True)
"""


def ready() -> None:
    """LLVM's parts for all processors."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.initialize_native_asmparser()


@contextmanager
def emitting_for(kernel: Variant, architecture: str) -> Iterator[None]:
    """Kernels are emitted for a processor of that architecture with all that this kernel asks for, and nothing else."""

    def attributes(without: tuple[str, ...] = ()) -> str:
        wanted = [f"+{name}" for name in sorted(kernel.requires)] + [f"-{name}" for name in without]
        return f'"target-cpu"="{CPUS[architecture]}" "target-features"="{",".join(wanted)}"'

    with pytest.MonkeyPatch.context() as patch:
        for place in (module, features):
            patch.setattr(place, "host_attributes", attributes)
        yield


def object_file(kernel: Variant, triple: str, optimised: bool) -> bytes:
    """The object file of a kernel for a system. Skips where this LLVM cannot read assembly for that processor."""
    emitted = kernel.emit(SCAN, SYMBOL)
    if "asm sideeffect" in emitted and triple.startswith("x86_64") != llvm.get_default_triple().startswith("x86_64"):
        pytest.skip("this LLVM has the assembler of its own machine only")
    parsed = llvm.parse_assembly(emitted)
    if kernel.emit_early:
        parsed.link_in(llvm.parse_assembly(kernel.emit_early(BESIDE)))
    parsed.verify()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=2 if optimised else 0, reloc="pic")
    return bytes(machine.emit_object(parsed))


def make(kernels: list[Variant], architecture: str, triple: str, folder: Path) -> None:
    """Write each kernel's object file into the folder, under the kernel's name."""
    ready()
    for kernel in kernels:
        with emitting_for(kernel, architecture):
            (folder / f"{kernel.name}.o").write_bytes(object_file(kernel, triple, optimised=True))
