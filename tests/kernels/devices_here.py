"""The devices of this machine as pytest parameters; a backend without one is a skip that says why.

Found and driven as the harness does it: a device whose driver may crash has a worker process, so that a crash is a
failed test and not the end of all tests. A device that cannot hash at all fails one test,
`test_conformance.py::test_a_device_of_this_machine_hashes`; the others skip it and say so. Devices that are not
measured by default, simulators, have tests of their own: they would take minutes here.
"""

from __future__ import annotations

from functools import cache

import pytest
from _pytest.mark import ParameterSet

from hashwatt.bench.isolation.device import IN_PROCESS, find_all
from hashwatt.kernels.device import DeviceOptions, Found, Hit, Missing, Scans, scanning
from hashwatt.kernels.errors import HashwattError
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.registry import BACKENDS

from ..run_folder import found_once
from .headers import random_prefixes

ONE_TEST_TELLS = "test_a_device_of_this_machine_hashes fails for it"
TRIAL_JOB = Job(tuple(random_prefixes(1, seed=19)), target_from_zero_bits(6))
TRIAL_NONCES = range(1_000)


@cache
def entries_here() -> tuple[Found | Missing, ...]:
    foreign = [name for name in BACKENDS if name not in IN_PROCESS]
    return (*find_all(list(IN_PROCESS)), *found_once("devices", lambda: find_all(foreign)))


def device_params(missing: bool = True) -> list[ParameterSet]:
    """The devices; with `missing`, a skipped parameter for each reason to have none."""
    return [
        pytest.param(entry, id=entry.info.id)
        if isinstance(entry, Found)
        else pytest.param(None, id=entry.backend, marks=pytest.mark.skip(reason=entry.reason))
        for entry in entries_here()
        if (missing if isinstance(entry, Missing) else entry.by_default)
    ]


def open_or_skip(found: Found, options: DeviceOptions | None = None) -> Scans:
    """The device, opened; skips the test where it cannot hash at all, of which another test tells."""
    if trouble(found):
        pytest.skip(f"{found.info.id} does not hash here; {ONE_TEST_TELLS}")
    return scanning(found.open(options or DeviceOptions()))


def trouble(found: Found) -> str:
    """Why the device cannot hash at all, in a sentence; empty where it can. Tried once in all of the test run."""
    return found_once(f"trouble-{found.info.id.replace(':', '-')}", lambda: _try(found))


def _try(found: Found) -> str:
    try:
        device = scanning(found.open(DeviceOptions()))
        try:
            device.prepare(TRIAL_JOB)
            scan = device.scan(TRIAL_NONCES)
        finally:
            device.close()
    except HashwattError as error:
        return f"{found.info.name}: {error}"
    hits, xor_h7 = reference_scan(TRIAL_JOB, TRIAL_NONCES)
    right = scan.hits == tuple(Hit(*hit) for hit in hits) and scan.xor_h7 == xor_h7
    return "" if right else f"{found.info.name}: does not agree with hashlib"
