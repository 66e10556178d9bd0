"""The sizes that every kernel of the convolution agrees on."""

from __future__ import annotations

from ...cpu.codegen.dot_tile import BLOCK, GROUPED, TAPS

CHANNELS = 128
# The CPU's threads share a launch out by so many parts, each a page of 32-bit numbers.
PARTS = 256
ITEMS = PARTS * 1024

__all__ = ["BLOCK", "CHANNELS", "GROUPED", "ITEMS", "PARTS", "TAPS"]
