"""The roof of a hash's kernel: its own operations, in its own proportions, with nothing to wait for.

Measured on the device, as `kernels/cpu/roof.py` does it for the kernels that scan by themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from ...device import Executes, Roof
from .kernel import HashKernel

MeasureRoof = Callable[[Executes, HashKernel], Roof | None]


def measure_roof(device: Executes, kernel: HashKernel) -> Roof | None:
    """The roof in hashes a second; None where the kernel's operations cannot be streamed."""
    return None
