"""What the devices of a run reached at once (`run --together`), beside what each reached alone: a table a run."""

from __future__ import annotations

from ...bench.result.measurement import Measurement
from ...bench.result.model import Result, Together
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Collection, Entry
from ..wording.units import UNKNOWN, percent_text, rate_text
from ..wording.visible import visible
from .tables import Table, lines, marked
from .work_words import variant_text

MEANING = (
    "Each device was measured alone, then all of them at the same time: "
    "the last column says how much of its rate alone each kept beside the others."
)
# More such runs make a page heavy; the raw results have all.
MOST_RUNS = 12
MOST_ROWS = 200


def together_tables(collection: Collection) -> list[Table]:
    """A table for each of the first such runs; what does not verify, or was not measured, has its reason for a row."""
    faults = {id(entry.result): _faults_of(entry) for entry in _entries(collection)}
    return [
        _table(result, result.together, faults.get(id(result), ()))
        for result in [each for each in collection.results if each.together is not None][:MOST_RUNS]
        if result.together is not None
    ]


def _entries(collection: Collection) -> list[Entry]:
    ranked = [entry for group in collection.groups for entry in group.entries]
    return [*ranked, *collection.unmeasured, *collection.apart]


def _faults_of(entry: Entry) -> tuple[str, ...]:
    """Why nothing of what was measured at once can be shown: its own faults, and those of the records alone."""
    return entry.together_faults or entry.faults


def _table(result: Result, together: Together, faults: tuple[str, ...]) -> Table:
    at_once = {(each.machine, each.device.id): each for each in together.results}
    if faults:
        rows = [("all at once", UNKNOWN, lines("not verified", faults[0]))]
    elif together.sum_rate is None or together.unit is None:
        rows = [("all at once", UNKNOWN, lines("not measured", visible(together.reason or "no reason was given", 300)))]
    else:
        unit = together.unit
        rows = [
            (
                _name(at_once.get((rate.machine, rate.device)), rate.device),
                lines(rate_text(rate.rate, unit), _origin(at_once.get((rate.machine, rate.device)))),
                percent_text(100 * rate.ratio_to_alone),
            )
            for rate in together.rates[:MOST_ROWS]
        ]
        origins = {_origin(record) for record in at_once.values() if record.rate is not None}
        of_all = origins.pop() if len(origins) == 1 else ""
        rows.append((f"sum of {len(together.rates):,}", lines(rate_text(together.sum_rate, unit), of_all), UNKNOWN))
    return Table(
        caption=_caption(result, together), columns=("device", "rate at once", "of its rate alone"), rows=tuple(rows)
    )


def _caption(result: Result, together: Together) -> str:
    work = ""
    if together.results:
        first = together.results[0]
        work = ", ".join(part for part in (visible(first.workload, NAME_LIMIT), variant_text(first)) if part) + ", "
    seconds = "" if together.seconds is None else f"for {together.seconds:.1f} s, "
    return f"{work}all at once, {seconds}run {visible(result.run_id[:8], 8)}"


def _name(record: Measurement | None, device: str) -> str:
    return lines("" if record is None else device_name(record), visible(device, NAME_LIMIT))


def _origin(record: Measurement | None) -> str:
    return "" if record is None or record.rate is None else marked(record.rate.origin)
