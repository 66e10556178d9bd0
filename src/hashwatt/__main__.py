"""`hashwatt` and `python -m hashwatt`."""

from __future__ import annotations

import sys

from .cli.app import execute


def main() -> None:
    """Run the command line of this process and exit with its code."""
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
