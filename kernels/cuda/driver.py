"""The cards that NVIDIA's driver shows, asked by ctypes: quick, and nothing of NVIDIA's Python packages is imported.

Constants are those of `cuda.h`, which do not change between its releases.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
# One of them is there where the kernel has NVIDIA's driver (on Linux, on WSL, on Jetson).
NODES = ("/dev/nvidiactl", "/dev/dxg", "/dev/nvmap")
SUCCESS = 0
LONGEST_NAME = 256
MOST_CARDS = 64
# CUresult, as far as opening a driver ends with it.
STATUS = {
    35: "INSUFFICIENT_DRIVER",
    100: "NO_DEVICE",
    800: "NOT_PERMITTED",
    802: "SYSTEM_NOT_READY",
    803: "SYSTEM_DRIVER_MISMATCH",
    804: "COMPAT_NOT_SUPPORTED_ON_DEVICE",
}
# CUdevice_attribute.
MAX_THREADS_PER_BLOCK = 1
CLOCK_RATE_KHZ = 13
MULTIPROCESSORS = 16
KERNEL_EXEC_TIMEOUT = 17
L2_CACHE_BYTES = 38
CAPABILITY_MAJOR = 75
CAPABILITY_MINOR = 76


@dataclass(frozen=True)
class Card:
    """What the driver tells of a card; `ordinal` is its number among those that it shows this process."""

    ordinal: int
    name: str
    pci_address: str | None
    capability: tuple[int, int]
    units: int
    clock_hz: float
    memory_bytes: int
    cache_bytes: int
    largest_group: int
    ends_long_launches: bool

    @property
    def arch(self) -> str:
        """As compilers call it: sm_90."""
        return f"sm_{self.capability[0]}{self.capability[1]}"


class DriverError(Exception):
    """The driver's library does not answer: which call, and its code or the system's words.

    `status`: CUDA's name for the code (`SYSTEM_NOT_READY`), None for any without a remedy of its own.
    """

    def __init__(self, words: str, status: str | None = None) -> None:
        super().__init__(words)
        self.status = status


def may_be_here() -> bool:
    """Whether there is a sign of NVIDIA's driver; costs nothing and loads nothing."""
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", LIBRARY).exists()
    return any(Path(node).exists() for node in NODES)


def cards() -> tuple[int, list[Card]]:
    """The driver's version (12090 for 12.9), and the cards that it shows. Raises DriverError."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise DriverError(f"{LIBRARY} cannot be loaded ({error!s:.120})") from error
    _call(library, "cuInit", 0)
    version, count = ctypes.c_int(), ctypes.c_int()
    _call(library, "cuDriverGetVersion", ctypes.byref(version))
    _call(library, "cuDeviceGetCount", ctypes.byref(count))
    return version.value, [_card(library, ordinal) for ordinal in range(min(count.value, MOST_CARDS))]


def _card(library: ctypes.CDLL, ordinal: int) -> Card:
    device, memory = ctypes.c_int(), ctypes.c_size_t()
    name, place = ctypes.create_string_buffer(LONGEST_NAME), ctypes.create_string_buffer(LONGEST_NAME)
    _call(library, "cuDeviceGet", ctypes.byref(device), ordinal)
    _call(library, "cuDeviceGetName", name, LONGEST_NAME, device)
    _call(library, "cuDeviceTotalMem_v2", ctypes.byref(memory), device)

    def attribute(number: int) -> int:
        value = ctypes.c_int()
        _call(library, "cuDeviceGetAttribute", ctypes.byref(value), number, device)
        return value.value

    try:
        _call(library, "cuDeviceGetPCIBusId", place, LONGEST_NAME, device)
    except DriverError:
        # A Jetson's graphics are part of its chip.
        place.value = b""
    return Card(
        ordinal=ordinal,
        name=" ".join(name.value.decode(errors="replace").split()) or "unnamed",
        pci_address=place.value.decode(errors="replace").lower() or None,
        capability=(attribute(CAPABILITY_MAJOR), attribute(CAPABILITY_MINOR)),
        units=attribute(MULTIPROCESSORS),
        clock_hz=1e3 * attribute(CLOCK_RATE_KHZ),
        memory_bytes=memory.value,
        cache_bytes=attribute(L2_CACHE_BYTES),
        largest_group=attribute(MAX_THREADS_PER_BLOCK),
        ends_long_launches=bool(attribute(KERNEL_EXEC_TIMEOUT)),
    )


def _call(library: ctypes.CDLL, name: str, *arguments: object) -> None:
    try:
        function = getattr(library, name)
    except AttributeError as error:
        raise DriverError(f"{LIBRARY} has no {name}") from error
    code = function(*arguments)
    if code != SUCCESS:
        raise DriverError(f"{name} answers CUDA error {code}", STATUS.get(code))
