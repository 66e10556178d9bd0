"""Bringing results together: files from anywhere are read, the evidence is checked, re-runs of a device are grouped.

What does not verify is kept apart, and what was not measured too. Nothing is averaged: a group shows
its newest verified run and keeps the others beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ...bench.rates import counted_samples, rate_of
from ...bench.result.brief import lines_of
from ...bench.result.dates import is_date_sure
from ...bench.result.file import decode, encode
from ...bench.result.machine import Machine
from ...bench.result.measurement import Measurement, Rate, Sample
from ...bench.result.model import Result
from ...bench.result.warning import WarningRecord
from ...bench.verification.checks import check_measurement, check_result
from ...bench.verification.verdict import Check
from ...kernels.errors import InputError
from ..wording.visible import visible
from .by_machine import machine_of, member_of
from .device_name import NAME_LIMIT
from .each_proof_once import Shown, faults_of_repeats
from .files import expanded as expanded
from .files import found_files
from .identity import GroupKey, Parameters, key_for
from .sources import SHARES_LOOKED_AT, Change, Source, read_sources
from .sources import checked as checked


class Entry(Struct, frozen=True, kw_only=True):
    """One device in one run. `faults` are the sentences of the checks that it fails: none, and it is verified.

    `together_faults`: those of what the run measured of all devices at once, which is shown apart from it.
    """

    result: Result
    device: Measurement
    faults: tuple[str, ...]
    together_faults: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether every check of the device and of its file as a whole holds."""
        return not self.faults

    @property
    def measured(self) -> bool:
        """Whether it claims a rate."""
        return self.device.rate is not None

    @property
    def rate(self) -> Rate:
        """The rate, of an entry that is `measured`."""
        assert self.device.rate is not None
        return self.device.rate

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that the rate rests on."""
        return counted_samples(self.device)

    @property
    def machine(self) -> Machine | None:
        """Where it was measured; None where a file that does not verify names none of its machines."""
        return machine_of(self.result, self.device.machine)

    @property
    def warnings(self) -> tuple[WarningRecord, ...]:
        """What is amiss with the run as such, and with this machine of it."""
        member = member_of(self.result, self.device.machine)
        return (*self.result.warnings, *(member.warnings if member is not None else ()))

    @property
    def host(self) -> str:
        """The host's name, which tells machines of a fleet apart for people; empty elsewhere."""
        member = member_of(self.result, self.device.machine)
        return visible(member.name, NAME_LIMIT) if member is not None else ""

    @property
    def machine_id(self) -> str:
        """What tells the machine from the file's others; empty where there is only one."""
        return self.device.machine if len(self.result.machines) > 1 else ""

    def __repr__(self) -> str:
        told = f"{self.result.created}, {self.device.in_short()}"
        return f"Entry({told}{'' if self.verified else ', does not verify'})"


class Group(Struct, frozen=True, kw_only=True):
    """The verified runs of one device in one setting, newest first."""

    key: GroupKey
    entries: tuple[Entry, ...]

    @property
    def newest(self) -> Entry:
        """The run that speaks for the device in this setting."""
        return self.entries[0]

    @property
    def is_own_word(self) -> bool:
        """Whether the rate is what the device says of itself: it is never ranked before a measured one."""
        return self.newest.rate.origin == "reported"

    @property
    def restricted(self) -> str:
        """In what the device was held back or steered, in words; empty where it was left to itself."""
        return visible(self.key.setting.words, NAME_LIMIT)

    def __repr__(self) -> str:
        return lines_of(f"Group of {len(self.entries)} runs of {visible(self.key.name, NAME_LIMIT)}:", self.entries)


class Ranking(Struct, frozen=True, kw_only=True):
    """Devices that did the same kind of work (workload and parameters), fastest first, a group for each setting."""

    workload: str
    unit: str
    groups: tuple[Group, ...]

    @property
    def speakers(self) -> tuple[Group, ...]:
        """One group a device, fastest first: its newest one that was left to itself; else its newest."""
        return speakers_of(self.groups)


