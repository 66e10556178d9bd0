"""Sentences for what CUDA reports, and which exceptions are CUDA's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..device import REMEDY
from ..errors import DeviceError

PREFIX = "CUDA_ERROR_"
OLDER_DRIVER = "update the driver, or install an older NVRTC"
REMEDIES = {
    "OUT_OF_MEMORY": "the device is out of memory; close other programs that use it",
    "LAUNCH_TIMEOUT": "the driver cut a launch off for its display; close other programs that use it",
    "NO_DEVICE": "the driver shows no card; check `nvidia-smi` and CUDA_VISIBLE_DEVICES",
    "INSUFFICIENT_DRIVER": "the driver is older than the installed CUDA packages; update it",
    "NO_BINARY_FOR_GPU": "update NVRTC, which does not know this card",
    "DEVICES_UNAVAILABLE": "another program holds it; close that",
    "NOT_PERMITTED": "let this user read and write /dev/nvidia*",
    "SYSTEM_NOT_READY": "start nvidia-fabricmanager, which does not run",
    "SYSTEM_DRIVER_MISMATCH": "its library is of another version; restart the machine",
    "COMPAT_NOT_SUPPORTED_ON_DEVICE": "take cuda-compat out of LD_LIBRARY_PATH",
    # Code is made for the very card and no PTX is handed over; a driver that is older than NVRTC refuses it, too.
    **dict.fromkeys(("UNSUPPORTED_PTX_VERSION", "INVALID_IMAGE", "INVALID_PTX"), OLDER_DRIVER),
}


def is_cudas(error: Exception) -> bool:
    """Whether an exception comes from NVIDIA's packages, which have no public base class."""
    return type(error).__module__.partition(".")[0] == "cuda"


def status_of(error: Exception) -> str:
    """The name CUDA has for what went wrong (`OUT_OF_MEMORY`), or the exception's first line."""
    text = str(error).strip()
    if PREFIX in text:
        return text.partition(PREFIX)[2].split()[0].rstrip(".,:;)'>")
    return f"{text.partition(chr(10))[0]:.160}" or repr(error)


@contextmanager
def worded(what: str, remedy: str = REMEDY) -> Iterator[None]:
    """What CUDA raises in here becomes a DeviceError that names `what` was done, and what helps."""
    try:
        yield
    except Exception as error:
        if not is_cudas(error):
            raise
        status = status_of(error)
        raise DeviceError(f"{what} failed with {status}; {REMEDIES.get(status, remedy)}") from error
