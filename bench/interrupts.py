"""Signals that end a run early: where one may raise at once, and where it has to wait.

Ctrl-C, SIGTERM, SIGHUP and Ctrl-Break become a KeyboardInterrupt of the main thread, once: who presses
Ctrl-C twice, or hangs up and terminates, means one end. While a result is put together and stored
nothing raises; the signal is noted, and the next step that may be interrupted is not begun.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import TypeVar

Answer = TypeVar("Answer")

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
# A signal that comes within this time of the one that raised belongs to it.
PATIENCE_S = 3.0
# As shells report a process that a signal has ended.
SHELL_BASE = 128


@dataclass
class _State:
    received: int | None = None
    raised_s: float | None = None
    may_raise: bool = True
    installed: bool = False


_state = _State()


def install() -> None:
    """Let every signal of SIGNALS end the command in one way, except those that the caller of the process ignores.

    With a handler of its own, SIGTERM also ends a process that is the first one of a container.
    """
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _handle)
    _state.installed = True


def ignore_from_now_on() -> None:
    """The command has ended but for the interpreter's own end, which must not be told with a traceback."""
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)


def pending() -> bool:
    """Whether a signal has come that is to end the run."""
    return _state.received is not None


def exit_code(otherwise: int) -> int:
    """The exit code of a command that a signal has ended: 128 and its number; `otherwise` where none came."""
    number = _state.received
    if number is None:
        return otherwise
    return SHELL_BASE + (signal.SIGINT if number == getattr(signal, "SIGBREAK", None) else number)


def check() -> None:
    """Raise KeyboardInterrupt where a signal has come: for the places that it has no other way to reach."""
    if _state.received is not None:
        _state.raised_s = time.monotonic()
        raise KeyboardInterrupt


def interruptible(step: Callable[[], Answer]) -> Answer:
    """What `step` returns; within it, signals raise KeyboardInterrupt. It is not begun where one has come already.

    Signals are the main thread's: in another one this does nothing but the step.
    """
    if not _in_main_thread():
        return step()
    before = _state.may_raise
    # Not a context manager: a signal can raise while `__exit__` is being called, before its first line.
    try:
        _state.may_raise = True
        check()
        return step()
    finally:
        _state.may_raise = before


class Deferred:
    """Within the block signals are noted and raise nothing, except in `interruptible` steps.

    In a program that left Ctrl-C to Python this is so within the block only, and what has come is forgotten after it.
    Signals are the main thread's: in another one this does nothing.
    """

    def __enter__(self) -> None:
        """Begin to defer."""
        self._before: bool | None = None
        self._borrowed = False
        if not _in_main_thread():
            return
        self._before = _state.may_raise
        _state.may_raise = False
        self._borrowed = not _state.installed and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._borrowed:
            _state.received = _state.raised_s = None
            _state.installed = True
            signal.signal(signal.SIGINT, _handle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Go back to what was before."""
        if self._borrowed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _state.received = _state.raised_s = None
            _state.installed = False
        if self._before is not None:
            _state.may_raise = self._before


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _handle(number: int, _frame: FrameType | None) -> None:
    if _state.received is None:
        _state.received = number
    now = time.monotonic()
    if not _state.may_raise or (_state.raised_s is not None and now - _state.raised_s < PATIENCE_S):
        return
    _state.raised_s = now
    raise KeyboardInterrupt
