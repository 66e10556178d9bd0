"""`hashwatt history`: a device's runs over time, and where its rate stepped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..files import warn_of_unreadable
from ..output import Output, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...reports.compare.history.history import History


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt history results/              all results in a folder
  hashwatt history hashwatt-*.json
  hashwatt history results/ --json | jq '.histories[] | select(.steps)'
  hashwatt history .benchmarks/*/*.json         figures of benchmarks (pytest-benchmark)
""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@shared_options
@click.pass_obj
def history(output: Output, files: tuple[str, ...]) -> None:
    """Show each device's runs over time, and what changed with its rate.

    Files of pytest-benchmark may stand among the results; of them, each benchmark's figures are shown.
    """
    from ...reports.collect.files import found_files
    from ...reports.collect.gather import NOTHING, gather
    from ...reports.compare.history.benchmark_history import benchmark_runs, figure_histories
    from ...reports.compare.history.history import histories
    from ...reports.layout.headline import on_trust

    paths, closed = found_files(files)
    runs, others = benchmark_runs(paths)
    figures = figure_histories(runs)
    # Without any benchmark, the reader of results looks into the folders itself, and says what the files lack.
    collection = gather(files) if not runs else gather(others) if others else NOTHING
    warn_of_unreadable(output, (*collection.unreadable, *(closed if runs else ())))
    found = histories(collection)
    if output.as_json:
        output.document({"histories": [as_record(entry) for entry in found], "benchmarks": figures})
        return
    from ...reports.compare.shown.sentences import figure_lines, figure_table, history_table, step_lines
    from ...reports.terminal import table

    for entry in found:
        output.table(table(history_table(entry)))
        for line in step_lines(entry):
            output.line(line)
        output.line()
    for figure in figures:
        output.table(table(figure_table(figure)))
        for line in figure_lines(figure):
            output.line(line)
        output.line()
    for sentence in on_trust(collection):
        output.line(sentence)


def key_record(history: History) -> dict[str, object]:
    """What makes these runs runs of one device."""
    from ...reports.collect.device_name import device_name
    from ...reports.layout.hash_columns import PARAMETER, prefixes_of

    key, newest = history.group.key, history.group.newest.device
    return {
        "workload": key.workload,
        "unit": key.unit,
        PARAMETER: prefixes_of(newest),
        "parameters": newest.parameters,
        "name": device_name(newest),
        "kind": key.kind,
        "backend": key.backend,
        "machine": key.machine,
        "cpus": key.cpus,
        "machine_id": key.machine_id or None,
        "microarchitecture": key.microarchitecture or None,
        "cpu_signature": key.cpu_signature or None,
        "pci_address": key.pci_address or None,
        "compute_units": key.compute_units or None,
        "memory_gib": key.memory_gib or None,
        "twin": key.twin or None,
        "threads": key.setting.threads or None,
        "asked_kernel": key.setting.asked_kernel or None,
        "asked_threads": key.setting.asked_threads or None,
        "held_to_cpus": key.setting.usable_cpus or None,
    }


def as_record(history: History) -> dict[str, object]:
    """The fields of one history for the JSON document: the runs in short, not the whole results."""
    from ...reports.layout.plain_figures import record

    return {
        "device": key_record(history),
        "runs": [record(entry, None) for entry in history.entries],
        "steps": history.steps,
        "recomputed": history.recomputed,
    }
