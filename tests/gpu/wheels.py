"""Collects all that a GPU machine without a network needs, as wheels in a folder.

    python tests/gpu/wheels.py --python 3.12 -o wheels
    python tests/gpu/wheels.py --python 3.12 -o wheels --there list.txt

Run it from a clone, on Linux, where there is a network; carry the folder and the clone to the machine. Where the
machine has packages already, `--there` names a file with their names, one a line (`pip list --format=freeze` there
writes it): those are left out, and what must be carried is 41 MB instead of 340. It prints what to do there.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gpu.carried import REQUIREMENT, TOGETHER, normal, project, wheels_in

# The extra that is carried: CUDA for a machine whose containers lack OpenCL.
EXTRA = "cuda"
# The conformance suite is a part of the tests.
OF_THE_CHECKS = ("pytest", "hypothesis")
# NVRTC of this release is a quarter as large as later ones, knows all cards up to Hopper, and makes the same code of
# the kernels for them (docs/opencl.md).
SMALL_NVRTC = "nvidia-cuda-nvrtc-cu12==12.6.85"
# A card is measured without these, and they are large: OpenCL on the CPU, and what cuda-bindings can drive besides.
NOT_FOR_A_CARD = re.compile(r"pocl-binary-distribution|nvidia-(cuda-nvcc|nvjitlink|cufile|nvfatbin)(-cu\d+)?")
# Newest first, as pip wants them; any of them runs on a system from 2019 on.
PLATFORMS = (
    "manylinux_2_28_{0}",
    "manylinux_2_27_{0}",
    "manylinux_2_24_{0}",
    "manylinux_2_17_{0}",
    "manylinux2014_{0}",
)
ON_THE_MACHINE = """\
On the machine, in the clone, with its own python3 ({python}; it needs no pip and installs nothing):
  python3 tests/gpu/first_hour.py --wheels {folder} -o first-hour
"""


def requirements(small: bool = False) -> list[str]:
    """What hashwatt and its checks need on a card with the extra (pyproject.toml); `small`: with the small NVRTC."""
    stated = project()
    needed = [one for one in stated["dependencies"] if not NOT_FOR_A_CARD.fullmatch(name_of(one))]
    carried = [*needed, *OF_THE_CHECKS, *stated["optional-dependencies"][EXTRA]]
    return [*carried, *([SMALL_NVRTC] if small else [])]


def name_of(requirement: str) -> str:
    """The distribution that a requirement, or a line of `pip list --format=freeze`, is about."""
    found = REQUIREMENT.match(requirement.strip())
    return normal(found[1]) if found else ""


def command(folder: Path, python: str, machine: str, small: bool = False) -> list[str]:
    """pip's command that collects what is needed for that Python and machine."""
    target = [f"--platform={platform.format(machine)}" for platform in PLATFORMS]
    pip = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", f"--python-version={python}"]
    return [*pip, *target, "-d", str(folder), *requirements(small)]


def leave_out(folder: Path, there: Iterable[str]) -> list[str]:
    """Delete the wheels of what a card has no use for, and of what the machine has. Their names.

    NVIDIA's binding and compiler stay, in case the machine's do not suit.
    """
    names = set(map(name_of, there))
    gone = [
        wheel
        for wheel in wheels_in(folder)
        if NOT_FOR_A_CARD.fullmatch(wheel.name) or (wheel.name in names and not TOGETHER.fullmatch(wheel.name))
    ]
    for wheel in gone:
        wheel.path.unlink()
    return [wheel.name for wheel in gone]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Collect wheels for a GPU machine without a network.")
    parser.add_argument("-o", "--output", type=Path, default=Path("wheels"), help="the folder (%(default)s)")
    parser.add_argument("--python", default="3.12", help="the machine's Python (%(default)s)")
    parser.add_argument("--there", type=Path, metavar="FILE", help="names of packages that the machine has, one a line")
    parser.add_argument(
        "--machine", default="x86_64", choices=["x86_64", "aarch64"], help="its processor (%(default)s)"
    )
    stated = parser.parse_args(arguments)
    there = stated.there.read_text(encoding="utf-8").splitlines() if stated.there else []
    code = subprocess.run(command(stated.output, stated.python, stated.machine, bool(there)), check=False).returncode
    if code:
        print(f"pip failed ({code}); its last lines say why", file=sys.stderr)
        return 1
    left_out = leave_out(stated.output, there)
    size_bytes = sum(wheel.path.stat().st_size for wheel in wheels_in(stated.output))
    print(f"{stated.output}: {size_bytes / 1e6:.1f} MB, without {len(left_out)} packages that are not needed there")
    print(ON_THE_MACHINE.format(folder=stated.output, python=stated.python), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
