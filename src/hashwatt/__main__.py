"""`hashwatt` and `python -m hashwatt`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        # First of all, and before anything that takes time to import.
        from .bench import interrupts

        interrupts.install()
        fill_standard_streams()
        from .cli.app import execute

        code = execute(sys.argv[1:])
        interrupts.ignore_from_now_on()
    except KeyboardInterrupt:
        code = end_interrupted()
    sys.exit(code)


def end_interrupted() -> int:
    """Say that a signal came before anything else could; the exit code for that."""
    from .bench import interrupts

    interrupts.ignore_from_now_on()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("hashwatt: interrupted\n")
    return interrupts.exit_code(130)


def fill_standard_streams() -> None:
    """Where the caller has closed a standard stream, let its number be nothing rather than the next file's."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is taken: this one.
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    main()
