"""The smallest core in the invented library: synthesised and simulated once for all processes of a test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...run_folder import found_once
from .toys import TINY

if TYPE_CHECKING:
    from hashwatt.kernels.rtl.asic.flow import Silicon


def tiny_silicon() -> Silicon:
    """What it costs, with nothing from outside."""
    from hashwatt.kernels.rtl.asic.flow import price
    from hashwatt.kernels.rtl.asic.timing import Conditions
    from hashwatt.kernels.rtl.shape import Shape

    return found_once("tiny-silicon", lambda: price(Shape(1), [TINY], Conditions()))
