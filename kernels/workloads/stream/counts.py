"""What a number of the triad counts for."""

from __future__ import annotations

from collections.abc import Mapping

# Two numbers read and one written, as STREAM counts; what a cache fetches besides does not count.
BYTES_AN_ITEM = 24
OPERATIONS_AN_ITEM = 2
# Of each ceiling's unit, for one byte.
COUNTS: Mapping[str, float] = {"memory": 1.0, "float64": OPERATIONS_AN_ITEM / BYTES_AN_ITEM}
