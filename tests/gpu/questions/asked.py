"""What all questions share: the device that is asked, and how an answer is given before it is whole."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
# How long a scan lasts, about, and the most nonces of one.
SCAN_S = 0.4
MOST_NONCES = 1 << 32
# Of a reason, what is kept.
LONGEST_WHY = 600


def tell(answer: Json) -> None:
    """Print an answer, or as much of it as there is: the last line counts, should the step be ended."""
    print(json.dumps(answer), flush=True)


def why(error: Exception) -> str:
    """What went wrong, as it is kept."""
    return f"{type(error).__name__}: {error}"[:LONGEST_WHY]


def device_of(device_id: str) -> Any:
    """The device, driven by a process of its own. Exits with a sentence where it is not there."""
    from hashwatt.bench.isolation.device import find_all
    from hashwatt.kernels.device import Found

    for entry in find_all([device_id.partition(":")[0]]):
        if isinstance(entry, Found) and entry.info.id == device_id:
            return entry
    raise SystemExit(f"there is no device {device_id}")
