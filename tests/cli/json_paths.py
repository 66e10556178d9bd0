"""The fields of a JSON document as paths, like `devices[].id`: what docs/json.md is held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Below these any name may stand: the driver's, the kernel's, the library's own words.
OPEN = ("limits", "rejections", "tuning", "parameters", "libraries", "machine_info", "extra_info", "power_scopes")


def paths_of(document: Any, place: str = "") -> Iterator[str]:
    """Every path in a document; what hangs below an OPEN name is that name's own business."""
    if isinstance(document, dict):
        for name, value in document.items():
            path = f"{place}.{name}" if place else name
            yield path
            if name not in OPEN:
                yield from paths_of(value, path)
    elif isinstance(document, list):
        for value in document:
            yield from paths_of(value, f"{place}[]")
