"""`hashwatt` and `python -m hashwatt`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn


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
        # It came before anything else could say so, maybe in the midst of an import.
        end_at_once(say_interrupted())
    except ImportError as error:
        # What the command line itself is made of is not installed.
        from .cli.not_imported import why_not_imported

        why = why_not_imported(error)
        if why is None:
            raise
        sys.exit(f"hashwatt: {why}")
    if interrupts.pending():
        end_at_once(code)
    let_go_of_streams()
    sys.exit(code)


def say_interrupted() -> int:
    """One sentence on stderr, and the exit code."""
    # Another one must not meet the import.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from .bench import interrupts

    interrupts.ignore_from_now_on()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("hashwatt: interrupted\n")
    return interrupts.exit_code(130)


def end_at_once(code: int) -> NoReturn:
    """End without the interpreter's own end, which takes its time and may give an interrupt another exit code."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def let_go_of_streams() -> None:
    """Where nobody reads a stream any more, the interpreter's own end must not find words left in it: exit code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
