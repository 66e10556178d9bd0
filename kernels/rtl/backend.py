"""Finds the simulated core where the extra `rtl` and a C++ compiler are there."""

from __future__ import annotations

from ..device import AnyDevice, DeviceInfo, DeviceOptions, Found, Missing
from .extra import missing, versions

BACKEND = "rtl"
ID = "rtl:sim"
NAME = "SHA-256d core in a simulator (it proves the core; its hashrate is the simulator's)"


def find() -> list[Found | Missing]:
    """The simulated core, which is never measured unless asked for by its id."""
    from .simulate import NO_COMPILER, compiler

    reason = missing() or (None if compiler() else NO_COMPILER)
    if reason is not None:
        return [Missing(BACKEND, reason)]
    info = DeviceInfo(
        id=ID,
        kind="accelerator",
        name=NAME,
        vendor="hashwatt",
        backend=BACKEND,
        driver=f"CXXRTL of Yosys {versions(['pyosys'])['pyosys']}",
        compute_units=1,
        runs_on_host_cpu=True,
        simulator=True,
    )
    return [Found(info, lambda options: _open(info, options), by_default=False)]


def _open(info: DeviceInfo, options: DeviceOptions) -> AnyDevice:
    from .device import SimulatedDevice

    return SimulatedDevice(info, options)
