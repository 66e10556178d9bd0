"""Work that can be measured: it names its unit, runs batches on a device and can check its own answers.

The harness (calibration, warm-up, sampling) knows work only through `Workload`. SHA-256d is the
first one; roofs and memory bandwidth are to come through the same door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Work:
    """What one batch did: an exact amount in the workload's unit, and the device's own word for its time."""

    amount: int
    device_s: float | None = None


class Workload(Protocol):
    """One kind of work on one open device. All methods raise DeviceError; only `run` is timed."""

    name: str
    unit: str
    smallest_batch: int
    largest_batch: int

    @property
    def is_full(self) -> bool:
        """Whether a result can hold no more of it: whoever measures ends here."""
        ...

    def self_test(self) -> None:
        """Compile what is not yet and check small answers against a trusted source. Raises WrongResult."""
        ...

    def rehearse(self, planned: float | None) -> None:
        """Get ready for batches that do not count; `planned` units will count later (None: not known yet)."""
        ...

    def start(self, planned: float) -> None:
        """Get ready for batches that count, about `planned` units of work in all."""
        ...

    def ready(self, batch: int) -> None:
        """Get ready for a batch of that size (a power of two): whatever must not be timed."""
        ...

    def run(self, batch: int) -> Work:
        """Do the batch."""
        ...

    def count(self, sample: int) -> None:
        """Check the batches since the last `count` or `drop` and count them for sample number `sample`."""
        ...

    def drop(self) -> None:
        """Forget the batches since the last `count` or `drop`."""
        ...

    def check_batch(self, batch: int) -> None:
        """Check, once, that batches of this size are computed as small ones are. Raises WrongResult."""
        ...

    def spot_check(self) -> None:
        """Check a tiny answer against a trusted source, now and then during the run. Raises WrongResult."""
        ...
