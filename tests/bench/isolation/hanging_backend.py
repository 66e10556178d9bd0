"""A backend whose enumeration never comes to an end."""

from __future__ import annotations

import time

from hashwatt.kernels.device import Found, Missing


def find() -> list[Found | Missing]:
    time.sleep(3600)
    return []