class Collection(Struct, frozen=True, kw_only=True):
    """All that was gathered. `apart`: claims that do not verify; `unmeasured`: devices without a figure.

    `files`: of each result the file that it was read from; empty where results came from memory.
    """

    results: tuple[Result, ...]
    rankings: tuple[Ranking, ...]
    apart: tuple[Entry, ...]
    unmeasured: tuple[Entry, ...]
    unreadable: tuple[str, ...]
    files: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """All ranked devices, ranking by ranking."""
        return tuple(group for ranking in self.rankings for group in ranking.groups)

    @property
    def speakers(self) -> tuple[Group, ...]:
        """Of each device the group that speaks for it, ranking by ranking."""
        return tuple(group for ranking in self.rankings for group in ranking.speakers)

    def __repr__(self) -> str:
        counts = {"ranked": self.groups, "not verified": self.apart, "not measured": self.unmeasured}
        told = ", ".join(f"{len(part)} {what}" for what, part in {**counts, "unreadable": self.unreadable}.items())
        places = (
            f"{place}. {visible(group.key.name, NAME_LIMIT)}: {group.newest.device.in_short()}"
            for ranking in self.rankings
            for place, group in enumerate(ranking.groups, start=1)
        )
        return lines_of(f"Collection of {len(self.results)} results ({told}):", places)


NOTHING = Collection(results=(), rankings=(), apart=(), unmeasured=(), unreadable=())


def gather(paths: Iterable[str | Path], change: Change | None = None) -> Collection:
    """Read and check result files; a folder stands for the `.json` files in it and in the folders within.

    `change`: what becomes of each result before it is looked at. Raises InputError when a file is missing, or when none
    is a result at all. One that is no result while others are is named in `unreadable`.
    """
    found, unreadable = found_files(paths)
    sources = list(read_sources(found, unreadable, change))
    made = collected(sources, unreadable)
    if change is not None:
        # What they were made from is not what is shown, and may tell what was left out.
        return made
    return with_files(made, sources)


def with_files(collection: Collection, sources: Sequence[Source]) -> Collection:
    """The collection with the file of each result."""
    read_from = {id(source.result): str(source.path) for source in sources}
    return replace(collection, files=tuple(read_from[id(result)] for result in collection.results))


def collected(sources: Sequence[Source], unreadable: list[str]) -> Collection:
    """What was read, checked and sorted. Raises InputError where there is nothing."""
    if not sources:
        raise InputError(unreadable[0] if unreadable else "there is no result file; give one that `hashwatt run` wrote")
    entries = [entry for source in sources for entry in entries_of(source.result, source.checks)]
    return collect([source.result for source in sources], entries, unreadable)


def gather_results(results: Sequence[Result]) -> Collection:
    """Check and group results that are in memory already. Raises InputError when there is none."""
    if not results:
        raise InputError("there is no result; give at least one")
    once = [result for index, result in enumerate(results) if result not in results[:index]]
    entries = [entry for result in once for entry in entries_of(result, checks_of(result))]
    return collect(once, entries, [])


def checks_of(result: Result) -> tuple[Check, ...]:
    """The checks on a result in memory, which may have been made by anyone: the model's bounds are among them."""
    try:
        decode(encode(result), "the result")
    except (InputError, ValueError) as error:
        return (Check(code="schema", ok=False, sentence=visible(str(error), 400)),)
    return check_result(result, most_shares=SHARES_LOOKED_AT)[0].checks


def entries_of(result: Result, checks: Iterable[Check]) -> list[Entry]:
    """An entry for each measurement, with the faults that concern it."""
    failed: dict[tuple[str | None, str | None], list[Check]] = {}
    for check in checks:
        if not check.ok:
            failed.setdefault((check.device, check.machine), []).append(check)
    at_once = tuple(
        visible(check.sentence, 400) for found in failed.values() for check in found if is_about_together(check)
    )
    return [
        Entry(
            result=result,
            device=device,
            faults=tuple(visible(check.sentence, 400) for check in _faults_of(device, result, failed)),
            together_faults=at_once,
        )
        for device in result.results
    ]


def is_about_together(check: Check) -> bool:
    """Whether it is about what all devices did at once: those checks name it before the device."""
    return check.code == "together" or (check.device or "").startswith("together ")


def _faults_of(
    device: Measurement, result: Result, failed: Mapping[tuple[str | None, str | None], list[Check]]
) -> list[Check]:
    """Those of a measurement: found by its device and machine, since of thousands of machines each may have some."""
    name = device.device.id
    own = [*failed.get((name, None), ()), *failed.get((name, device.machine), ())]
    return checks_about(device, result, [*failed.get((None, None), ()), *own]) if failed else []


def checks_about(device: Measurement, result: Result, failed: Sequence[Check]) -> list[Check]:
    """Those of the failed checks that concern this measurement, or the file as a whole."""
    own = [check for check in failed if check.device == device.device.id and check.machine in (None, device.machine)]
    # A check names the device only: where that has several measurements in the file, each is asked itself.
    if own:
        alike = [
            other for other in result.results if other.device.id == device.device.id and other.machine == device.machine
        ]
        if len(alike) > 1:
            own = _of_the_one(device, alike, result, own)
    return [check for check in failed if check.device is None] + own


