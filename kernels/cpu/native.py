"""Functions in LLVM IR, compiled for this host in milliseconds and called without Numba in between.

Numba's front end takes a second for a function; a suite has dozens.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import DeviceError
from .cores.features import host_attributes
from .object_code import initialise_llvm

# Where a function's text shall have the attributes that allow what the host has.
ATTRIBUTES = "#host"
POINTER, INTEGER, REAL = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double


class NativeFunction:
    """A compiled function of addresses, 64-bit integers and doubles; calls release the GIL."""

    def __init__(self, text: str, entry: str) -> None:
        """Compile `entry` of `text`, in which ATTRIBUTES stand for the host's. Raises DeviceError."""
        import llvmlite.binding as llvm

        initialise_llvm()
        try:
            module = llvm.parse_assembly(text.replace(ATTRIBUTES, host_attributes()))
            module.verify()
            # The text is the last word: what is wanted from LLVM is instructions and registers. `speed_level` 2 unrolls
            # nothing by itself and keeps what was written.
            machine = llvm.Target.from_default_triple().create_target_machine(
                cpu=llvm.get_host_cpu_name(), features=_features(), opt=3
            )
            options = llvm.create_pipeline_tuning_options(speed_level=2)
            options.loop_unrolling = options.loop_vectorization = options.slp_vectorization = False
            builder = llvm.create_pass_builder(machine, options)
            builder.getModulePassManager().run(module, builder)
            self._engine = llvm.create_mcjit_compiler(module, machine)
            self._engine.finalize_object()
        except RuntimeError as error:
            raise DeviceError(f"LLVM does not compile {entry} ({' '.join(str(error).split()):.60})") from error
        self._address = self._engine.get_function_address(entry)
        self._by_types: dict[tuple[Any, ...], Callable[..., None]] = {}

    def typed(self, buffers: int, scalars: Sequence[int | float]) -> Callable[..., None]:
        """The function for so many addresses, scalars of these types, and the two bounds of a range."""
        types = (
            *(POINTER for _ in range(buffers)),
            *(REAL if isinstance(value, float) else INTEGER for value in scalars),
            INTEGER,
            INTEGER,
        )
        if types not in self._by_types:
            self._by_types[types] = ctypes.CFUNCTYPE(None, *types)(self._address)
        return self._by_types[types]


def _features() -> str:
    from .cores.features import host_features

    return ",".join(f"+{name}" for name in sorted(host_features()))
