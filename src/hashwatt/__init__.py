"""Measures the SHA-256d hashrate of this machine's devices, and proves it.

What the command `hashwatt` does, for scripts and notebooks:

    >>> import hashwatt
    >>> genesis = hashwatt.parse_header(
    ...     "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    ...     "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
    ... )
    >>> target = hashwatt.target_from_zero_bits(32)
    >>> hashwatt.scan(genesis, start=2_083_236_000, count=1_000, target=target).nonces
    [2083236893]

`devices`, `meters`, `workloads`, `run`, `scan`, `verify`, `save`, `check_writable` and `load` are what the commands
call; every error meant for the user is a HashwattError. Nothing is imported before it is asked for, so
`import hashwatt` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bench.api import ScanResult, check_writable, devices, load, meters, run, save, scan, verify, workloads
    from .bench.energy.meter import MeterFound, MeterMissing
    from .bench.progress import Progress
    from .bench.result.model import Result
    from .bench.verification.verdict import Check, Verdict
    from .kernels.device import DeviceInfo, Found, Missing
    from .kernels.errors import CheckFailed, DeviceError, HashwattError, InputError
    from .kernels.job import parse_header
    from .kernels.target import target_from_hex, target_from_zero_bits

    __version__: str

__all__ = [
    "Check",
    "CheckFailed",
    "DeviceError",
    "DeviceInfo",
    "Found",
    "HashwattError",
    "InputError",
    "MeterFound",
    "MeterMissing",
    "Missing",
    "Progress",
    "Result",
    "ScanResult",
    "Verdict",
    "__version__",
    "check_writable",
    "devices",
    "load",
    "meters",
    "parse_header",
    "run",
    "save",
    "scan",
    "target_from_hex",
    "target_from_zero_bits",
    "verify",
    "workloads",
]

_HOMES = {
    ".bench.api": (
        "ScanResult",
        "check_writable",
        "devices",
        "load",
        "meters",
        "run",
        "save",
        "scan",
        "verify",
        "workloads",
    ),
    ".bench.energy.meter": ("MeterFound", "MeterMissing"),
    ".bench.progress": ("Progress",),
    ".bench.result.model": ("Result",),
    ".bench.verification.verdict": ("Check", "Verdict"),
    ".kernels.device": ("DeviceInfo", "Found", "Missing"),
    ".kernels.errors": ("CheckFailed", "DeviceError", "HashwattError", "InputError"),
    ".kernels.job": ("parse_header",),
    ".kernels.target": ("target_from_hex", "target_from_zero_bits"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Fetch a public name from its module when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("hashwatt")
    elif name in _HOME_OF:
        if _HOME_OF[name].startswith(".bench."):
            from .kernels.baseline import require_numpy_to_load

            require_numpy_to_load()
        value = getattr(import_module(_HOME_OF[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, fetched already or not."""
    return sorted({*globals(), *__all__})
