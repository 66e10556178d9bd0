"""Compiling a variant with LLVM, and keeping the object code for the next process.

The object code is found by a hash of everything the kernel depends on: our generator's sources, the versions of Python
and LLVM, and the CPU. An edited generator is another one, so a stale kernel cannot be served.
"""

from __future__ import annotations

import importlib
import platform
import sys
import time
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from ..errors import DeviceError
from ..system.microarchitecture import microarchitecture, name_by_model
from . import kept_code
from .cores.features import host_attributes
from .object_code import ScanFunction, emit_object, load_object
from .variants import SCAN, Variant


@dataclass(frozen=True)
class Compiled:
    """A part of a variant as a callable that releases the GIL, and the CPU seconds it took to get it."""

    variant: Variant
    run: ScanFunction
    compile_s: float
    from_cache: bool


def compile_variant(variant: Variant, part: str = SCAN, cached: bool = True) -> Compiled:
    """Machine code for the kernel, or for another part of it; the CPU must have what the variant requires.

    Raises DeviceError where LLVM cannot be loaded or does not compile it.
    """
    try:
        import llvmlite.binding  # noqa: F401 (its import is not part of compiling)
    except Exception as error:
        words = " ".join(str(error).split())
        raise DeviceError(f"llvmlite cannot be loaded ({words:.60}); install hashwatt anew") from error
    started = time.process_time()
    symbol = symbol_of(variant, part)
    kept = _load_kept(symbol) if cached else None
    run = kept or _compile(variant, part, symbol, cached)
    return Compiled(variant, run, time.process_time() - started, kept is not None)


def _load_kept(symbol: str) -> ScanFunction | None:
    code = kept_code.read(generator_hash(), symbol)
    if code is None:
        return None
    try:
        return load_object(code, symbol)
    except DeviceError:
        return None


def _compile(variant: Variant, part: str, symbol: str, keep: bool) -> ScanFunction:
    code = emit_object(variant.emit(part, symbol))
    if keep:
        kept_code.keep(generator_hash(), symbol, code)
    return load_object(code, symbol)


def symbol_of(variant: Variant, part: str) -> str:
    """What the function of a variant's part is called, which is also a part of a file's name."""
    return f"hashwatt_{variant.name}_{part}".replace("-", "_")


@cache
def generator_hash() -> str:
    """A SHA-256 (hex) over everything that decides what machine code a variant becomes, its source first of all."""
    digest = sha256()
    here = Path(__file__).parent
    for folder in (here, *(here.parent / name for name in ("graph", "sha256", "machines"))):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".csv")):
            digest.update(path.read_bytes())
    cpu = (platform.machine(), host_attributes(), microarchitecture() or "", name_by_model())
    for part in (*_llvm_versions(), sys.version, *cpu):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _llvm_versions() -> tuple[str, str]:
    """Of llvmlite and of the LLVM in it; "none" where it cannot be loaded, which costs other devices nothing.

    Distributions build llvmlite against an LLVM of their own.
    """
    try:
        version = str(importlib.import_module("llvmlite").__version__)
        return version, ".".join(map(str, importlib.import_module("llvmlite.binding").llvm_version_info))
    except (ImportError, OSError):
        return "none", "none"
