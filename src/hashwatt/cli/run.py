"""`hashwatt run`: measure the devices, store the result, show the table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from ..kernels.errors import CheckFailed, InputError
from ..reports.wording.visible import visible
from .exits import Interrupted
from .files import refuse_to_overwrite
from .integers import INTEGER
from .output import Output, as_unicode, shared_options
from .progress import progress_for
from .verbose import verbose_option

if TYPE_CHECKING:
    from ..bench.result.model import Result
    from ..bench.verification.verdict import Verdict


@click.command(
    epilog="""\b
Examples:
  hashwatt run                                 every device, within a minute on two cores
  hashwatt run -d cpu -d opencl:0 -t 30        these two, 30 s of samples each
  hashwatt run --challenge "Ana, 12 May"       so that Ana knows it was not measured earlier
  hashwatt run -d cpu --threads 1 --note "one core, window open"
  hashwatt run -d cpu --rolled 16              version rolling (BIP 310), labelled as such
  hashwatt run --workload stream               memory bandwidth instead of hashes
  hashwatt run --together                      then all devices at once: what they cost each other
  hashwatt run --meter rapl:package --meter shelly://192.168.1.50 --idle 30
  hashwatt run -o today.json --json | jq .verdict.ok

\b
Ctrl-C ends the run and keeps what was measured.
"""
)
@click.option("-d", "--device", "devices", multiple=True, metavar="ID", help="Measure this device (repeat for more).")
@click.option("-t", "--seconds", type=float, metavar="SECONDS", help="Take samples for this long on each device.")
@click.option("--challenge", metavar="TEXT", help="Derive the inputs from this text (random unless given).")
@click.option("--note", metavar="TEXT", help="Keep a remark in the result.")
@click.option(
    "-o", "--output", "path", metavar="FILE", help="Store the result here (a new name in this folder unless given)."
)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME",
    help="Measure this work (repeat for more; `hashwatt workloads` lists it; sha256d unless given).",
)
@click.option("--force", is_flag=True, help="Write over the file given with -o if there is one.")
@click.option("--kernel", metavar="NAME", help="Force a kernel (`hashwatt devices --kernels` lists them).")
@click.option("--threads", type=INTEGER, metavar="N", help="Use this many CPU threads (one a core unless given).")
@click.option(
    "--rolled", type=INTEGER, metavar="N", help="Hash N rolled versions a nonce: another kind of work, labelled."
)
@click.option("--retune", is_flag=True, help="Race the kernels anew instead of taking an earlier race's winner.")
@click.option("--together", is_flag=True, help="Then measure all devices at once: interference and sum.")
@click.option(
    "--meter",
    "meters",
    multiple=True,
    metavar="METER",
    help="Read this energy meter (repeat for more; `hashwatt meters` lists them; none: no meter).",
)
@click.option(
    "--idle",
    "idle_s",
    type=float,
    metavar="SECONDS",
    help="Measure idle power for this long before and after (0: not).",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no table: print the result file's name only.")
@verbose_option
@shared_options
@click.pass_obj
def run(
    output: Output,
    devices: tuple[str, ...],
    seconds: float | None,
    challenge: str | None,
    note: str | None,
    path: str | None,
    force: bool,
    workloads: tuple[str, ...],
    kernel: str | None,
    threads: int | None,
    rolled: int | None,
    retune: bool,
    together: bool,
    meters: tuple[str, ...],
    idle_s: float | None,
    quiet: bool,
) -> None:
    """Measure every device, or the chosen ones, and store one result file."""
    from ..bench import api

    # Said before measuring, not after.
    api.check_writable(path or default_name("0000-00-00T00:00:00Z", "0" * 8))
    if path is not None:
        check_new(path, force, meters)
    result = api.run(
        list(devices) or None,
        seconds=seconds,
        challenge=challenge,
        note=note,
        workloads=list(workloads) or None,
        kernel=kernel,
        threads=threads,
        rolled=rolled,
        retune=retune,
        together=together,
        meters=list(meters) or None,
        idle_s=idle_s,
        progress=progress_for(quiet),
    )
    stored = store(output, result, path, force)
    verdict = api.verify(result)
    if output.as_json:
        output.document({"file": as_unicode(stored), "verdict": verdict, "result": result})
    elif quiet:
        output.line(stored)
    else:
        show(output, result, verdict, stored)
    judge(result, verdict)


def default_name(created: str, run_id: str) -> str:
    """The name of a result file that nobody named, from the time of the run and its id."""
    compact = created.replace("-", "").replace(":", "")
    return f"hashwatt-{compact}-{run_id[:8]}.json"


def check_new(path: str, force: bool, meters: Iterable[str]) -> None:
    """Raise InputError where the result would be written over something: a file, or the one that a meter is read from.

    Also over what is no result: nobody can tell here what it is worth.
    """
    for meter in meters:
        scheme, _, source = meter.partition(":")
        if scheme.partition("+")[0] == "file":
            refuse_to_overwrite([path], source)
    if not force and os.path.lexists(path):
        raise InputError(f"{visible(path, 200)} exists already; choose another name, or write over it with --force")


def store(output: Output, result: Result, path: str | None, force: bool) -> str:
    """Write the result file; where that fails after all (a full disk), write it elsewhere: nothing measured is lost."""
    from ..bench import api

    own = default_name(result.created, result.run_id)
    chosen = path or own
    if path is not None and not force and os.path.lexists(path):
        # It came while we measured, and is somebody's.
        chosen = os.path.join(os.path.dirname(path), own)
        output.warn(f"{path} was made by another program meanwhile; the result is in {chosen} instead")
    try:
        api.save(result, chosen)
    except InputError as error:
        rescue = rescue_path(own)
        api.save(result, rescue)
        output.warn(f"{error}; the result is in {rescue} instead")
        return rescue
    return chosen


def rescue_path(name: str) -> str:
    """Where a result goes that cannot go where it should: among temporary files, or else into the home folder."""
    try:
        return os.path.join(tempfile.gettempdir(), name)
    except OSError:
        return os.path.join(os.path.expanduser("~"), name)


def show(output: Output, result: Result, verdict: Verdict, stored: str) -> None:
    """The table on stdout; warnings and failures, with their mends, on stderr."""
    from ..reports.run.energy import energy_lines
    from ..reports.run.table import device_lines, run_notes, run_table, together_lines

    output.table(run_table(result, verdict))
    for line in (*device_lines(result), *together_lines(result), *energy_lines(result)):
        output.line(line)
    output.line(f"Stored in {stored}; anyone can check it with `hashwatt verify {stored}`.")
    for note in run_notes(result, verdict):
        output.warn(f"! {note}")


def judge(result: Result, verdict: Verdict) -> None:
    """End as the run did: raises Interrupted where it was, CheckFailed where not all went well."""
    at_once = () if result.together is None else result.together.results
    if any(entry.status == "interrupted" for entry in (*result.results, *at_once)):
        raise Interrupted("interrupted; what was measured until then is in the result")
    failed = [entry.device.id for entry in result.results if entry.status != "measured"]
    if failed:
        raise CheckFailed(f"not measured: {', '.join(failed)}; the reason stands in the result")
    lost = [entry.device.id for entry in at_once if entry.status != "measured"]
    if lost:
        raise CheckFailed(f"measured alone, but not together: {', '.join(lost)}; the reason stands in the result")
    if not verdict.ok:
        raise CheckFailed("the result does not verify; the refused checks stand above")
