"""Job objects: what a process starts on Windows, and what that starts, ends together with the job.

It takes the place of POSIX's process groups. The process begins suspended, so that nothing it starts escapes.
"""

from __future__ import annotations

import ctypes
import subprocess
from typing import Any

from .api import library

# CREATE_SUSPENDED of processthreadsapi.h, which Python's subprocess does not name.
SUSPENDED = 0x4
# JOBOBJECT_EXTENDED_LIMIT_INFORMATION and JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE of winnt.h.
EXTENDED_LIMITS = 9
KILL_ON_CLOSE = 0x2000


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION of winnt.h."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

    _fields_ = (
        ("basic", BasicLimits),
        ("io_counts", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


class Job:
    """A job for one process. Where Windows makes none, the process runs without: nothing here raises."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Take a process that was started with SUSPENDED into a job, and let it run."""
        self._handle: ctypes.c_void_p | None = None
        handle = ctypes.c_void_p(int(getattr(process, "_handle", 0)))
        try:
            self._take_in(handle)
        finally:
            _resume(handle, process)

    def _take_in(self, process: ctypes.c_void_p) -> None:
        try:
            kernel = library("kernel32")
            kernel.CreateJobObjectW.restype = ctypes.c_void_p
            handle = kernel.CreateJobObjectW(None, None)
        except OSError:
            return
        if not handle:
            return
        self._handle = ctypes.c_void_p(handle)
        limits = ExtendedLimits()
        limits.basic.flags = KILL_ON_CLOSE
        size = ctypes.c_uint32(ctypes.sizeof(limits))
        bound = kernel.SetInformationJobObject(self._handle, EXTENDED_LIMITS, ctypes.byref(limits), size)
        if not (bound and kernel.AssignProcessToJobObject(self._handle, process)):
            self.end()

    def end(self) -> None:
        """End all that is in the job; a second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            library("kernel32").CloseHandle(handle)


def _resume(handle: ctypes.c_void_p, process: subprocess.Popen[bytes]) -> None:
    try:
        # Windows documents no other way for a process whose first thread nobody has a handle of; psutil does the same.
        resume: Any = library("ntdll").NtResumeProcess
        refused = resume(handle)
    except (OSError, AttributeError):
        refused = 1
    if refused:
        process.kill()
