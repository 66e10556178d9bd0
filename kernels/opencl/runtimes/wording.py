"""Sentences for what OpenCL reports as a number, and the end of a driver's build log."""

from __future__ import annotations

from ...device import REMEDY, DeviceInfo
from ...errors import DeviceError

LAST_LINES = 3
LONGEST_LINE = 160

REMEDIES = {
    "OUT_OF_RESOURCES": "the launch was too much for it, or the driver cut it off; close other programs that use it",
    "OUT_OF_HOST_MEMORY": "this machine is out of memory; close other programs",
    "MEM_OBJECT_ALLOCATION_FAILURE": "the device is out of memory; close other programs that use it",
    "DEVICE_NOT_AVAILABLE": "another program holds it, or its driver is restarting; try again",
    "INVALID_CONTEXT": "the driver lost its connection to the device; start again",
    "INVALID_COMMAND_QUEUE": "the driver lost its connection to the device; start again",
    "COMPILER_NOT_AVAILABLE": "the driver has no compiler; install the full driver",
}


def opencl_status(error: Exception) -> str:
    """The name OpenCL has for what went wrong (`OUT_OF_RESOURCES`), or the exception's own text."""
    text = str(error).strip()
    # pyopencl words its errors "clEnqueueNDRangeKernel failed: OUT_OF_RESOURCES".
    return text.rpartition("failed: ")[2].split()[0].rstrip(".,:") if "failed: " in text else text or repr(error)


def failure(what: str, error: Exception, remedy: str = REMEDY) -> DeviceError:
    """The error to raise for `what` ("opencl:0: the launch"), worded with what helps, `remedy` if nothing better."""
    status = opencl_status(error)
    return DeviceError(f"{what} failed with {status}; {REMEDIES.get(status, remedy)}")


def build_failure(info: DeviceInfo, log: str) -> DeviceError:
    """The error for a kernel that does not compile: the log's last errors in the sentence, all of it as a note."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines
    tail = " | ".join(line[:LONGEST_LINE] for line in telling[-LAST_LINES:]) or "no build log"
    error = DeviceError(f"{info.id}: its compiler refuses the kernel ({tail}); {info.remedy}")
    error.add_note(log)
    return error
