"""Measures how much work this machine's devices do a second and a joule, and proves it.

What the command `hashwatt` does, for scripts and notebooks:

    >>> import hashwatt
    >>> genesis = hashwatt.parse_header(
    ...     "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    ...     "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
    ... )
    >>> target = hashwatt.target_from_zero_bits(32)
    >>> hashwatt.scan(genesis, start=2_083_236_000, count=1_000, target=target).nonces
    [2083236893]

    >>> prediction = hashwatt.predict("rtx4090")
    >>> f"{prediction.hashrate_hs / 1e9:.1f} GH/s {prediction.origin}"
    '9.1 GH/s modelled'

To measure: `devices`, `meters`, `workloads`, `run`, `scan`; many machines: `Fleet`, `totals`. To keep and check:
`save`, `load`, `verify`, `stamp`, `check_writable`. To read results, from files, folders or memory: `rows` and
`sample_rows` (which pandas takes as they are), `report`, `compare`, `alternated`, `history`. docs/python.md shows them
at work.

Every error meant for the user is a HashwattError with one sentence. Nothing is imported before it is asked for, so
`import hashwatt` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bench.api import ScanResult, check_writable, devices, load, meters, run, save, scan, stamp, verify, workloads
    from .bench.energy.meter import MeterFound, MeterMissing
    from .bench.fleet.fleet import Fleet, FleetProgress
    from .bench.progress import Progress
    from .bench.result.measurement import Measurement
    from .bench.result.model import Result
    from .bench.verification.verdict import Check, Proven, Verdict
    from .kernels.device import DeviceInfo, Found, Missing
    from .kernels.errors import CheckFailed, DeviceError, HashwattError, InputError
    from .kernels.headers.job import parse_header
    from .kernels.headers.target import target_from_hex, target_from_zero_bits
    from .kernels.opencl.predict import Prediction, predict
    from .notebook import alternated, compare, history, report, rows, sample_rows
    from .reports.compare.history.history import History
    from .reports.compare.verdicts.comparison import Comparison
    from .reports.document.report import Report
    from .reports.fleet.totals import totals

    __version__: str

__all__ = [
    "Check",
    "CheckFailed",
    "Comparison",
    "DeviceError",
    "DeviceInfo",
    "Fleet",
    "FleetProgress",
    "Found",
    "HashwattError",
    "History",
    "InputError",
    "Measurement",
    "MeterFound",
    "MeterMissing",
    "Missing",
    "Prediction",
    "Progress",
    "Proven",
    "Report",
    "Result",
    "ScanResult",
    "Verdict",
    "__version__",
    "alternated",
    "check_writable",
    "compare",
    "devices",
    "history",
    "load",
    "meters",
    "parse_header",
    "predict",
    "report",
    "rows",
    "run",
    "sample_rows",
    "save",
    "scan",
    "stamp",
    "target_from_hex",
    "target_from_zero_bits",
    "totals",
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
        "stamp",
        "verify",
        "workloads",
    ),
    ".bench.energy.meter": ("MeterFound", "MeterMissing"),
    ".bench.fleet.fleet": ("Fleet", "FleetProgress"),
    ".bench.progress": ("Progress",),
    ".bench.result.measurement": ("Measurement",),
    ".bench.result.model": ("Result",),
    ".bench.verification.verdict": ("Check", "Proven", "Verdict"),
    ".kernels.device": ("DeviceInfo", "Found", "Missing"),
    ".kernels.errors": ("CheckFailed", "DeviceError", "HashwattError", "InputError"),
    ".kernels.headers.job": ("parse_header",),
    ".kernels.opencl.predict": ("Prediction", "predict"),
    ".kernels.headers.target": ("target_from_hex", "target_from_zero_bits"),
    ".notebook": ("alternated", "compare", "history", "report", "rows", "sample_rows"),
    ".reports.compare.verdicts.comparison": ("Comparison",),
    ".reports.compare.history.history": ("History",),
    ".reports.document.report": ("Report",),
    ".reports.fleet.totals": ("totals",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Fetch a public name from its module when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("hashwatt")
    elif name in _HOME_OF:
        if not _HOME_OF[name].startswith(".kernels."):
            from .kernels.system.baseline import require_numpy_to_load

            require_numpy_to_load()
        value = getattr(import_module(_HOME_OF[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, fetched already or not."""
    return sorted({*globals(), *__all__})
