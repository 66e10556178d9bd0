"""STREAM's operations as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...device import AnyDevice, DeviceInfo, Executes
from ...errors import InputError
from ..checked import ProvenByChecks
from ..languages import no_language
from ..protocol import Request, Task, Value
from ..quantity import BYTE, Quantity
from ..suite import SIZE, Size, Suite, size_text
from .arrays import LANGUAGES, too_large
from .counts import OPERATIONS, USUAL, counts_of

NUMBER = "float64"


class Stream(ProvenByChecks):
    """See Workload. Its parameters are `operation`, `number`, and `size` (bytes of an array) where it was asked for."""

    name = "stream"
    summary = "memory bandwidth: STREAM's copy, mul, add, triad and dot on 64-bit numbers, arrays beyond the caches"
    quantity: Quantity = BYTE
    binds = "memory"
    suite: Suite | None = Suite(
        seconds=1.0,
        other_s=2.0,
        rows=tuple({"operation": operation} for operation in OPERATIONS),
        size=Size("bytes an array", 1 << 16, 1 << 40, is_bytes=True),
    )

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: the triad unless stated."""
        operation = given.get("operation", USUAL)
        if operation not in OPERATIONS:
            raise InputError(f"stream has no operation {operation!s:.40}; it has {', '.join(OPERATIONS)}")
        for name, value in given.items():
            if name not in ("operation", SIZE) and (name, value) != ("number", NUMBER):
                raise InputError(f"stream has no {name!r:.40} of {value!r:.40}; leave it out")
        size = given.get(SIZE)
        if size is not None and (not isinstance(size, int) or not 1 << 16 <= size <= 1 << 40):
            raise InputError(f"stream takes arrays of 64 KiB to 1 TiB, not {size!s:.40} bytes")
        sized: dict[str, Value] = {} if size is None else {SIZE: size}
        return {"operation": operation, "number": NUMBER, **sized}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload: the operation, and the size that was asked for."""
        size = parameters.get(SIZE)
        sized = f", {size_text(size)} an array" if isinstance(size, int) else ""
        return f"{parameters.get('operation', USUAL)}{sized}"

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See Workload."""
        return counts_of(str(parameters["operation"]))

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        missing = no_language(info, self.name, LANGUAGES)
        if missing is not None:
            return missing
        if info.numbers and NUMBER not in info.numbers:
            return f"{info.id} computes no 64-bit numbers, which stream moves; use another device"
        size = parameters.get(SIZE)
        return too_large(info, size if isinstance(size, int) else None)

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from .task import StreamTask

        return StreamTask(cast(Executes, device), request)


WORKLOAD = Stream()
