"""From LLVM IR to object code, and from object code to a function, by llvmlite alone.

Numba takes a third of a second to be imported and a fifth to load a function that it has kept; LLVM has kept object
code in memory, ready to be called, after some milliseconds.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import DeviceError
from ..system.microarchitecture import llvm_cpu_name
from .cores.features import host_architecture, host_features

if TYPE_CHECKING:
    from llvmlite.binding import ExecutionEngine, ModuleRef, TargetMachine

# A function of `codegen.skeleton`'s form: addresses and words come in, 64 bits go out.
ScanFunction = Callable[[int, int, int, int, int, int], int]
# Words are handed over as addresses are: ctypes takes half as long to turn an int into one (0.8 us a call instead of
# 1.6), and every calling convention leaves the upper half of a register or slot that holds a word to chance.
PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_uint64, *[ctypes.c_void_p] * 6)

_LOCK = threading.Lock()
_ready = False


def initialise_llvm() -> None:
    """Have LLVM ready to compile for this host, assembly of our own included; a second call does nothing."""
    global _ready
    import llvmlite.binding as llvm

    with _LOCK:
        if not _ready:
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            # Without it LLVM ends the process where it meets assembly of our own.
            llvm.initialize_native_asmparser()
            _ready = True


def emit_object(*texts: str) -> bytes:
    """The object code of modules of LLVM IR, made one, for this host. Raises DeviceError."""
    with _worded("compile"):
        machine, module = _optimised(*texts)
        return bytes(machine.emit_object(module))


def load_object(code: bytes, symbol: str) -> ScanFunction:
    """The function called `symbol` in object code that `emit_object` has made; calls release the GIL.

    Each call loads the code to another place; `beside` gives its other functions there. LLVM trusts what it is given:
    other bytes may end the process. Raises DeviceError where there is no such function.
    """
    import llvmlite.binding as llvm

    with _worded("load"):
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _host_target())
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
    return _function_of(engine, symbol)


def beside(function: ScanFunction, symbol: str) -> ScanFunction:
    """Another function of the object code that a function was loaded with. Raises DeviceError where there is none."""
    return _function_of(vars(function)["engine"], symbol)


def _function_of(engine: ExecutionEngine, symbol: str) -> ScanFunction:
    with _worded("load"):
        address = engine.get_function_address(symbol)
    if not address:
        raise DeviceError(f"LLVM loaded a kernel without {symbol:.60}")
    function: ScanFunction = PROTOTYPE(address)
    # The code goes when its engine does: whoever holds the function must hold that, too.
    vars(function)["engine"] = engine
    return function


@contextmanager
def _worded(what: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise DeviceError(f"LLVM does not {what} a kernel ({' '.join(str(error).split()):.60})") from error


def _optimised(text: str, *more: str) -> tuple[TargetMachine, ModuleRef]:
    import llvmlite.binding as llvm

    machine = _host_target()
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = llvm.get_process_triple(), str(machine.target_data)
    for other in map(llvm.parse_assembly, more):
        other.triple, other.data_layout = module.triple, module.data_layout
        module.link_in(other)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization, options.slp_vectorization = True, False
    # The passes of functions come once more before those of the module: with these alone most scans become other code,
    # and this is what the kernels were tuned with.
    for function in module.functions:
        builder = llvm.create_pass_builder(machine, options)
        builder.getFunctionPassManager().run(function, builder)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine, module


def _host_target() -> TargetMachine:
    import llvmlite.binding as llvm

    initialise_llvm()
    features = ",".join(f"+{name}" for name in sorted(host_features()))
    # As LLVM wants it for code that runs where it was made: addresses on x86 are known, and may be far apart.
    reloc = "static" if host_architecture() == "x86_64" else "default"
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm_cpu_name(), features=features, opt=3, reloc=reloc, codemodel="jitdefault", jit=True
    )
