"""`hashwatt` and `python -m hashwatt`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        # First of all, and before anything that takes time to import.
        from .bench import interrupts

        interrupts.install()
        from .cli.app import execute

        code = execute(sys.argv[1:])
        interrupts.ignore_from_now_on()
    except KeyboardInterrupt:
        from .bench import interrupts

        interrupts.ignore_from_now_on()
        code = interrupts.exit_code(130)
        if sys.stderr is not None:
            print("hashwatt: interrupted", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
