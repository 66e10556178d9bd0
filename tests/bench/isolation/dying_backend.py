"""A backend whose driver ends the process as soon as it is asked which devices there are."""

from __future__ import annotations

import os
import signal

from hashwatt.kernels.device import Found, Missing


def find() -> list[Found | Missing]:
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)
