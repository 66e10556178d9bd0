"""What a device is called wherever results are shown."""

from __future__ import annotations

from ...bench.result.measurement import Measurement
from ..wording.visible import shortened
from .identity import name_without_driver

NAME_LIMIT = 120


def device_name(device: Measurement) -> str:
    """The device's name without its driver's version, or its id where it has none; cut in the middle where long."""
    name = name_without_driver(device.device)
    # A link of blanks could not be seen or reached.
    return shortened(name if name.strip() else device.device.id, NAME_LIMIT)
