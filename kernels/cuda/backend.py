"""Finds the cards that NVIDIA's driver shows, or says why there is none.

Where an OpenCL platform shows a card too, that is the one to measure; this one is for machines without OpenCL
(containers often lack it), and for whoever asks for it (`-d cuda:0`).
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from ..device import AnyDevice, DeviceInfo, DeviceOptions, Found, Missing
from ..opencl.setting import DISPLAY_LIMIT
from ..system.installing import install_extra
from .driver import Card, DriverError, cards, may_be_here
from .executor import LANGUAGES
from .wording import REMEDIES

BACKEND = "cuda"
# NVRTC compiles for nothing older.
OLDEST = (5, 0)
NO_DRIVER = "no NVIDIA driver is here"
NO_CARD = "the NVIDIA driver shows no card; check `nvidia-smi` and CUDA_VISIBLE_DEVICES"
NO_PACKAGE = f"shows {{names}}, but cuda-core is not installed; {install_extra('cuda')} brings it"


def absent() -> Missing | None:
    """Why there is nothing to look for, where that can be told without loading anything."""
    return None if may_be_here() else Missing(BACKEND, NO_DRIVER)


def find() -> list[Found | Missing]:
    """One device for each card."""
    try:
        version, shown = cards()
    except DriverError as error:
        if error.status == "NO_DEVICE":
            return [Missing(BACKEND, NO_CARD)]
        remedy = REMEDIES.get(error.status or "", "check `nvidia-smi`")
        return [Missing(BACKEND, f"the NVIDIA driver does not answer: {error}; {remedy}", True)]
    if not shown:
        return [Missing(BACKEND, NO_CARD)]
    if not has_package():
        return [Missing(BACKEND, f"the NVIDIA driver {NO_PACKAGE.format(names=shown[0].name)}")]
    found: list[Found | Missing] = []
    for card in shown:
        if card.capability < OLDEST:
            found.append(Missing(BACKEND, f"{card.name} ({card.arch}) is too old for NVRTC; use OpenCL for it"))
            continue
        info = _info(card, version)
        found.append(Found(info, partial(_open, info, card), isolate=True))
    return found


def has_package() -> bool:
    """Whether cuda-core is installed; nothing is imported."""
    try:
        return find_spec("cuda.core") is not None
    except (ImportError, ValueError):
        return False


def _open(info: DeviceInfo, card: Card, options: DeviceOptions) -> AnyDevice:
    from .device import CudaDevice

    return CudaDevice(info, card, options)


def _info(card: Card, version: int) -> DeviceInfo:
    return DeviceInfo(
        id=f"{BACKEND}:{card.ordinal}",
        kind="gpu",
        name=f"{card.name} (CUDA)",
        vendor="NVIDIA Corporation",
        backend=BACKEND,
        driver=f"CUDA driver {version // 1000}.{version % 1000 // 10}, {card.arch}",
        compute_units=card.units,
        runs_on_host_cpu=False,
        pci_address=card.pci_address,
        cache_bytes=card.cache_bytes or None,
        memory_bytes=card.memory_bytes,
        languages=LANGUAGES,
        # What every card of NVIDIA computes; half and bytes want headers that are not there at run time.
        numbers=("float64", "float32", "int32"),
        address_bits=64,
        limits={
            "max_work_group_size": card.largest_group,
            "max_clock_mhz": int(card.clock_hz / 1e6),
            "memory_bytes": card.memory_bytes,
            DISPLAY_LIMIT: int(card.ends_long_launches),
        },
    )
