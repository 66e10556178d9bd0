"""Compiling a variant through Numba, and keeping the machine code for the next process.

The emitted IR is linked into a one-line `@njit` function by an intrinsic. Numba's own disk cache
keeps the result; because it looks at the source file of that function only, the function is written
to a file of its own, in a folder named after a hash of everything the kernel depends on: our
generator's sources, the versions of Python, Numba and llvmlite, and the CPU. An edited generator is
another folder, so a stale kernel cannot be served.
"""

from __future__ import annotations

import importlib
import importlib.util
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from types import ModuleType

from ..errors import DeviceError
from ..system.numba_settings import default_settings
from ..system.own_files import cache_folder, write_atomically
from ..system.trust import holds_only_own
from .cores.features import host_attributes
from .variants import SCAN, Variant, variant

# The wrapper that Numba compiles. `uintp` arguments are the addresses of the job's words and of the records.
WRAPPER = """\
from numba import njit, uint32, uint64, uintp

from {package}.jit import native_call

native = native_call({variant!r}, {part!r})


@njit(uint64(uintp, uint32, uint32, uint32, uint32, uintp), nogil=True, cache={cached})
def run(job, first, batches, partial, prefixes, records):
    return native(job, first, batches, partial, prefixes, records)
"""

# As much of a hash as no two generators that anybody keeps will share, and short enough for Windows' paths.
FOLDER_DIGITS = 16

NativeFunction = Callable[[int, int, int, int, int, int], int]


@dataclass(frozen=True)
class Compiled:
    """A part of a variant as a callable that releases the GIL, and the CPU seconds it took to get it."""

    variant: Variant
    run: NativeFunction
    compile_s: float
    from_cache: bool


def compile_variant(variant: Variant, part: str = SCAN, cached: bool = True) -> Compiled:
    """Machine code for the kernel, or for another part of it; the CPU must have what the variant requires.

    Raises DeviceError where Numba cannot be loaded or has been told not to compile.
    """
    with default_settings():
        try:
            import numba  # (its import is not part of compiling)
        except Exception as error:
            words = " ".join(str(error).split())
            raise DeviceError(f"Numba cannot be loaded ({words:.60}); install hashwatt anew") from error
        if numba.config.DISABLE_JIT:
            raise DeviceError("this program has set numba.config.DISABLE_JIT, so no kernel can be compiled; unset it")
        started = time.process_time()
        module = _load_from_cache(variant, part) if cached else None
        if module is None:
            module = ModuleType(_module_name(variant, part))
            source = WRAPPER.format(package=__package__, variant=variant.name, part=part, cached=False)
            exec(source, module.__dict__)
        from_cache = bool(module.run.stats.cache_hits)
        return Compiled(variant, module.run, time.process_time() - started, from_cache)


def _load_from_cache(variant: Variant, part: str) -> ModuleType | None:
    folder = cache_folder("kernels", generator_hash()[:FOLDER_DIGITS])
    # Machine code is kept as a pickle, which is as good as a program.
    if folder is None or not holds_only_own(folder):
        return None
    name = _module_name(variant, part)
    path = folder / f"{name}.py"
    source = WRAPPER.format(package=__package__, variant=variant.name, part=part, cached=True)
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != source:
            write_atomically(path, source.encode())
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Numba finds the function's module by name when it saves and loads machine code.
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except Exception:
        # Damaged machine code can raise anything while it is unpickled. It can be made again, so it goes.
        rmtree(folder, ignore_errors=True)
        return None
    return module


def _module_name(variant: Variant, part: str) -> str:
    # Numba makes file names of it, and Windows has 260 characters for all of a path.
    return f"{variant.name}_{part}".replace("-", "_")


@cache
def generator_hash() -> str:
    """A SHA-256 (hex) over everything that decides what machine code a variant becomes, its source first of all."""
    digest = sha256()
    here = Path(__file__).parent
    for folder in (here, *(here.parent / name for name in ("graph", "sha256", "machines"))):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".csv")):
            digest.update(path.read_bytes())
    versions = (_version_of("numba"), _version_of("llvmlite"))
    for part in (*versions, sys.version, platform.machine(), host_attributes()):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _version_of(module: str) -> str:
    """A module's version; "none" where it cannot be loaded, which costs devices other than the CPU nothing."""
    try:
        return str(importlib.import_module(module).__version__)
    except (ImportError, OSError):
        return "none"


def native_call(variant_name: str, part: str) -> object:
    """A Numba intrinsic that calls the emitted function of a variant's part; used by the generated wrapper."""
    import llvmlite.binding as llvm
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    emitted = variant(variant_name)
    symbol = f"hashwatt_{variant_name}_{part}".replace("-", "_")

    def native(typing_context, job, first, batches, partial, prefixes, records):  # type: ignore[no-untyped-def]
        word = types.uint32
        signature = types.uint64(types.uintp, word, word, word, word, types.uintp)

        def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            # Without it LLVM ends the process where it meets assembly of our own.
            llvm.initialize_native_asmparser()
            context.active_code_library.add_llvm_module(llvm.parse_assembly(emitted.emit(part, symbol)))
            word, pointer = ir.IntType(32), ir.PointerType()
            kind = ir.FunctionType(ir.IntType(64), [pointer, word, word, word, word, pointer])
            function = ir.Function(builder.module, kind, symbol)
            job_at, *words, records_at = arguments
            job_at, records_at = builder.inttoptr(job_at, pointer), builder.inttoptr(records_at, pointer)
            return builder.call(function, [job_at, *words, records_at])

        return signature, codegen

    return intrinsic(native)
