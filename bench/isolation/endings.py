"""How a worker's answers and its process can end, as errors and in words."""

from __future__ import annotations

import signal

from ...kernels import errors
from ...kernels.errors import DeviceError, HashwattError
from .messages import Failed

MOST_EXIT_CODE = 0xFFFF


def error_of(reply: Failed) -> HashwattError:
    """The error that a worker answered with; of a kind that is none of ours, a DeviceError."""
    kind = getattr(errors, reply.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, HashwattError)):
        kind = DeviceError
    error = kind(reply.sentence)
    if reply.details:
        error.add_note(reply.details)
    return error


def exit_words(code: int) -> str:
    """How a process ended, by the code that Python has of it."""
    if code > MOST_EXIT_CODE:
        # Windows ends a process with the number of what it met, and these are known as hexadecimal (0xc0000005).
        return f"exit code {code & 0xFFFFFFFF:#010x}"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