def _of_the_one(device: Measurement, alike: Sequence[Measurement], result: Result, own: Sequence[Check]) -> list[Check]:
    asked = check_measurement(device, result.challenge, result.run_id, result.written_as).checks
    known = {check.sentence for check in asked}
    # What the measurement alone cannot tell (a recomputation) stays with all of the device's.
    others = {
        check.sentence
        for other in alike
        for check in check_measurement(other, result.challenge, result.run_id, result.written_as).checks
    }
    return [check for check in own if check.sentence in known or check.sentence not in others]


def collect(results: list[Result], entries: list[Entry], unreadable: list[str]) -> Collection:
    """Sort entries into rankings and what stands apart."""
    entries = _each_proof_once(entries)
    good = [entry for entry in entries if entry.verified and entry.measured]
    groups: dict[GroupKey, list[Entry]] = {}
    for key, entry in zip(keys_of(good), good, strict=True):
        groups.setdefault(key, []).append(entry)
    ranked: dict[tuple[str, str, Parameters], list[Group]] = {}
    for key, runs in groups.items():
        group = Group(key=key, entries=tuple(sorted(runs, key=newest_first, reverse=True)))
        ranked.setdefault((key.workload, key.unit, key.parameters), []).append(group)
    return Collection(
        results=tuple(sorted(results, key=moment_of, reverse=True)),
        rankings=tuple(
            Ranking(workload=workload, unit=unit, groups=fastest_first(found))
            for (workload, unit, _), found in sorted(ranked.items())
        ),
        apart=tuple(entry for entry in entries if not entry.verified),
        unmeasured=tuple(entry for entry in entries if entry.verified and not entry.measured),
        unreadable=tuple(unreadable),
    )


def _each_proof_once(entries: list[Entry]) -> list[Entry]:
    """The entries; a verified one that shows the work of one before it has that as its fault."""
    claims = [entry for entry in entries if entry.verified and entry.measured]
    repeats = faults_of_repeats(Shown(entry.device, entry.result) for entry in claims)
    faults = {id(entry): fault for entry, fault in zip(claims, repeats, strict=True) if fault}
    return [replace(entry, faults=(faults[id(entry)],)) if id(entry) in faults else entry for entry in entries]


def keys_of(entries: Sequence[Entry]) -> list[GroupKey]:
    """The group of each entry; where a run has several that are alike in everything, their ids tell them apart."""
    keys = [key_of(entry) for entry in entries]
    often = Counter((key, id(entry.result)) for key, entry in zip(keys, entries, strict=True))
    twins = {key for (key, _), count in often.items() if count > 1}
    return [
        msgspec.structs.replace(key, twin=visible(entry.device.device.id, NAME_LIMIT)) if key in twins else key
        for key, entry in zip(keys, entries, strict=True)
    ]


def key_of(entry: Entry) -> GroupKey:
    """The group that an entry belongs to, but for what tells twins of one run apart."""
    return key_for(entry.device, entry.machine, entry.machine_id)


def speakers_of(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Of each device the group that speaks for it, in the given order: a restricted run never does beside another."""
    of_device: dict[object, list[Group]] = {}
    groups = tuple(groups)
    for group in groups:
        of_device.setdefault(group.key.device, []).append(group)
    chosen = {
        max(alike, key=lambda group: (not group.restricted, newest_first(group.newest))).key
        for alike in of_device.values()
    }
    return tuple(group for group in groups if group.key in chosen)


def newest_first(entry: Entry) -> tuple[bool, str, str]:
    """Orders runs in time, those without a date that can be before all others; the id decides within a second."""
    return moment_of(entry.result)


def moment_of(result: Result) -> tuple[bool, str, str]:
    """What orders results in time."""
    return is_date_sure(result.created), result.created, result.run_id


def fastest_first(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Devices by rate, behind them those that only say theirs of themselves; the names decide between equals."""
    rates = comparable_rates([group.newest for group in groups])
    ordered = sorted(
        zip(groups, rates, strict=True), key=lambda pair: (pair[0].is_own_word, -pair[1].value, pair[0].key)
    )
    return tuple(group for group, _ in ordered)


def of_several_versions(entries: Iterable[Entry]) -> bool:
    """Whether their rates follow from samples by different rules: files of version 1 state the median."""
    return len({entry.result.written_as for entry in entries}) > 1


def comparable_rates(entries: Sequence[Entry]) -> list[Rate]:
    """The rates as they are stated; where versions differ, all by one rule (work ÷ time), from the samples."""
    if not of_several_versions(entries):
        return [entry.rate for entry in entries]
    return [
        rate_of(entry.samples, entry.device.unit) if entry.result.written_as == 1 else entry.rate for entry in entries
    ]
