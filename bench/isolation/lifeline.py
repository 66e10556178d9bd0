"""What ties a worker process to its parent: when the parent is gone, however it died, so are the worker and its group.

A worker notices the end of its standard input by itself, but not while a driver's call holds Python's
lock. Linux can be asked to kill the whole group when a pipe that only the parent holds open is closed.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress

ON_POSIX = os.name == "posix"


class Lifeline:
    """The parent's end: a pipe that nothing is ever written to. Raises OSError where none can be had."""

    def __init__(self) -> None:
        """A new one, for one worker."""
        self._worker_end, self._own_end = os.pipe() if ON_POSIX else (-1, -1)

    @property
    def arguments(self) -> list[str]:
        """What the worker is to be started with."""
        return [str(self._worker_end)] if ON_POSIX else []

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the worker is to inherit."""
        return (self._worker_end,) if ON_POSIX else ()

    def passed_on(self) -> None:
        """The worker has its end, or never will."""
        if ON_POSIX:
            os.close(self._worker_end)

    def cut(self) -> None:
        """Give the own end up; a second call does nothing."""
        if self._own_end >= 0:
            own_end, self._own_end = self._own_end, -1
            os.close(own_end)


def hold(descriptor: int) -> None:
    """In the worker: let the kernel end this process and its group when the parent's end closes. Linux only."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        # Without this the signal would be SIGIO, which a compiler may catch or ignore.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):
        return
    # The parent may have gone before the kernel was asked.
    if select.select([descriptor], [], [], 0)[0]:
        end_group()


def end_group() -> None:
    """In the worker: end at once, with whatever a driver has started."""
    if ON_POSIX and os.getpgrp() == os.getpid():
        with suppress(OSError):
            os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)
