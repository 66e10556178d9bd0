"""What a device is called wherever results are shown."""

from __future__ import annotations

from ...bench.result.measurement import Measurement
from ..wording.visible import visible

NAME_LIMIT = 120


def device_name(device: Measurement) -> str:
    """The device's name, or its id where the driver gives it none."""
    return visible(device.device.name, NAME_LIMIT) or visible(device.device.id, NAME_LIMIT)
