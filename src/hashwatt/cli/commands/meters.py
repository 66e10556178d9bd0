"""`hashwatt meters`: what can measure energy here, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...reports.wording.units import UNKNOWN
from ...reports.wording.visible import visible
from ..output import Output, hanging, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...bench.energy.meter import MeterEntry, MeterInfo


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt meters                              the table
  hashwatt meters --json                       for scripts
  hashwatt run --meter shelly://192.168.1.50   measure with a plug at the wall
""",
)
@shared_options
@click.pass_obj
def meters(output: Output) -> None:
    """List the energy meters, why others are missing, and what helps."""
    from ...bench.api import meters as find
    from ...bench.energy.meters.registry import ON_REQUEST

    found = find()
    if output.as_json:
        output.document(
            {
                "meters": [as_record(entry) for entry in found],
                "on_request": [{"form": form, "what": what} for form, what in ON_REQUEST],
            }
        )
        return
    print_meters(output, found)
    output.line("Anywhere, with `hashwatt run --meter …`:")
    for form, what in ON_REQUEST:
        for part in hanging(f"  {form:<15}  {what}", indent=19):
            output.line(part)


def as_record(entry: MeterEntry) -> dict[str, object]:
    """One entry of the JSON document: the same fields for a meter and for a missing one."""
    from ...bench.energy.meter import MeterMissing

    if isinstance(entry, MeterMissing):
        nothing = dict.fromkeys(("name", "scope", "counts", "method", "read_by_default", "interval_s", "bound_source"))
        return {"id": entry.id, **nothing, "available": False, "reason": entry.reason, "remedy": entry.remedy}
    info = entry.info
    return {
        "id": info.id,
        "name": info.name,
        "scope": info.scope,
        "counts": info.coverage.subject,
        "method": method_of(info),
        "read_by_default": info.by_default,
        "interval_s": info.interval_s,
        "bound_source": info.bound_source,
        "available": True,
        "reason": None,
        "remedy": None,
    }


def method_of(info: MeterInfo) -> str:
    """How the meter comes to its joules."""
    if info.estimated:
        return "estimated"
    return "integrated counter" if info.counters else "sampled power"


def print_meters(output: Output, found: list[MeterEntry]) -> None:
    """The table; a missing meter has its reason, and what helps, in place of a name."""
    from ...bench.energy.meter import UNKNOWN_COVERAGE
    from ...reports.fitted_table import FittedTable

    rows = []
    for entry in found:
        record = as_record(entry)
        told = str(record["name"])
        if not record["available"]:
            told = f"{record['reason']}\nwhat helps: {record['remedy']}"
        elif record["counts"] == UNKNOWN_COVERAGE:
            told = f"{told} (unknown coverage: no joules a unit of work from it)"
        elif not record["read_by_default"]:
            told = f"{told} (only with --meter {record['id']})"
        cells = (str(record["id"]), str(record["scope"] or UNKNOWN), str(record["method"] or UNKNOWN))
        lines = "\n".join(visible(line) for line in told.splitlines())
        rows.append((*map(visible, cells), lines))
    columns = ("meter", "scope", "method", "what it is, or why it is missing and what helps")
    output.table(FittedTable(columns, rows, expendable=("method", "scope")))
