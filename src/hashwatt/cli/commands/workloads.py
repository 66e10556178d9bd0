"""`hashwatt workloads`: the kinds of work that can be measured."""

from __future__ import annotations

import click

from ...reports.wording.visible import visible
from ..output import Output, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt workloads                     the table
  hashwatt workloads --json              for scripts
  hashwatt run --workload stream         measure one of them
""",
)
@shared_options
@click.pass_obj
def workloads(output: Output) -> None:
    """List the kinds of work that `hashwatt run --workload` measures."""
    from ...bench.api import workloads as find
    from ...kernels.errors import InputError
    from ...kernels.workloads.evidence import CLASS_WORDS
    from ...kernels.workloads.registry import load_workload, workload_names

    found = find()
    for name in set(workload_names()) - {workload.name for workload in found}:
        try:
            load_workload(name)
        except InputError as error:
            output.warn(f"! {error}")
    if output.as_json:
        output.document(
            {
                "workloads": [
                    {
                        "name": workload.name,
                        "unit": workload.quantity.unit,
                        "evidence": workload.evidence_kind,
                        "binds": workload.binds,
                    }
                    for workload in found
                ]
            }
        )
        return
    from ...reports.fitted_table import FittedTable

    rows = []
    for workload in found:
        words = (
            workload.name,
            workload.quantity.plural,
            CLASS_WORDS[workload.evidence_kind],
            workload.binds,
            workload.summary,
        )
        # Another distribution's words: no mark-up, no control characters.
        rows.append([visible(word) for word in words])
    columns = ("workload", "counts", "evidence", "bound by", "what it is")
    output.table(FittedTable(columns, rows, expendable=("counts", "evidence")))
