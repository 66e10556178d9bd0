"""Errors that a user is meant to read: one sentence that names the thing, the cause and what helps."""

from __future__ import annotations

import errno

NO_MEMORY = "the system gave no more memory; close other programs"


class HashwattError(Exception):
    """Base of every error that hashwatt words for its user (never a bug in hashwatt).

    A note that is added to it (`add_note`) holds details that are too long for the sentence, such as a
    driver's build log; `-v` shows them.
    """


class InputError(HashwattError):
    """What the user gave (an option, a header, a file) cannot be used. Command-line exit code 2."""


class CheckFailed(HashwattError):
    """A check on results did not hold (a proof, a self-test). Command-line exit code 1."""


class DeviceError(HashwattError):
    """A device cannot be used or stopped working; the others go on without it."""


class Unfit(DeviceError):
    """A device is well, but cannot do this work (too little memory, no such numbers): it is skipped."""


class WrongResult(DeviceError):
    """A device returned a word that hashlib does not confirm: it is refused, never ranked."""


class DeviceHung(DeviceError):
    """A device did not answer within its deadline and was cut off."""


class OutOfTime(DeviceHung):
    """All the time that a device may take is used up: no verdict on what it was doing last."""


class DeviceCrashed(DeviceError):
    """The process that drove a device died (its driver crashed, or it was killed)."""


def shortage_of(error: BaseException) -> str | None:
    """What this system had no more of, and what helps, where that is all that an error means; None for any other."""
    if isinstance(error, MemoryError):
        return NO_MEMORY
    # The only way in which Python tells it.
    if type(error) is RuntimeError and "can't start new thread" in str(error):
        return "the system starts no more threads; end other programs, or raise its limit (`ulimit -u`)"
    return _shortage_told_by(error) if isinstance(error, OSError) else None


def why_no_process(error: OSError) -> str | None:
    """What the system had no more of where a process could not be started, and what helps; None for any other cause."""
    # Of other calls it only says that they would have to wait.
    if error.errno == errno.EAGAIN:
        return "the system starts no more processes; end other programs, or raise its limit (`ulimit -u`)"
    return shortage_of(error)


def _shortage_told_by(error: OSError) -> str | None:
    if error.errno == errno.ENOMEM:
        return NO_MEMORY
    if error.errno == errno.EMFILE:
        return "no more files can be opened; raise the limit of a process (`ulimit -n`)"
    if error.errno == errno.ENFILE:
        return "the system opens no more files; end other programs"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = "" if error.filename is None else f" ({error.filename!s:.50})"
        return f"the disk has no more room{place}; delete what is not needed there"
    return None


def details_of(error: BaseException) -> str:
    """The details that were noted beside the error's sentence; empty where there are none."""
    return "\n".join(getattr(error, "__notes__", ()))
