"""A result without what names people, hosts and places; its proof holds as before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
import msgspec.inspect
from msgspec.structs import replace

from ...bench.anchors.digest import record_digest
from ...bench.result.energy import Energy
from ...bench.result.fleet import FleetRecord
from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...bench.result.warning import WarningRecord
from ...kernels.workloads.evidence import ServedShares
from .known_names import (
    anonymous_ids,
    is_bound,
    is_named_meter,
    is_worker,
    kind_of_meter,
    known_names,
    measurements_of,
)
from .rules import AGENT, FIGURES_ALONE, LEFT_OUT, RULES, RULES_OF_TABLES, Known
from .scrub import scrubber

# What is counted as left out, by the field that it stood in; fields that are not named here are "words".
WHAT = {
    "Result.note": "notes",
    "Member.name": "host names",
    "Lost.name": "host names",
    "Lost.address": "addresses of hosts",
    "DeviceRecord.id": "names of workers or devices",
    "DeviceRecord.name": "names of workers or devices",
    "Energy.meter": "addresses of meters",
    "Energy.name": "names of meters",
    "DeviceRecord.pci_address": "places of devices that are no address on a bus",
    "WarningRecord.text": "words of warnings (their kinds stay)",
    "Measurement.reason": "reasons in a driver's words",
    "CandidateRecord.reason": "reasons in a driver's words",
    "Lost.reason": "reasons in a driver's words",
    "Energy.reason": "reasons in a driver's words",
    "DeviceRecord.limits": "further words of drivers",
    "Beacon.source": "addresses of beacons",
    "Result.challenge": "challenges that nothing is bound to",
}
STAMPS = "time-stamps, which are over the record as it was"
OTHER = "names, addresses and paths within other words"

# A text of so many characters is within any field's bounds.
SHORT = 100
# A worker whose id its proof is bound to.
WORKER_UNKNOWN = "a worker"

Value = TypeVar("Value")


@dataclass
class _Walk:
    """One walk over a result: what the rules may ask, and what was left out so far."""

    known: Known
    left_out: Counter[str] = field(default_factory=Counter)

    def changed(self, value: Value, place: str = "") -> Value:
        """The value by the rules; `place`: the record and field that it stands in."""
        if isinstance(value, msgspec.Struct):
            return cast(Value, self._record(value))
        if isinstance(value, tuple):
            return cast(Value, tuple(self.changed(each, place) for each in value))
        if isinstance(value, dict):
            return cast(Value, self._noted(value, RULES_OF_TABLES[place](value, self.known), place))
        if isinstance(value, str):
            new = RULES[place](value, self.known)
            # What stands for an address may be longer than the address; texts have bounds.
            return cast(Value, self._noted(value, new if new is None else new[: max(len(value), SHORT)], place))
        return value

    def _record(self, record: msgspec.Struct) -> msgspec.Struct:
        kind = type(record)
        if isinstance(record, WarningRecord) and record.code not in FIGURES_ALONE:
            new_text = f"{record.code.replace('_', ' ')}: {LEFT_OUT}"
            return replace(record, text=self._noted(record.text, new_text, "WarningRecord.text"))
        if isinstance(record, Energy) and record.name and record.meter and record.meter in self.known.meters:
            new_name = self._noted(record.name, kind_of_meter(record.meter), "Energy.name")
            new_meter = self._noted(record.meter, self.known.meters[record.meter], "Energy.meter")
            record = replace(record, name=new_name, meter=new_meter)
        values = {name: getattr(record, name) for name in fields_with_text(kind)}
        new = {name: self.changed(value, f"{kind.__name__}.{name}") for name, value in values.items()}
        different = {name: value for name, value in new.items() if value is not values[name]}
        return replace(record, **different) if different else record

    def _noted(self, old: Any, new: Any, place: str) -> Any:
        if old == new:
            return old
        self.left_out[WHAT.get(place, OTHER)] += 1
        return new


@dataclass(frozen=True)
class Anonymous:
    """A result fit to be published, and how often what was left out of it."""

    result: Result
    left_out: Counter[str]


def anonymous(result: Result) -> Anonymous:
    """The result without names of people, hosts and workers, notes and addresses.

    Everything that its proof derives from stays as it is. Time-stamps are over the whole record: where anything else
    is left out of it, they are, too.
    """
    ids = anonymous_ids(result)
    named = dict.fromkeys(
        record.meter
        for entry in measurements_of(result)
        for record in entry.energy
        if record.meter and is_named_meter(record.meter)
    )
    known = Known(
        sentence=scrubber(known_names(result, ids)),
        ids=ids,
        meters={name: f"meter:{number}" for number, name in enumerate(named, start=1)},
        challenge_is_bound=result.beacon is not None
        or any(is_bound(entry) or isinstance(entry.evidence, ServedShares) for entry in measurements_of(result)),
    )
    walk = _Walk(known)
    new = walk.changed(_with_numbers_for_names(result, ids, walk.left_out))
    if result.stamps and record_digest(new) != record_digest(result):
        new = replace(new, stamps=())
        walk.left_out[STAMPS] += 1
    return Anonymous(new, walk.left_out)


def _with_numbers_for_names(result: Result, ids: dict[str, str], left_out: Counter[str]) -> Result:
    """Workers and hosts of a fleet keep apart by a number."""
    if result.fleet is not None:
        left_out[WHAT["Member.name"]] += len(result.fleet.members) + len(result.fleet.lost)
        result = replace(result, fleet=_numbered(result.fleet))
    if not any(is_worker(entry.device) for entry in result.results):
        return result
    return replace(result, results=tuple(_numbered_worker(entry, ids, left_out) for entry in result.results))


def _numbered(fleet: FleetRecord) -> FleetRecord:
    members = tuple(replace(one, name=f"machine {number}") for number, one in enumerate(fleet.members, start=1))
    lost = tuple(replace(one, name=f"lost machine {number}") for number, one in enumerate(fleet.lost, start=1))
    return replace(fleet, members=members, lost=lost)


def _numbered_worker(entry: Measurement, ids: dict[str, str], left_out: Counter[str]) -> Measurement:
    if not is_worker(entry.device):
        return entry
    called = ids.get(entry.device.id, WORKER_UNKNOWN)
    agent = AGENT.fullmatch(entry.device.vendor)
    left_out[WHAT["DeviceRecord.name"]] += 1
    return replace(entry, device=replace(entry.device, name=called, vendor=agent[0] if agent else ""))


@cache
def fields_with_text(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a record that hold free text, or records that do."""
    told = msgspec.inspect.type_info(kind)
    assert isinstance(told, msgspec.inspect.StructType)
    return tuple(one.name for one in told.fields if _holds_text(one.type))


def _holds_text(told: msgspec.inspect.Type) -> bool:
    match told:
        case msgspec.inspect.StrType() | msgspec.inspect.DictType():
            return True
        case msgspec.inspect.Metadata(type=inner) | msgspec.inspect.VarTupleType(item_type=inner):
            return _holds_text(inner)
        case msgspec.inspect.UnionType(types=several):
            return any(_holds_text(each) for each in several)
        case msgspec.inspect.StructType(cls=kind):
            return bool(fields_with_text(kind))
    return False
