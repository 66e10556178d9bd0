"""Which runs of the one side and of the other are of the same device and work: by identity, never by an id alone.

An id like `opencl:0` is given anew at each start, and a name is shared by equal devices. So runs are put together by
what the device is (`GroupKey`); what several devices of one run share is told apart by their address on the bus, then
by what sets them apart. Only what is then left on both sides, one each, is set against each other by its part in the
machine (the CPU and the CPU): so that another processor is named as such, and not as a device that is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec import Struct

from ...collect.device_name import device_name
from ...collect.gather import Entry, key_of
from ...collect.identity import GroupKey
from ...layout.work_words import variant_text
from ...wording.visible import visible
from ..rates.rate_series import Series
from .sides import Side

NAME_LIMIT = 120


class Pair(Struct, frozen=True, kw_only=True):
    """The runs of one device and work, on either side; one side may have none."""

    name: str
    base: tuple[Series, ...]
    new: tuple[Series, ...]


Groups = dict[Hashable, list[Series]]


def pairs_of(base: Side, new: Side) -> list[Pair]:
    """A pair for each device and work of either side, in the base's order."""
    every = [one for side in (base, new) for run in side.runs for one in run]
    if any(one.entry is None for one in every):
        # A file of pytest-benchmark knows names, and nothing else.
        found = _matched(_grouped(base, _name), _grouped(new, _name))
    else:
        tell = _teller([*base.runs, *new.runs])
        found = _matched(_grouped(base, tell), _grouped(new, tell))
    names = _names(found)
    return [
        Pair(name=name, base=tuple(before), new=tuple(now)) for name, (before, now) in zip(names, found, strict=True)
    ]


def _name(series: Series) -> Hashable:
    return series.name


def _address(entry: Entry) -> Hashable:
    return entry.device.device.pci_address


def _setting(entry: Entry) -> Hashable:
    kernel = entry.device.kernel
    return None if kernel is None else (kernel.name, kernel.tuning.get("threads"))


def _id(entry: Entry) -> Hashable:
    return entry.device.device.id


def _teller(runs: Iterable[Sequence[Series]]) -> Callable[[Series], Hashable]:
    """What tells devices apart: their identity, and more where a run holds several of one identity."""
    runs = list(runs)
    tellers = (_address, _setting, _id)
    settings: dict[Hashable, set[GroupKey]] = {}
    for entry in (one.entry for run in runs for one in run if one.entry is not None):
        if entry.device.kernel is not None:
            settings.setdefault(key_of(entry).device, set()).add(key_of(entry))

    def identity_of(series: Series) -> Hashable:
        if series.entry is None:
            return None
        key = key_of(series.entry)
        known = settings.get(key.device, set())
        # What failed before it had a kernel does not tell its setting: it is the only one that the device had.
        return next(iter(known)) if series.entry.device.kernel is None and len(known) == 1 else key

    needed: dict[Hashable, tuple[Callable[[Entry], Hashable], ...]] = {}
    for run in runs:
        for identity, count in Counter(map(identity_of, run)).items():
            alike = [one.entry for one in run if identity_of(one) == identity and one.entry is not None]
            used: tuple[Callable[[Entry], Hashable], ...] = ()
            for tell in tellers:
                if len({tuple(use(entry) for use in used) for entry in alike}) == count:
                    break
                used = (*used, tell) if len({tell(entry) for entry in alike}) > 1 else used
            known = needed.get(identity, ())
            needed[identity] = (*known, *(tell for tell in used if tell not in known))

    def told(series: Series) -> Hashable:
        identity = identity_of(series)
        assert series.entry is not None
        return identity, tuple(tell(series.entry) for tell in needed[identity])

    return told


def _grouped(side: Side, tell: Callable[[Series], Hashable]) -> Groups:
    groups: Groups = {}
    for run in side.runs:
        for one in run:
            groups.setdefault(tell(one), []).append(one)
    return groups


def _matched(base: Groups, new: Groups) -> list[tuple[list[Series], list[Series]]]:
    """Groups of the same key, then by their part in the machine what is left over, one each; then the lonely ones."""
    partners: dict[Hashable, Hashable] = {key: key for key in base if key in new}
    for part in (_part_and_id, _part):
        left = [[key for key in base if key not in partners], [key for key in new if key not in partners.values()]]
        sought, offered = Counter(part(base[key]) for key in left[0]), Counter(part(new[key]) for key in left[1])
        by_part = {part(new[key]): key for key in left[1]}
        for key in left[0]:
            own = part(base[key])
            if own is not None and sought[own] == offered[own] == 1:
                partners[key] = by_part[own]
    found = [(group, new[partners[key]] if key in partners else []) for key, group in base.items()]
    return found + [([], group) for key, group in new.items() if key not in partners.values()]


def _part(group: Sequence[Series]) -> Hashable:
    """What a device is in its machine, and what it did there; None where nobody knows."""
    entry = group[0].entry
    if entry is None:
        return None
    record = entry.device
    return record.workload, record.device.kind, record.device.backend


def _part_and_id(group: Sequence[Series]) -> Hashable:
    """The same, of the same id and parameters."""
    entry, part = group[0].entry, _part(group)
    if entry is None:
        return None
    return part, entry.device.device.id, str(sorted(entry.device.parameters.items()))


def _names(found: Sequence[tuple[Sequence[Series], Sequence[Series]]]) -> list[str]:
    """A name for each; what else tells them apart follows only where it must, and does."""
    firsts = [(base or new)[-1] for base, new in found]
    names = [first.name for first in firsts]
    for more in (_variant, _device, _processor, _kernel, _threads):
        told: dict[str, set[str]] = {}
        for name, first in zip(names, firsts, strict=True):
            told.setdefault(name, set()).add(more(first))
        names = [
            f"{name} {extra}" if len(told[name]) > 1 and (extra := more(first)) and extra not in name else name
            for name, first in zip(names, firsts, strict=True)
        ]
    return names


def _variant(series: Series) -> str:
    return "" if series.entry is None else variant_text(series.entry.device)


def _device(series: Series) -> str:
    return "" if series.entry is None else device_name(series.entry.device)


def _processor(series: Series) -> str:
    machine = None if series.entry is None else series.entry.machine
    return f"on {visible((machine and machine.cpu_model) or 'unknown machine', NAME_LIMIT)}"


def _kernel(series: Series) -> str:
    kernel = None if series.entry is None else series.entry.device.kernel
    return "" if kernel is None else visible(kernel.name, NAME_LIMIT)


def _threads(series: Series) -> str:
    kernel = None if series.entry is None else series.entry.device.kernel
    threads = None if kernel is None else kernel.tuning.get("threads")
    return "" if threads is None else visible(f"threads={threads}", NAME_LIMIT)
