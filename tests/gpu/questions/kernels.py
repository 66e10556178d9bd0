"""Whether each kernel is right, and how fast; and the conformance suite."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from ..figures import NO_TIME
from .asked import MOST_NONCES, SCAN_S, Json, device_of, tell, why

SCANS = 3
CHECKED_NONCES = 2_000


def variants(device_id: str, seconds: str) -> None:
    """Every kernel with one or two nonces a work-item that the way to the card has a form of: is it right, how fast."""
    from hashwatt.kernels.opencl.codegen.dialect import CUDA
    from hashwatt.kernels.opencl.codegen.variant import all_variants
    from hashwatt.kernels.opencl.tuning.candidates import race_entries

    end = time.monotonic() + float(seconds)
    found = device_of(device_id)
    # First those of a GPU's race, each of which is a candidate for the fastest.
    likeliest = [tuning.variant for tuning in race_entries("gpu", 1)]
    others = [variant for variant in all_variants() if variant.width <= 2 and variant.form == "ndrange"]
    by_cuda = found.info.backend == "cuda"
    asked = [one for one in dict.fromkeys((*likeliest, *others)) if one.width <= CUDA.widest or not by_cuda]
    names = [variant.name for variant in asked]
    rows: list[Json] = []
    for name in names:
        try:
            rows.append({"name": name, **(_one_variant(found, name) if time.monotonic() <= end else {"why": NO_TIME})})
        except Exception as error:
            rows.append({"name": name, "why": why(error)})
        tell({"variants": sorted(rows, key=lambda row: -float(row.get("best_hs", 0)))})


def _one_variant(found: Any, name: str) -> Json:
    from hashwatt.kernels.device import DeviceOptions, scanning
    from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
    from hashwatt.kernels.headers.oracle import reference_scan
    from hashwatt.kernels.headers.target import target_from_zero_bits

    prefix = random.Random(7).randbytes(PREFIX_BYTES)
    device = scanning(found.open(DeviceOptions(kernel=name)))
    try:
        easy = Job((prefix,), target_from_zero_bits(6))
        kernel = device.prepare(easy)
        nonces = range(1 << 31, (1 << 31) + CHECKED_NONCES)
        scan = device.scan(nonces)
        hits = [(hit.prefix, hit.nonce) for hit in scan.hits]
        if (hits, scan.xor_h7) != reference_scan(easy, nonces):
            raise ValueError("does not agree with hashlib")
        device.prepare(Job((prefix,), target_from_zero_bits(28)))
        rates = _rates(device)
    finally:
        device.close()
    host, told = [rate for rate, _ in rates], [rate for _, rate in rates if rate is not None]
    return {
        "right": True,
        "compile_s": kernel.compile_s,
        "best_hs": max(host),
        "median_hs": statistics.median(host),
        "best_by_events_hs": max(told, default=None),
    }


def _rates(device: Any) -> list[tuple[float, float | None]]:
    count = 1 << 14
    while True:
        started = time.perf_counter()
        device.scan(range(count))
        elapsed_s = time.perf_counter() - started
        if elapsed_s > SCAN_S / 4 or count >= MOST_NONCES:
            break
        count *= 2
    count = min(max(int(count * SCAN_S / elapsed_s), 1), MOST_NONCES)
    rates = []
    for _ in range(SCANS):
        started = time.perf_counter()
        scan = device.scan(range(count))
        elapsed_s = time.perf_counter() - started
        rates.append((count / elapsed_s, None if not scan.device_s else count / scan.device_s))
    return rates


def conformance(device_id: str) -> None:
    """The conformance suite that every device must pass, on the card: check after check."""
    from hashwatt.kernels.device import DeviceOptions, scanning
    from hashwatt.kernels.errors import DeviceCrashed, DeviceHung
    from tests.kernels.conformance import CHECKS, Subject

    found = device_of(device_id)
    subject = Subject.of(found, scanning(found.open(DeviceOptions())))
    rows: list[Json] = []
    try:
        for check in CHECKS:
            row: Json = {"name": check.__name__}
            started = time.monotonic()
            try:
                check(subject)
            except Exception as error:
                row["why"] = why(error)
                if isinstance(error, DeviceCrashed | DeviceHung):
                    # Its process is gone: that is one check's fault, not of those to come.
                    subject.device.close()
                    subject = Subject.of(found, scanning(found.open(DeviceOptions())))
            rows.append({**row, "seconds": round(time.monotonic() - started, 2)})
            tell({"checks": rows, "of": len(CHECKS)})
    finally:
        subject.device.close()
