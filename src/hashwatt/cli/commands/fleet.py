"""`hashwatt fleet`: many trusted machines behind a scheduler of Dask's, measured as one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ...kernels.errors import CheckFailed
from ..exits import Interrupted
from ..files import refuse_no_name
from ..integers import INTEGER
from ..live.fleet_progress import fleet_progress_for
from ..output import Output, as_unicode, hanging, shared_options
from ..sections import SectionedGroup
from .run import check_new, default_name, run, store

if TYPE_CHECKING:
    from ...bench.fleet.fleet import Fleet, Listing
    from ...bench.result.model import Result
    from ...bench.verification.verdict import Verdict
    from ...reports.layout.tables import Table

# The options of `run` that apply on this machine, since it writes the file; all others go to every machine.
OURS = ("path", "force", "quiet")
# `run`'s own meaning of a name that means something else here.
RENAMED = {"together": "devices_together"}
# What the Python API calls an option of the command line.
API_NAMES = {"devices": "device_ids"}
MOST_ROWS = 40


@click.group(
    cls=SectionedGroup,
    epilog="""\b
Examples:
  hashwatt fleet run tcp://head:8786        the same measurement on every machine, one result
  hashwatt fleet run tcp://head:8786 --together -t 60    all at the same moment
  hashwatt fleet devices tcp://head:8786    what each machine has
  hashwatt fleet run --local 2              a trial with two workers of this machine

\b
The machines are workers of a Dask cluster (docs/fleet.md: two laptops by ssh, Slurm, Kubernetes), each with
the same hashwatt and Python, and the extra: `pip install ".[fleet]"` in a clone of hashwatt.
""",
)
def fleet() -> None:
    """Measure many trusted machines at once, on Dask."""


def fleet_options(command: Any) -> Any:
    """Where the machines are: a scheduler, or workers of this machine."""
    local = click.option(
        "--local", type=INTEGER, metavar="N", help="A trial: N workers on this machine, never totalled."
    )
    return click.argument("scheduler", required=False)(local(command))


def options_of_run() -> list[click.Parameter]:
    """Every option of `hashwatt run`, as it is declared there; a new one is an option of a fleet by itself."""
    found: list[click.Parameter] = []
    for parameter in run.params:
        if isinstance(parameter, click.Option):
            option = copy.copy(parameter)
            if option.name in RENAMED:
                option.name = RENAMED[option.name]
                option.opts = [f"--{option.name.replace('_', '-')}"]
                option.help = "On each machine: measure all its devices at once, too (what `run --together` does)."
            found.append(option)
    return found


def as_asked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the command line as the Python API takes them: nothing given is None, many are a list."""
    return {
        API_NAMES.get(name, name): (list(value) or None) if isinstance(value, tuple) else value
        for name, value in options.items()
        if name not in OURS
    }


@fleet.command(
    "run",
    epilog="""\b
Examples:
  hashwatt fleet run tcp://head:8786
  hashwatt fleet run tcp://head:8786 --together -t 60 -o fleet.json
  hashwatt fleet run tcp://head:8786 --workload stream --challenge "rack 7, today"
  hashwatt fleet run --local 2 -d cpu -t 5
  hashwatt fleet run tcp://head:8786 --json | jq '.totals, .lost'
  hashwatt report hashwatt-….json -o fleet.html    machines as rows, slow twins, sums

\b
Takes every option of `hashwatt run`, for each machine. One worker of each machine measures, however many
it has. A machine that is lost (killed, cut off, other versions) counts nothing, and its reason is shown; the
others' results stand. Ctrl-C ends all machines' runs, and keeps what they have.
Exit codes: 0 measured, with lost machines named on stderr (and in --json as `lost`); 1 no machine was
measured, or nothing of a device named with -d; 2 bad input or usage; 130 Ctrl-C.
""",
)
@fleet_options
@click.option("--together", is_flag=True, help="Let all machines take their first sample at the same moment.")
@click.option(
    "--silent", "silent_s", type=float, default=30.0, metavar="SECONDS",
    help="Give up a machine that does not answer for this long (30).",
)  # fmt: skip
@shared_options
@click.pass_obj
def run_fleet(
    output: Output, /, scheduler: str | None, local: int | None, together: bool, silent_s: float, **asked: Any
) -> None:
    """Measure every machine of a Dask cluster into one result file."""
    from ...bench import api
    from ...bench.interrupts import Deferred
    from ...reports.fleet.totals import totals

    path, force, quiet = (asked[name] for name in OURS)
    if path is not None:
        refuse_no_name(path)
    api.check_writable(path or default_name("0000-00-00T00:00:00Z", "0" * 8))
    if path is not None:
        check_new(path, force, asked.get("meters") or ())
    with connected(scheduler, local) as machines, Deferred():
        result = machines.run(
            **as_asked(asked), together=together, silent_s=silent_s, progress=fleet_progress_for(quiet)
        )
        stored, fault = store(result, path, force)
    if fault:
        output.warn(fault)
    verdict = api.verify(result)
    assert result.fleet is not None
    if output.as_json:
        file = None if stored is None else as_unicode(stored)
        output.document(
            {
                "file": file,
                "verdict": verdict,
                "result": result,
                "totals": totals(result),
                "lost": result.fleet.lost,
            }
        )
    elif stored is None:
        output.document(result)
    elif quiet:
        output.line(stored)
    else:
        show(output, result, verdict, stored)
    if quiet or output.as_json:
        tell_lost(output, result)
    judge(result, verdict, asked.get("devices") or ())
    if stored is None:
        raise CheckFailed("the result could not be stored anywhere; it was printed instead")


