"""CUDA C++ compiled by NVRTC, which needs no card: to PTX for an architecture's family, or to code for one card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Kind = Literal["ptx", "cubin"]
STANDARD = "--std=c++17"
# Words of the dialect that a kernel has no use for.
QUIET = "--diag-suppress=177"
# OpenCL's functions do not say that they are the card's.
OF_THE_CARD = "--device-as-default-execution-space"


class CompilerMissing(Exception):
    """NVRTC, or NVIDIA's binding to it, is not installed: why, in a few words."""


class CompilerRefused(Exception):
    """NVRTC refuses a source; the text is its log."""


@dataclass(frozen=True)
class Code:
    """What a source became. `log`: what the compiler said, if anything."""

    kind: Kind
    data: bytes
    log: str


def compile_cuda(source: str, arch: str, kind: Kind = "cubin") -> Code:
    """Compile for `arch` (sm_90). Raises CompilerMissing, CompilerRefused."""
    nvrtc = _binding()
    family = arch.replace("sm_", "compute_") if kind == "ptx" else arch
    options = [f"--gpu-architecture={family}", STANDARD, QUIET, OF_THE_CARD]
    program = _answer(nvrtc, nvrtc.nvrtcCreateProgram(source.encode(), b"kernel.cu", 0, [], []))
    try:
        (status,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
        log = _text(nvrtc, "ProgramLog", program).decode(errors="replace").strip()
        if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
            raise CompilerRefused(log or str(status))
        return Code(kind, _text(nvrtc, kind.upper(), program), log)
    finally:
        nvrtc.nvrtcDestroyProgram(program)


def architectures() -> tuple[str, ...]:
    """Those that the installed NVRTC compiles for. Raises CompilerMissing."""
    nvrtc = _binding()
    return tuple(f"sm_{number}" for number in _answer(nvrtc, nvrtc.nvrtcGetSupportedArchs()))


def _binding() -> Any:
    try:
        nvrtc = import_module("cuda.bindings.nvrtc")
        # Loads the library, which is another package's.
        _answer(nvrtc, nvrtc.nvrtcVersion())
    except (ImportError, OSError, RuntimeError) as error:
        raise CompilerMissing(f"{error!s:.200}".partition("\n")[0]) from error
    return nvrtc


def _answer(nvrtc: Any, answered: Sequence[Any]) -> Any:
    status, *values = answered
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise CompilerRefused(str(status))
    return values[0]


def _text(nvrtc: Any, what: str, program: Any) -> bytes:
    size = _answer(nvrtc, getattr(nvrtc, f"nvrtcGet{what}Size")(program))
    data = bytearray(size)
    (status,) = getattr(nvrtc, f"nvrtcGet{what}")(program, data)
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise CompilerRefused(str(status))
    # Texts end with a NUL.
    return bytes(data) if what == "CUBIN" else bytes(data).rstrip(b"\0")
