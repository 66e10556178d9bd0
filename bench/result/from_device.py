"""A device's own description turned into result records: bounded, printable, finite."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Integral

from ...kernels import device
from ...kernels.device import DeviceInfo, KernelInfo
from ...kernels.workloads.quantity import per_second
from .measurement import CandidateRecord, CeilingRecord, DeviceRecord, KernelRecord, Roof
from .printable import printable

Value = int | float | str
MOST_SETTINGS = 200
MOST_CANDIDATES = 200
# The model's own bounds.
LARGEST = 1e30
# In per cent: what of a roof can be reached, where both were measured.
MOST_OF_ROOF = 105.0
LONGEST_S = 1e9
LARGEST_INTEGER = 2**63 - 1
MOST_PREFIXES = 1 << 16
LONGEST_BITS = 1024
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,79}")


def device_record(info: DeviceInfo) -> DeviceRecord:
    """The result's record of a device."""
    return DeviceRecord(
        id=info.id if fault_of_id(info.id) is None else _fit_id(info.id),
        kind=info.kind,
        name=printable(info.name),
        vendor=printable(info.vendor),
        backend=printable(info.backend, 200) or "unknown",
        driver=printable(info.driver),
        compute_units=_count(info.compute_units),
        runs_on_host_cpu=info.runs_on_host_cpu,
        simulator=info.simulator,
        pci_address=None if info.pci_address is None else printable(info.pci_address, 200) or None,
        limits=_settings(info.limits),
    )


def fault_of_id(device_id: str) -> str | None:
    """Why a result cannot hold this id, which also stands in the proof's headers; None where it can."""
    if _ID.fullmatch(device_id):
        return None
    return f"a device calls itself {printable(device_id, 40)!r}, which no result can hold; update its backend or driver"


def _fit_id(device_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9:._-]+", "-", device_id).lstrip(":._-")[:80] or "unnamed"


def kernel_record(kernel: KernelInfo, compile_s: float) -> KernelRecord:
    """The result's record of a kernel that took `compile_s` seconds to compile."""
    return KernelRecord(
        name=printable(kernel.name, 200) or "unknown",
        tuning=_settings(kernel.tuning),
        compile_s=_finite(compile_s, LONGEST_S),
        source_sha256=printable(kernel.source_sha256),
        candidates=tuple(
            CandidateRecord(
                name=printable(candidate.name, 200) or "unknown",
                rate_per_s=_finite(candidate.hashrate_hs, LARGEST),
                compile_s=_finite(candidate.compile_s, LONGEST_S),
                reason=None if candidate.reason is None else printable(candidate.reason),
            )
            for candidate in kernel.candidates[:MOST_CANDIDATES]
        ),
    )


def roof_record(roof: device.Roof, rate_per_s: float, unit: str) -> Roof | None:
    """The result's record of a measured roof, and the share of it that a rate reaches; None for an unusable one.

    Both were measured, so that a share of little more than 100 % can be; one of more cannot: it is unknown then, and
    `reason` says so.
    """
    roof_per_s = _finite(roof.rate_per_s, LARGEST)
    if not roof_per_s:
        return None
    percent = 100 * rate_per_s / roof_per_s
    beyond = f"the rate is {percent:.1f} % of the roof, which cannot be: the roof was measured too low"
    return Roof(
        rate=roof_per_s,
        unit=per_second(unit),
        origin="measured",
        percent=None if percent > MOST_OF_ROOF else percent,
        binds=None if roof.binds is None else printable(roof.binds, 200) or None,
        clock_hz=_finite(roof.clock_hz, LARGEST),
        cycles_per_unit=_finite(roof.cycles_per_unit, LARGEST),
        explanation=printable(roof.explanation),
        reason=beyond if percent > MOST_OF_ROOF else None,
        ceilings=tuple(
            CeilingRecord(name=printable(each.name, 200), unit=each.unit, rate=each.rate_per_s, count=each.count)
            for each in roof.ceilings
            if 0 < each.rate_per_s <= LARGEST
        ),
    )


def _settings(values: Mapping[str, Value]) -> dict[str, Value]:
    known = list(values.items())[:MOST_SETTINGS]
    return {printable(name, 200) or "unnamed": _storable(value) for name, value in known}


def _storable(value: Value) -> Value:
    """Numbers that the model's bounds do not hold (64-bit masks, infinities) become text, which keeps them exact."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Integral):
        # Also what a binding makes of a number (a bool, NumPy's), which JSON would not give back as it was.
        number = int(value)
        if -LARGEST_INTEGER <= number <= LARGEST_INTEGER:
            return number
        # Python writes numbers of thousands of digits in powers of two only.
        return str(number) if number.bit_length() <= LONGEST_BITS else printable(f"{number:#x}")
    number_or_none = float(value) if isinstance(value, float) else math.nan
    return number_or_none if abs(number_or_none) <= LARGEST else printable(str(value))


def _count(value: int | None) -> int | None:
    return value if value is not None and 0 <= value <= LARGEST_INTEGER else None


def _finite(value: float | None, largest: float) -> float | None:
    return value if value is not None and 0 <= value <= largest else None
