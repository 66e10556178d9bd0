"""All nonces of a random header by one of our kernels and by a C program: `python -m tests.perf.every_nonce [KERNEL]`.

The program (every_nonce.c) has a SHA-256 of its own, written as FIPS 180-4 has it. Both tell how many hashes have 22
zero bits, the sum of their nonces, and the XOR of all last words; the exit code is 1 where these differ. Takes some
minutes on two cores; `--count` takes the first so many nonces only.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.device import DeviceOptions, Found, scanning
from hashwatt.kernels.headers.job import NONCES, PREFIX_BYTES, Job
from hashwatt.kernels.headers.target import target_from_zero_bits

SOURCE = Path(__file__).with_suffix(".c")
ZERO_BITS = 22
PART = 1 << 26

Answer = tuple[int, int, int]


def by_the_program(program: Path, prefix: bytes, nonces: range, zero_bits: int = ZERO_BITS) -> Answer:
    """How many hashes have so many zero bits, the sum of their nonces, and the XOR of all last words."""
    arguments = [str(program), prefix.hex(), str(zero_bits), str(nonces.start), str(len(nonces))]
    hits, total, xor = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()
    return int(hits), int(total), int(xor, 16)


def built(folder: Path) -> Path:
    """The program, made by whichever C compiler is here. Raises FileNotFoundError, CalledProcessError."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise FileNotFoundError("a C compiler")
    program = folder / "every_nonce"
    # What OpenMP's lines ask for is done by one thread where the compiler has none.
    for options in (["-fopenmp"], []):
        command = [compiler, "-O3", "-march=native", *options, "-o", str(program), str(SOURCE)]
        ended = subprocess.run(command, capture_output=True, check=False)
        if ended.returncode == 0:
            return program
    raise subprocess.CalledProcessError(ended.returncode, command, stderr=ended.stderr)


def by_the_kernel(kernel: str | None, prefix: bytes, nonces: range) -> tuple[str, Answer]:
    """The kernel's name, and the same of all its scans; None: the one that wins the race."""
    (device,) = (scanning(each.open(DeviceOptions(kernel=kernel))) for each in find() if isinstance(each, Found))
    name = device.prepare(Job((prefix,), target_from_zero_bits(ZERO_BITS))).name
    hits = total = xor = 0
    for first in range(nonces.start, nonces.stop, PART):
        scan = device.scan(range(first, min(first + PART, nonces.stop)))
        hits, total, xor = hits + len(scan.hits), total + sum(hit.nonce for hit in scan.hits), xor ^ scan.xor_h7
    device.close()
    return name, (hits, total, xor)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.every_nonce", description=__doc__)
    parser.add_argument("kernel", nargs="?", help="the kernel's name (default: the one that wins the race here)")
    parser.add_argument("--count", type=int, default=NONCES, help="so many nonces, from 0 on (default: all)")
    options = parser.parse_args()
    prefix, nonces = secrets.token_bytes(PREFIX_BYTES), range(options.count)
    with tempfile.TemporaryDirectory() as folder:
        right = by_the_program(built(Path(folder)), prefix, nonces)
    name, answer = by_the_kernel(options.kernel, prefix, nonces)
    for who, (hits, total, xor) in (("the program", right), (name, answer)):
        print(f"{who}: {hits} hashes of {len(nonces):,}, sum of their nonces {total:,}, XOR of last words {xor:08x}")
    print(f"header {prefix.hex()}: {'the same' if answer == right else 'NOT the same'}")
    return int(answer != right)


if __name__ == "__main__":
    sys.exit(main())
