"""What a measurement is called where runs are set against each other, here and in pytest-benchmark's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..collect.device_name import NAME_LIMIT
from ..collect.gather import Entry
from ..wording.visible import visible
from .work_words import variant_text


def entry_names(entries: Sequence[Entry]) -> list[str]:
    """A name for each, of workload and device; what else tells them apart follows only where it must."""
    plain = [
        f"{visible(entry.device.workload, NAME_LIMIT)}[{visible(entry.device.device.id, NAME_LIMIT)}]"
        + (f" on machine {entry.machine_id}" if entry.machine_id else "")
        for entry in entries
    ]
    often = Counter(plain)
    variants = [variant_text(entry.device) for entry in entries]
    return [
        f"{name} {variant}" if often[name] > 1 and variant else name
        for name, variant in zip(plain, variants, strict=True)
    ]
