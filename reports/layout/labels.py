"""What devices are called side by side: by their names, and where these are alike, by what tells them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Group
from ..wording.visible import told_apart, visible


def labels_of(groups: Sequence[Group], limit: int = NAME_LIMIT) -> list[str]:
    """A label for each, no two alike; that it was held back or steered always stands with a device."""
    labels = [", ".join(filter(None, (device_name(group.newest.device), group.restricted))) for group in groups]
    for tell in (_address, _twin, _machine, _processor, _threads):
        often = Counter(labels)
        labels = [
            f"{label}, {more}" if often[label] > 1 and (more := tell(group)) else label
            for label, group in zip(labels, groups, strict=True)
        ]
    return told_apart(labels, limit)


def _address(group: Group) -> str:
    return visible(group.key.pci_address, NAME_LIMIT)


def _twin(group: Group) -> str:
    return group.key.twin


def _machine(group: Group) -> str:
    return f"machine {group.key.machine_id}" if group.key.machine_id else ""


def _processor(group: Group) -> str:
    return f"on {visible(group.key.machine, NAME_LIMIT)}"


def _threads(group: Group) -> str:
    threads = group.key.setting.threads
    return f"{threads} thread{'' if threads == 1 else 's'}" if threads else ""
