"""Random updates as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...device import AnyDevice, DeviceInfo, Executes
from ...errors import InputError
from ..checked import ProvenByChecks
from ..languages import no_language
from ..protocol import Request, Task, Value
from ..quantity import UPDATE, Quantity
from ..suite import SIZE, Size, Suite, size_text

LANGUAGES = ("llvm", "opencl", "python")
SMALLEST, LARGEST = 1 << 16, 1 << 40


class Gups(ProvenByChecks):
    """See Workload. Its one parameter is `size` (bytes of the table), where it was asked for."""

    name = "gups"
    summary = "random updates of a table beyond the caches (RandomAccess): XORs at places that nobody can foresee"
    quantity: Quantity = UPDATE
    binds = "latency"
    suite: Suite | None = Suite(other_s=3.0, size=Size("bytes of the table", SMALLEST, LARGEST, is_bytes=True))

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: a quarter of the memory, at most 512 MiB, unless stated."""
        for name in given:
            if name != SIZE:
                raise InputError(f"gups has no parameter {name!r:.40}; it has {SIZE}")
        size = given.get(SIZE)
        if size is not None and (not isinstance(size, int) or not SMALLEST <= size <= LARGEST):
            raise InputError(f"gups takes a table of 64 KiB to 1 TiB, not {size!s:.40} bytes")
        return {} if size is None else {SIZE: size}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload: the size that was asked for."""
        size = parameters.get(SIZE)
        return f"a table of {size_text(size)}" if isinstance(size, int) else ""

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """Nothing: the task tells its roof itself, by reads of the same table."""
        return {}

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        size = parameters.get(SIZE)
        if isinstance(size, int) and info.memory_bytes is not None and size > info.memory_bytes:
            free = info.memory_bytes >> 20
            return (
                f"{info.id} has room for {free} MiB, too little for a table of {size >> 20} MiB; give a smaller --size"
            )
        return no_language(info, self.name, LANGUAGES)

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from .task import GupsTask

        return GupsTask(cast(Executes, device), request)


WORKLOAD = Gups()