# Not a second list: whatever `run` declares, now or later.
run_fleet.params.extend(
    option for option in options_of_run() if option.name not in {known.name for known in run_fleet.params}
)


def connected(scheduler: str | None, local: int | None) -> Fleet:
    """The fleet that was asked for. Raises InputError."""
    from ...bench.fleet.fleet import Fleet

    return Fleet(scheduler, local=local)


def show(output: Output, result: Result, verdict: Verdict, stored: str) -> None:
    """Machines, sums and who is unlike its twins on stdout; who is lost, and what is amiss, on stderr."""
    from ...reports.collect.gather import collect, entries_of
    from ...reports.document.report import report_on
    from ...reports.layout.fleet_tables import fleet_sentences, machine_table, unmeasured_sentences
    from ...reports.terminal import table

    collection = collect([result], entries_of(result, verdict.checks), [])
    machines = machine_table(report_on(collection), MOST_ROWS)
    if machines.rows:
        output.table(table(machines))
    for sentence in fleet_sentences(collection):
        for part in hanging(sentence):
            output.line(part)
    output.line(f"Stored in {stored}")
    output.line(f"`hashwatt report {stored} -o page.html` shows it, `hashwatt verify {stored}` checks it.")
    tell_lost(output, result)
    for sentence in unmeasured_sentences(result):
        output.warn(f"! {sentence}")
    for check in [check for check in verdict.checks if not check.ok][:MOST_ROWS]:
        output.warn(f"! {check.machine or ''} {check.sentence}".strip())


def tell_lost(output: Output, result: Result) -> None:
    """The machines that are lost, a line each."""
    from ...reports.layout.fleet_tables import lost_sentence

    assert result.fleet is not None
    for lost in result.fleet.lost[:MOST_ROWS]:
        output.warn(f"! {lost_sentence(lost)}")
    if len(result.fleet.lost) > MOST_ROWS:
        output.warn(f"! {len(result.fleet.lost) - MOST_ROWS:,} more are lost; the result names them")


def judge(result: Result, verdict: Verdict, named: tuple[str, ...]) -> None:
    """End as the run did. Raises Interrupted, CheckFailed."""
    from ...bench.interrupts import pending

    if any(entry.status == "interrupted" for entry in result.results):
        raise Interrupted("interrupted; what was measured until then is in the result")
    if pending():
        raise Interrupted("interrupted when all was measured; the result is complete")
    measured = [entry for entry in result.results if entry.status == "measured"]
    if not measured:
        raise CheckFailed(f"nothing was measured on any machine: {result.results[0].reason}"[:200])
    for device in named:
        if not any(entry.device.id == device for entry in measured):
            raise CheckFailed(f"{device} was measured on no machine; the reasons stand in the result")
    failed = [check for check in verdict.checks if not check.ok]
    if failed:
        raise CheckFailed(f"{len(failed)} of the result's {len(verdict.checks)} checks failed: {failed[0].sentence}")


@fleet.command(
    "devices",
    epilog="""\b
Examples:
  hashwatt fleet devices tcp://head:8786
  hashwatt fleet devices tcp://head:8786 --json | jq '.machines[] | {name, devices: [.devices[].id]}'
""",
)
@fleet_options
@shared_options
@click.pass_obj
def devices_of_fleet(output: Output, scheduler: str | None, local: int | None) -> None:
    """List the devices of every machine, and why others are missing."""
    with connected(scheduler, local) as machines:
        listing = machines.devices()
    tell(output, listing, "devices", ("id", "name", "driver", "reason"))


@fleet.command(
    "meters",
    epilog="""\b
Examples:
  hashwatt fleet meters tcp://head:8786
""",
)
@fleet_options
@shared_options
@click.pass_obj
def meters_of_fleet(output: Output, scheduler: str | None, local: int | None) -> None:
    """List the energy meters of every machine, and what helps."""
    with connected(scheduler, local) as machines:
        listing = machines.meters()
    tell(output, listing, "meters", ("id", "scope", "name", "reason"))


def tell(output: Output, listing: Listing, what: str, columns: tuple[str, ...]) -> None:
    """What each machine has. Raises CheckFailed where no machine could tell."""
    from ...reports.terminal import table

    if output.as_json:
        output.document(
            {
                "machines": [
                    {"machine": host.machine, "name": host.name, "address": host.address, "workers": host.workers,
                     what: entries_of_listing(told, what)}
                    for host, told in listing.machines
                ],
                "lost": listing.lost,
            }
        )  # fmt: skip
    elif listing.machines:
        output.table(table(listing_table(listing, what, columns)))
    if not output.as_json:
        for lost in listing.lost:
            output.warn(f"! lost: {lost.name}: {lost.reason}")
    if not listing.machines:
        raise CheckFailed("no machine could tell; the reasons stand above")


def listing_table(listing: Listing, what: str, columns: tuple[str, ...]) -> Table:
    """A row for each device or meter of each machine."""
    from ...reports.layout.tables import Table
    from ...reports.wording.visible import visible

    return Table(
        caption=f"The {what} of {len(listing.machines)} machines",
        columns=("machine", *columns),
        rows=tuple(
            (
                visible(host.name, 60) if first else "",
                *(visible(str(entry.get(column) or ""), 200) for column in columns),
            )
            for host, told in listing.machines
            for first, entry in _with_first(entries_of_listing(told, what))
        ),
    )


def _with_first(entries: list[dict[str, Any]]) -> list[tuple[bool, dict[str, Any]]]:
    return [(number == 0, entry) for number, entry in enumerate(entries)]


def entries_of_listing(told: dict[str, Any], what: str) -> list[dict[str, Any]]:
    """The devices or meters in what a machine printed; whatever else it printed is no entry."""
    entries = told.get(what)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
