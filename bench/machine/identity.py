"""Which machine this is: the same for all runs between two starts of it, and no name."""

from __future__ import annotations

import platform
import socket
from hashlib import sha256

import psutil

from ...kernels.system.system_files import read_line, run_sysctl

LINUX_BOOT_ID = "/proc/sys/kernel/random/boot_id"
ID_DIGITS = 16


def machine_id(boot: str | None = None, host: str | None = None) -> str:
    """The first 16 hex digits of SHA-256 over the host's name and what tells one start of it from another."""
    return sha256(f"{host or socket.gethostname()}\0{boot or boot_id()}".encode()).hexdigest()[:ID_DIGITS]


def boot_id() -> str:
    """What the system gives each of its starts; where it gives nothing, when that was, to ten seconds."""
    given = None
    if platform.system() == "Linux":
        given = read_line(LINUX_BOOT_ID)
    elif platform.system() == "Darwin":
        given = run_sysctl("kern.bootsessionuuid") or run_sysctl("kern.boottime")
    # Reckoned from the clock, it moves by a second when the clock is set.
    return given or str(round(psutil.boot_time() / 10))
