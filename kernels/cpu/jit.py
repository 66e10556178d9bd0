"""Compiling a variant with LLVM, and keeping the object code for the next process.

The object code is found by a hash of everything the kernel depends on: our generator's sources, the versions of Python
and LLVM, the kind of system, and the CPU. An edited generator is another one, so a stale kernel cannot be served.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

from ..errors import DeviceError, shortage_of
from ..machines import host_machine
from ..system.microarchitecture import microarchitecture, name_by_model
from . import kept_code
from .cores.features import host_attributes
from .object_code import ScanFunction, beside, emit_object, load_object
from .variants import EARLY, SCAN, Variant

# The folders in `kernels/` that decide what a kernel becomes; what `system` tells of the CPU goes by its value.
GENERATOR = ("cpu", "graph", "headers", "machines", "sha256")
# The last: modules whose sources somebody has left out.
SOURCES = (".py", ".csv", ".pyc")


@dataclass(frozen=True)
class Compiled:
    """A part of a variant as a callable that releases the GIL, and the CPU seconds it took to get it.

    `early`: of a scan, the function that stands beside it where the variant has one (`Variant.emit_early`).
    """

    variant: Variant
    run: ScanFunction
    compile_s: float
    from_cache: bool
    early: ScanFunction | None = None


def compile_variant(variant: Variant, part: str = SCAN, cached: bool = True) -> Compiled:
    """Machine code for the kernel, or for another part of it; the CPU must have what the variant requires.

    Raises DeviceError where LLVM cannot be loaded or does not compile it.
    """
    try:
        import llvmlite.binding  # noqa: F401 (its import is not part of compiling)
    except Exception as error:
        if shortage_of(error) is not None:
            raise
        words = " ".join(str(error).split())
        raise DeviceError(f"llvmlite cannot be loaded ({words:.60}); install hashwatt anew") from error
    started = time.process_time()
    kept = _load_kept(variant, part) if cached else None
    run, early = kept or _compile(variant, part, cached)
    return Compiled(variant, run, time.process_time() - started, kept is not None, early)


def _load_kept(variant: Variant, part: str) -> tuple[ScanFunction, ScanFunction | None] | None:
    code = kept_code.read(generator_hash(), symbol_of(variant, part))
    if code is None:
        return None
    try:
        return _load(variant, part, code)
    except DeviceError:
        return None


def _compile(variant: Variant, part: str, keep: bool) -> tuple[ScanFunction, ScanFunction | None]:
    symbol = symbol_of(variant, part)
    texts = [variant.emit(part, symbol)]
    if part == SCAN and variant.emit_early:
        texts.append(variant.emit_early(symbol_of(variant, EARLY)))
    code = emit_object(*texts)
    if keep:
        kept_code.keep(generator_hash(), symbol, code)
    return _load(variant, part, code)


def _load(variant: Variant, part: str, code: bytes) -> tuple[ScanFunction, ScanFunction | None]:
    run = load_object(code, symbol_of(variant, part))
    has_early = part == SCAN and variant.emit_early is not None
    return run, beside(run, symbol_of(variant, EARLY)) if has_early else None


def symbol_of(variant: Variant, part: str) -> str:
    """What the function of a variant's part is called, which is also a part of a file's name."""
    return f"hashwatt_{variant.name}_{part}".replace("-", "_")


@cache
def generator_hash() -> str:
    """A SHA-256 (hex) over everything that decides what machine code a variant becomes, its source first of all."""
    digest = sha256()
    kernels = Path(__file__).parent.parent
    for name in GENERATOR:
        for path in _sources(str(kernels / name)):
            content = Path(path).read_bytes()
            # A file that is renamed, or parted elsewhere, is another one.
            digest.update(f"{os.path.relpath(path, kernels)} {len(content)}\0".encode() + content)
    machine = host_machine()
    # Which data a CPU without rows of its own is given depends on archspec's tree.
    cpu = (platform.machine(), host_attributes(), microarchitecture() or "", name_by_model(), machine and machine.name)
    for part in (*_llvm(), sys.version, *cpu):
        digest.update(f"{part}\0".encode())
    return digest.hexdigest()


def _sources(folder: str) -> Iterator[str]:
    """The paths of what a folder's modules are loaded from, and of their data, always in the same order."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=attrgetter("name"))
    for entry in entries:
        if entry.is_dir():
            # What Python has made of the sources beside it.
            if entry.name != "__pycache__":
                yield from _sources(entry.path)
        elif entry.name.endswith(SOURCES):
            yield entry.path


def _llvm() -> tuple[str, str, str]:
    """Its version, that of llvmlite, and the kind of system and of object code that it makes code for.

    "none" where it cannot be loaded, which costs other devices nothing. Distributions build llvmlite against an LLVM of
    their own.
    """
    try:
        binding = importlib.import_module("llvmlite.binding")
        version = str(importlib.import_module("llvmlite").__version__)
        return version, ".".join(map(str, binding.llvm_version_info)), str(binding.get_process_triple())
    except (ImportError, OSError):
        return "none", "none", "none"
