"""Pointers into files of schema version 1, which the checks know by where version 2 keeps the same figures."""

from __future__ import annotations

import re

# Where version 1 kept what version 2 keeps elsewhere, first match first.
PLACES = (
    (r"^/results/", "/devices/"),
    (r"^/together/results/", "/together/devices/"),
    (r"^/together/sum_rate$", "/together/sum_hs"),
    (r"/rounds/\d+/samples/\*/amount$", "/samples/*/hashes"),
    (r"/amount$", "/hashes"),
    (r"/parameters/\*\*$", "/kernel/prefixes"),
    (r"/evidence/", "/proof/"),
    (r"/rate/(value|low|high)$", r"/hashrate/\1_hs"),
    (r"/rate/", "/hashrate/"),
)


def as_version_1(pointer: str) -> str:
    """Where version 1 kept what `pointer` leads to in version 2."""
    for pattern, there in PLACES:
        pointer = re.sub(pattern, there, pointer)
    return pointer
