"""Collects all that a GPU machine without a network needs, as wheels in a folder.

    python tests/gpu/wheels.py --python 3.12 -o wheels

Run it from a clone, on Linux, where there is a network; carry the folder and the clone to the machine. It prints what
to do there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The extra that is carried: CUDA for a machine whose containers lack OpenCL.
EXTRA = "cuda"
# Newest first, as pip wants them; any of them runs on a system from 2019 on.
PLATFORMS = (
    "manylinux_2_28_{0}",
    "manylinux_2_27_{0}",
    "manylinux_2_24_{0}",
    "manylinux_2_17_{0}",
    "manylinux2014_{0}",
)
ON_THE_MACHINE = """\
On the machine, in the clone:
  python3 -m venv .venv && .venv/bin/pip install --no-index --find-links {folder} "hashwatt[{extra}]"
  .venv/bin/python tests/gpu/first_hour.py -o first-hour
"""


def requirements() -> list[str]:
    """What hashwatt needs with the extra, as pyproject.toml states it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"][EXTRA]]


def commands(folder: Path, python: str, machine: str) -> list[list[str]]:
    """pip's commands: what is needed for that Python and machine, and hashwatt itself."""
    pip = [sys.executable, "-m", "pip"]
    target = [f"--platform={platform.format(machine)}" for platform in PLATFORMS]
    needed = [*pip, "download", "--only-binary=:all:", f"--python-version={python}", *target, "-d", str(folder)]
    return [[*needed, *requirements()], [*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)]]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Collect wheels for a GPU machine without a network.")
    parser.add_argument("-o", "--output", type=Path, default=Path("wheels"), help="the folder (%(default)s)")
    parser.add_argument("--python", default="3.12", help="the machine's Python (%(default)s)")
    parser.add_argument(
        "--machine", default="x86_64", choices=["x86_64", "aarch64"], help="its processor (%(default)s)"
    )
    stated = parser.parse_args(arguments)
    for command in commands(stated.output, stated.python, stated.machine):
        code = subprocess.run(command, check=False).returncode
        if code:
            print(f"pip failed ({code}); its last lines say why", file=sys.stderr)
            return 1
    print(ON_THE_MACHINE.format(folder=stated.output, extra=EXTRA), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
