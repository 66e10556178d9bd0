"""Compiling a variant through Numba, and keeping the machine code for the next process.

The emitted IR is linked into a one-line `@njit` function by an intrinsic. Numba's own disk cache
keeps the result; because it looks at the source file of that function only, the function is written
to a file of its own, in a folder named after a hash of everything the kernel depends on: our
generator's sources, the versions of Python, Numba and llvmlite, and the CPU. An edited generator is
another folder, so a stale kernel cannot be served.
"""

from __future__ import annotations

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

from ..files import cache_folder, write_atomically
from .features import host_attributes
from .variants import Variant, variants

# The wrapper that Numba compiles. `uintp` arguments are the addresses of the job's words and of the records.
WRAPPER = """\
from numba import njit, uint32, uint64, uintp

from {package}.jit import kernel_intrinsic

kernel = kernel_intrinsic({name!r})


@njit(uint64(uintp, uint32, uint32, uint32, uint32, uintp), nogil=True, cache={cached})
def scan(job, first, batches, partial, prefixes, records):
    return kernel(job, first, batches, partial, prefixes, records)
"""

NativeScan = Callable[[int, int, int, int, int, int], int]


@dataclass(frozen=True)
class Compiled:
    """A variant's machine code, and the CPU seconds it took to get it (from the cache or from scratch)."""

    variant: Variant
    scan: NativeScan
    compile_s: float
    from_cache: bool


def compile_variant(variant: Variant, cached: bool = True) -> Compiled:
    """The variant as a callable that releases the GIL. The CPU must have what the variant requires."""
    import numba  # noqa: F401  (its import is not part of compiling)

    started = time.process_time()
    module = _load_from_cache(variant) if cached else None
    if module is None:
        module = ModuleType(_module_name(variant))
        exec(WRAPPER.format(package=__package__, name=variant.name, cached=False), module.__dict__)
    hits = bool(module.scan.stats.cache_hits)
    return Compiled(variant, module.scan, time.process_time() - started, hits)


def _load_from_cache(variant: Variant) -> ModuleType | None:
    folder = cache_folder("kernels", generator_hash())
    if folder is None:
        return None
    path = folder / f"{variant.symbol}.py"
    source = WRAPPER.format(package=__package__, name=variant.name, cached=True)
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != source:
            write_atomically(path, source.encode())
        spec = importlib.util.spec_from_file_location(_module_name(variant), path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Numba finds the function's module by name when it saves and loads machine code.
        sys.modules[module.__name__] = module
        spec.loader.exec_module(module)
    except Exception:
        # Damaged machine code can raise anything while it is unpickled. It can be made again, so it goes.
        rmtree(folder, ignore_errors=True)
        return None
    return module


def _module_name(variant: Variant) -> str:
    return f"{variant.symbol}_wrapper"


@cache
def generator_hash() -> str:
    """A SHA-256 (hex) over everything that decides what machine code a variant becomes, its source first of all."""
    import llvmlite
    import numba

    digest = sha256()
    here = Path(__file__).parent
    for folder in (here, here.parent / "sha256"):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    for part in (numba.__version__, llvmlite.__version__, sys.version, platform.machine(), host_attributes()):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def kernel_intrinsic(name: str) -> object:
    """A Numba intrinsic that calls the emitted function of the variant `name`; used by the generated wrapper."""
    import llvmlite.binding as llvm
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    variant = next(each for each in (*variants(False), *variants(True)) if each.name == name)

    def kernel(typing_context, job, first, batches, partial, prefixes, records):  # type: ignore[no-untyped-def]
        word = types.uint32
        signature = types.uint64(types.uintp, word, word, word, word, types.uintp)

        def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            context.active_code_library.add_llvm_module(llvm.parse_assembly(variant.emit(variant.symbol)))
            word, pointer = ir.IntType(32), ir.PointerType()
            kind = ir.FunctionType(ir.IntType(64), [pointer, word, word, word, word, pointer])
            function = ir.Function(builder.module, kind, variant.symbol)
            first_at, *words, records_at = arguments
            first_at = builder.inttoptr(first_at, pointer)
            records_at = builder.inttoptr(records_at, pointer)
            return builder.call(function, [first_at, *words, records_at])

        return signature, codegen

    return intrinsic(kernel)
