"""Peak arithmetic and the intensity sweep as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...device import AnyDevice, DeviceInfo, Executes
from ...errors import InputError
from ..checked import ProvenByChecks
from ..languages import no_language
from ..protocol import Request, Task, Value
from ..quantity import FLOP, OPERATION, Quantity
from ..stream.arrays import too_large
from ..suite import SIZE, Size, Suite
from .formats import FORMATS, INTENSITIES, USUAL
from .launches import LANGUAGES

# What every device computes that nobody tells anything of.
ALWAYS = ("float32", "int32")
_FORMATS: tuple[Mapping[str, Value], ...] = tuple({"number": number} for number in FORMATS)
_SWEEP: tuple[Mapping[str, Value], ...] = tuple({"number": USUAL, "intensity": each} for each in INTENSITIES)
ROWS = (*_FORMATS, *_SWEEP)


class Peak(ProvenByChecks):
    """See Workload.

    Its parameters are `number`, and for the sweep `intensity` (operations for each byte moved) and `size` (bytes of the
    array) where it was asked for.
    """

    name = "peak"
    summary = "peak arithmetic by number format, in registers; and a sweep of operations for each byte of memory"
    quantity: Quantity = FLOP
    binds = USUAL
    suite: Suite | None = Suite(
        seconds=1.0, rows=ROWS, size=Size("bytes of the sweep's array", 1 << 16, 1 << 40, is_bytes=True)
    )

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: 64-bit numbers, and no sweep, unless stated."""
        for name in given:
            if name not in ("number", "intensity", SIZE):
                raise InputError(f"peak has no parameter {name!r:.40}; it has number, intensity and size")
        number = given.get("number", USUAL)
        if number not in FORMATS:
            raise InputError(f"peak has no numbers {number!s:.40}; it has {', '.join(FORMATS)}")
        intensity, size = given.get("intensity"), given.get(SIZE)
        if intensity is None:
            # A size is the sweep's affair.
            return {"number": number}
        if intensity not in INTENSITIES or number != USUAL:
            told = ", ".join(f"{each:g}" for each in INTENSITIES)
            raise InputError(f"peak sweeps {USUAL} at {told} flop a byte, not {number!s:.20} at {intensity!s:.20}")
        if size is not None and (not isinstance(size, int) or not 1 << 16 <= size <= 1 << 40):
            raise InputError(f"peak's sweep takes an array of 64 KiB to 1 TiB, not {size!s:.40} bytes")
        sized: dict[str, Value] = {} if size is None else {SIZE: size}
        return {"number": number, "intensity": float(intensity), **sized}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload: the number format, and the sweep's intensity."""
        intensity = parameters.get("intensity")
        number = str(parameters.get("number", USUAL))
        return number if intensity is None else f"{number}, {intensity:g} flop/byte"

    def quantity_of(self, parameters: Mapping[str, Value]) -> Quantity:
        """See HasQuantities: integer operations are no floating-point ones."""
        return FLOP if FORMATS[str(parameters["number"])].is_flop else OPERATION

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See Workload."""
        intensity = parameters.get("intensity")
        memory = {} if intensity is None else {"memory": 1 / float(intensity)}
        return {str(parameters["number"]): 1.0, **memory}

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        missing = no_language(info, self.name, LANGUAGES)
        if missing is not None:
            return missing
        number = str(parameters["number"])
        if number not in (info.numbers or ALWAYS):
            what = "no dot products of bytes (int8)" if number == "int8" else f"no {number} by itself"
            return f"{info.id} computes {what}; peak has other formats for it"
        size = parameters.get(SIZE)
        return too_large(info, size if isinstance(size, int) else None, 1) if "intensity" in parameters else None

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from .sweep import SweepTask
        from .task import PeakTask

        kind = SweepTask if "intensity" in request.parameters else PeakTask
        return kind(cast(Executes, device), request)


WORKLOAD = Peak()
