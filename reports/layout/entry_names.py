"""What a measurement is called where runs are set against each other, here and in pytest-benchmark's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Entry, key_of
from ..wording.visible import told_apart, visible
from .work_words import variant_text

LONGEST = 400


def entry_names(entries: Sequence[Entry]) -> list[str]:
    """A name for each, of workload and device, no two alike; what else tells them apart follows only where it must."""
    names = [
        f"{visible(entry.device.workload, NAME_LIMIT)}[{visible(entry.device.device.id, NAME_LIMIT)}]"
        + (f" on machine {entry.machine_id}" if entry.machine_id else "")
        for entry in entries
    ]
    for tell in (_work, _setting, _device, _processor):
        often = Counter(names)
        names = [
            f"{name} {more}" if often[name] > 1 and (more := tell(entry)) else name
            for name, entry in zip(names, entries, strict=True)
        ]
    return told_apart(names, LONGEST)


def _work(entry: Entry) -> str:
    return variant_text(entry.device)


def _setting(entry: Entry) -> str:
    return visible(key_of(entry).setting.words, NAME_LIMIT)


def _device(entry: Entry) -> str:
    return device_name(entry.device)


def _processor(entry: Entry) -> str:
    return f"on {visible(key_of(entry).machine, NAME_LIMIT)}"
