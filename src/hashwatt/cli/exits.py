"""How a command line can end, as exit codes that scripts rely on."""

from __future__ import annotations

from ..kernels.errors import HashwattError

DONE = 0
CHECK_FAILED = 1
BAD_INPUT = 2
UNTOLD = 3
BUG = 70  # EX_SOFTWARE of sysexits.h: neither a failed check nor the user's input
INTERRUPTED = 130  # as shells report SIGINT; 143 after SIGTERM, 129 after SIGHUP (see bench/interrupts.py)
BROKEN_PIPE = 141  # as shells report SIGPIPE


class Interrupted(HashwattError):
    """The user ended a command early, and it kept what it had."""


class Untold(HashwattError):
    """What was to be judged could not be, for no fault of what is judged: neither passed nor failed."""
