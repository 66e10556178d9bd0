"""The public functions of the harness: what the command line and `import hashwatt` call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from ..kernels.device import Found, Missing
from .progress import Progress
from .result import Result
from .verdict import Verdict


class ScanResult(Struct, frozen=True, kw_only=True):
    """Every share in a range of nonces, ascending.

    `hashes` is the number of hashes done, `xor_h7` the XOR over all of them of the digest's last
    32-bit word (big-endian word of the digest bytes 28–31).
    """

    device: str
    start: int
    count: int
    hashes: int
    nonces: list[int]
    seconds: float
    xor_h7: int


def devices() -> list[Found | Missing]:
    """Every device of this machine, and for each backend that has none the reason."""
    raise NotImplementedError


def run(
    device_ids: Sequence[str] | None = None,
    *,
    seconds: float | None = None,
    challenge: str | None = None,
    note: str | None = None,
    kernel: str | None = None,
    threads: int | None = None,
    rolled: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Measure devices in turn (all by default).

    `seconds` is the sampling time per device, taken fully; without it sampling ends as soon as the
    95 % interval of the median is within ±1 %, after 10 s at the latest. `rolled` is the number of
    version-rolled prefixes hashed for each nonce (None: the plain scan).

    A device that fails is in the result with its reason, and the others go on. Ctrl-C
    (KeyboardInterrupt) ends the run; the result keeps what was measured, with status
    `interrupted`. Raises InputError.
    """
    raise NotImplementedError


def scan(
    header: bytes,
    start: int,
    count: int,
    target: int,
    device_id: str | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Every nonce in `start` … `start + count − 1` for which the hash of the 80-byte `header` is ≤ `target`.

    The header's own nonce field is ignored. Without `device_id` the first device is taken. Raises
    InputError, DeviceError.
    """
    raise NotImplementedError


def verify(source: str | Path | Result, recompute: int = 0, progress: Progress | None = None) -> Verdict:
    """Check a result (or its file) without trusting it; `recompute` chunks, randomly chosen, are hashed again.

    A bad proof is a Verdict that is not ok. Raises InputError when the file cannot be read as a
    result at all, DeviceError when there is nothing to recompute with.
    """
    raise NotImplementedError


def load(path: str | Path) -> Result:
    """The result in a file. Raises InputError."""
    raise NotImplementedError


def save(result: Result, path: str | Path) -> None:
    """Write a result file, whole or not at all. Raises InputError."""
    raise NotImplementedError


def check_writable(path: str | Path) -> None:
    """Raise InputError when `save` could not write to `path`; leaves nothing behind."""
    raise NotImplementedError
