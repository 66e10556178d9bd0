"""Which devices are of one model, and where each stands among its like."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ..collect.gather import Entry, comparable_rates, key_of, newest_first
from ..collect.identity import Parameters, works_on_host

# Fewer others say nothing of where a device stands among them.
FEWEST_OTHERS = 5


class Model(Struct, frozen=True, order=True, kw_only=True):
    """What makes two devices the same model: all that identity has, but for what tells one specimen from another.

    Of devices that a machine's own cores are, the processor with the maker's numbers, how many CPUs, and whether they
    are a virtual machine's; of others their name and size. Unknown is empty, or 0.
    """

    name: str
    kind: str
    backend: str
    compute_units: int
    memory_gib: int
    processor: str
    microarchitecture: str
    cpu_signature: str
    cpus: int
    virtual: bool


class Work(Struct, frozen=True, order=True, kw_only=True):
    """What makes two measurements the same work."""

    workload: str
    unit: str
    parameters: Parameters


class Standing(Struct, frozen=True, kw_only=True):
    """Where a device stands among the others of its model at the same work.

    `percentile`: which share of the `others` is slower, in per cent, equal ones by half; `low` and `high` the same of
    the ends of its rate's interval. None, with `reason`, where it is unknown.
    """

    others: int
    percentile: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def model_of(entry: Entry) -> Model:
    """The model of a measurement's device."""
    key, on_host, machine = key_of(entry), works_on_host(entry.device.device), entry.machine
    return Model(
        name=key.name,
        kind=key.kind,
        backend=key.backend,
        compute_units=key.compute_units,
        memory_gib=key.memory_gib,
        processor=key.machine if on_host else "",
        microarchitecture=key.microarchitecture if on_host else "",
        cpu_signature=key.cpu_signature if on_host else "",
        cpus=key.cpus if on_host else 0,
        virtual=on_host and machine is not None and machine.hypervisor is not None,
    )


def work_of(entry: Entry) -> Work:
    """What a measurement computed."""
    key = key_of(entry)
    return Work(workload=key.workload, unit=key.unit, parameters=key.parameters)


def specimen_of(entry: Entry) -> tuple[str, str]:
    """One device: its machine, from one start to the next, and its place in it, which its own cores have none of."""
    device = entry.device.device
    return entry.device.machine, "" if works_on_host(device) else device.pci_address or device.id


def why_not_compared(entry: Entry) -> str:
    """Why a measurement never counts among its like; empty where it may."""
    setting = key_of(entry).setting
    if not entry.measured:
        return "no figure"
    if not entry.verified:
        return "does not verify"
    if entry.rate.origin != "measured":
        return "the device's own word"
    if entry.device.device.simulator:
        return "a simulator"
    if entry.result.fleet is not None and entry.result.fleet.trial:
        return "a trial: its machines share one"
    if entry.result.written_as == 1:
        return "an old file, which does not name its machine"
    if entry.device.setting is not None or setting.words:
        return "held back or steered"
    return ""


def standings_of(entries: Iterable[Entry]) -> dict[int, Standing]:
    """The standing of each measurement, by its `id()`; each device counts once, by its newest run that may count."""
    standings: dict[int, Standing] = {}
    newest: dict[tuple[Model, Work], dict[tuple[str, str], Entry]] = {}
    for entry in entries:
        if reason := why_not_compared(entry):
            standings[id(entry)] = Standing(others=0, reason=reason)
            continue
        alike = newest.setdefault((model_of(entry), work_of(entry)), {})
        older = entry
        known = alike.get(specimen_of(entry))
        if known is None or newest_first(entry) > newest_first(known):
            alike[specimen_of(entry)], older = entry, known or entry
        if known is not None:
            standings[id(older)] = Standing(others=0, reason="a newer run of this device counts")
    for alike in newest.values():
        counting = list(alike.values())
        rates = comparable_rates(counting)
        values = sorted(rate.value for rate in rates)
        for entry, rate in zip(counting, rates, strict=True):
            standings[id(entry)] = _standing(values, rate.value, rate.low, rate.high)
    return standings


def _standing(values: Sequence[float], own: float, low: float | None, high: float | None) -> Standing:
    """`values`: the rates of all of its model, its own among them, ascending."""
    others = len(values) - 1
    if others < FEWEST_OTHERS:
        reason = f"only {others} other{'s' * (others != 1)} of its model" if others else "no other of its model"
        return Standing(others=others, reason=f"{reason}; {FEWEST_OTHERS} are needed")

    def slower(rate: float) -> float:
        # Its own stands among the values, and must count neither as slower nor as equal.
        below = bisect_left(values, rate) - (own < rate)
        equal = bisect_right(values, rate) - bisect_left(values, rate) - (own == rate)
        return 100 * (below + equal / 2) / others

    return Standing(
        others=others,
        percentile=slower(own),
        low=None if low is None else slower(low),
        high=None if high is None else slower(high),
    )
