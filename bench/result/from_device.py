"""A device's own description turned into result records: bounded, printable, finite."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...kernels import device
from ...kernels.device import DeviceInfo, KernelInfo
from .model import CandidateRecord, DeviceRecord, KernelRecord, Roof
from .printable import printable

Value = int | float | str
MOST_SETTINGS = 200
MOST_CANDIDATES = 200
# The model's own bounds.
LARGEST = 1e30
LONGEST_S = 1e9


def device_record(info: DeviceInfo) -> DeviceRecord:
    """The result's record of a device."""
    return DeviceRecord(
        id=info.id,
        kind=info.kind,
        name=printable(info.name),
        vendor=printable(info.vendor),
        backend=printable(info.backend, 200) or "unknown",
        driver=printable(info.driver),
        compute_units=info.compute_units,
        limits=_settings(info.limits),
    )


def kernel_record(kernel: KernelInfo, compile_s: float) -> KernelRecord:
    """The result's record of a kernel that took `compile_s` seconds to compile."""
    return KernelRecord(
        name=printable(kernel.name, 200) or "unknown",
        prefixes=kernel.prefixes,
        tuning=_settings(kernel.tuning),
        compile_s=_finite(compile_s, LONGEST_S),
        source_sha256=printable(kernel.source_sha256),
        candidates=tuple(
            CandidateRecord(
                name=printable(candidate.name, 200) or "unknown",
                hashrate_hs=_finite(candidate.hashrate_hs, LARGEST),
                compile_s=_finite(candidate.compile_s, LONGEST_S),
                reason=None if candidate.reason is None else printable(candidate.reason),
            )
            for candidate in kernel.candidates[:MOST_CANDIDATES]
        ),
    )


def roof_record(roof: device.Roof, hashrate_hs: float) -> Roof | None:
    """The result's record of a measured roof, with the hashrate as a share of it; None for an unusable one."""
    roof_hs = _finite(roof.hashrate_hs, LARGEST)
    if not roof_hs:
        return None
    return Roof(
        hashrate_hs=roof_hs,
        origin="measured",
        percent=100 * hashrate_hs / roof_hs,
        clock_hz=_finite(roof.clock_hz, LARGEST),
        cycles_per_hash=_finite(roof.cycles_per_hash, LARGEST),
        explanation=printable(roof.explanation),
    )


def _settings(values: Mapping[str, Value]) -> dict[str, Value]:
    known = list(values.items())[:MOST_SETTINGS]
    return {printable(name, 200) or "unnamed": _storable(value) for name, value in known}


def _storable(value: Value) -> Value:
    """Numbers that the model's bounds do not hold (64-bit masks, infinities) become text, which keeps them exact."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    return value if math.isfinite(value) and abs(value) <= LARGEST else str(value)


def _finite(value: float | None, largest: float) -> float | None:
    return value if value is not None and 0 <= value <= largest else None
