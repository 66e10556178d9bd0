"""Devices that stay open from one kind of work to the next: to start a driver's process takes seconds, dozens of times.

A device that hangs or dies is given up after the second time, so that one bad driver does not cost its patience for
each row of a suite.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress

from ...kernels.device import AnyDevice, DeviceInfo, DeviceOptions, Executes, Found
from ...kernels.errors import DeviceError
from .roofs import Told

LOG = logging.getLogger(__name__)
MOST_LOST = 2


class OpenDevices:
    """Open devices that nothing uses just now, by id; all of one run have the same options."""

    def __init__(self) -> None:
        """None yet."""
        self._idle: dict[str, AnyDevice] = {}
        self._lost: Counter[str] = Counter()
        self._hosts_cores_worked = False
        self._told: dict[str, dict[str, Told]] = {}

    def take(self, found: Found, options: DeviceOptions) -> AnyDevice:
        """The device, open. Raises DeviceError."""
        device = self._idle.pop(found.info.id, None) or found.open(options)
        self._hosts_cores_worked = self._hosts_cores_worked or found.info.on_host_cores
        return device

    def is_open(self, device_id: str) -> bool:
        """Whether it is open, and nothing uses it."""
        return device_id in self._idle

    def is_warm(self, info: DeviceInfo) -> bool:
        """Whether it did other work a moment ago, or its cores did for another device."""
        return info.id in self._idle or (info.on_host_cores and self._hosts_cores_worked)

    def ceilings_of(self, device_id: str) -> dict[str, Told]:
        """What was measured of its ceilings so far, to be added to."""
        return self._told.setdefault(device_id, {})

    def give_back(self, device: AnyDevice) -> None:
        """Keep it for the next work, without what this one has put there. Raises DeviceError."""
        if device.info.id in self._idle:
            device.close()
            return
        if isinstance(device, Executes) and device.info.languages:
            try:
                device.release()
            except BaseException:
                device.close()
                raise
        self._idle[device.info.id] = device

    def lose(self, device_id: str) -> None:
        """Note that a device hung or died."""
        self._lost[device_id] += 1

    def why_given_up(self, device_id: str) -> str | None:
        """Why no more work is tried on a device; None where it is."""
        if self._lost[device_id] < MOST_LOST:
            return None
        return f"{device_id} hung or died {MOST_LOST} times in this run, so the rest is left out; name it alone (-d)"

    def close(self) -> None:
        """Close what is open."""
        for device in self._idle.values():
            with suppress(DeviceError):
                device.close()
        self._idle.clear()
