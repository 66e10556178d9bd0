"""`hashwatt run`: measure the devices, store the result, show the table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed, InputError
from ..by_workload import seconds_by_name, sizes_by_name
from ..exits import Interrupted
from ..files import refuse_no_name, refuse_to_overwrite, refuse_unless_new
from ..integers import INTEGER
from ..live.progress import progress_for
from ..output import Output, as_unicode, hanging, shared_options
from ..sections import SectionedCommand
from ..verbose import verbose_option

if TYPE_CHECKING:
    from ...bench.result.model import Result
    from ...bench.verification.verdict import Verdict


# Where Linux keeps files in memory: nothing for long, but better than nowhere.
MEMORY = Path("/dev/shm")
# A window has few lines, and whoever reads twenty warnings reads none.
MOST_WARNINGS = 5


@click.command(
    cls=SectionedCommand,
    sections={
        "What is measured": ("devices", "workloads", "suite", "seconds", "sizes", "meters", "idle_s", "together", "ab"),
        "How": ("kernel", "threads", "rolled", "retune"),
        "Proof": ("challenge", "beacon", "shares"),
        "The result": ("path", "force", "note", "quiet", "verbose", "json"),
    },
    epilog="""\b
Examples:
  hashwatt run                                 every device, within a minute on two cores
  hashwatt run -d cpu -d opencl:0 -t 30        these two, 30 s of samples each
  hashwatt run --challenge "Ana, 12 May"       so that Ana knows it was not measured earlier
  hashwatt run --beacon https://api.drand.sh/public/latest   so that nobody can have begun earlier
  hashwatt run -d cpu --threads 1 --note "one core, window open"
  hashwatt run -d cpu --rolled 16              version rolling (BIP 310), labelled as such
  hashwatt run --workload stream               memory bandwidth
  hashwatt run --suite                         all of `hashwatt workloads`, about 90 s a device
  hashwatt run --suite --size stream=1GiB -t 1 -t stream=5
  hashwatt run --together                      then all devices at once: what they cost each other
  hashwatt run --ab threads=1,2 -t 20          two settings in turns, and a verdict on them
  hashwatt run -d opencl:0 --ab kernel=x1-xor,x4-xor
  hashwatt run --ab runtime=portable,intel     two drivers of OpenCL, by a part of their names
  hashwatt run --meter rapl:package --meter shelly://192.168.1.50 --idle 30
  hashwatt run -o today.json --json | jq .verdict.ok

\b
Ctrl-C (SIGTERM, SIGHUP) ends the run and keeps what was measured. Exit codes: 0 measured; a device
that nobody named and that failed is named on stderr. 1 no device was measured, or not one that -d
names; with --together also where nothing was measured at once, or not one that -d names; or a proof
does not hold. 2 bad input or usage. 128 + signal if interrupted: 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP.
""",
)
@click.option("-d", "--device", "devices", multiple=True, metavar="ID", help="Measure this device (repeat for more).")
@click.option(
    "-t", "--seconds", multiple=True, metavar="[NAME=]SECONDS",
    callback=lambda _context, _option, texts: seconds_by_name(texts),
    help="Take samples for this long on each device; NAME= says it of one workload (repeat: -t 1 -t stream=5).",
)  # fmt: skip
@click.option("--challenge", metavar="TEXT", help="Derive the inputs from this text (random unless given).")
@click.option(
    "--beacon",
    metavar="FILE|URL",
    help="Add a public beacon's value to the challenge (drand, NIST, a Bitcoin block, a token; tsa:URL asks for one).",
)
@click.option("--note", metavar="TEXT", help="Keep a remark in the result.")
@click.option(
    "-o", "--output", "path", metavar="FILE", help="Store the result here (a new name in this folder unless given)."
)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME",
    help="Measure this work, in all its rows (repeat for more; `hashwatt workloads` lists it; its first unless given).",
)
@click.option(
    "--suite", is_flag=True, help="Measure every workload of the suite, in all its rows (about 90 s a device)."
)
@click.option(
    "--size", "sizes", multiple=True, metavar="NAME=N",
    callback=lambda _context, _option, texts: sizes_by_name(texts),
    help="Let a workload have this size: stream=1GiB (repeat for more; fits the device unless given).",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over the file given with -o if there is one.")
@click.option("--kernel", metavar="NAME", help="Force a kernel (`hashwatt devices --kernels` lists them).")
@click.option("--threads", type=INTEGER, metavar="N", help="Use this many CPU threads (one a core unless given).")
@click.option("--rolled", type=INTEGER, metavar="N", help="Roll N versions (BIP 310): another kind of work, labelled.")
@click.option("--retune", is_flag=True, help="Race the kernels anew instead of taking an earlier race's winner.")
@click.option(
    "--ab", metavar="KEY=A,B",
    help="Alternate two settings, a round each: kernel, threads (of one device: -d, or the first), device or runtime.",
)  # fmt: skip
@click.option("--together", is_flag=True, help="Then measure all devices at once: interference and sum.")
@click.option(
    "--shares", type=INTEGER, metavar="N", help="Keep N shares as the proof: more of them prove more (10000)."
)
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
    seconds: float | dict[str, float] | None,
    challenge: str | None,
    beacon: str | None,
    note: str | None,
    path: str | None,
    force: bool,
    workloads: tuple[str, ...],
    suite: bool,
    sizes: dict[str, str] | None,
    kernel: str | None,
    threads: int | None,
    rolled: int | None,
    retune: bool,
    ab: str | None,
    together: bool,
    shares: int | None,
    meters: tuple[str, ...],
    idle_s: float | None,
    quiet: bool,
) -> None:
    """Measure every device, or the chosen ones, into one result file."""
    from ...bench import api
    from ...bench.interrupts import Deferred

    # Said before measuring, not after.
    if path is not None:
        refuse_no_name(path)
    api.check_writable(path or default_name("0000-00-00T00:00:00Z", "0" * 8))
    if path is not None:
        check_new(path, force, meters)
    # An interrupt ends the measurement; it must not come between that and the file.
    with Deferred():
        result = api.run(
            list(devices) or None,
            seconds=seconds,
            challenge=challenge,
            beacon=beacon,
            note=note,
            workloads=list(workloads) or None,
            suite=suite,
            sizes=sizes,
            kernel=kernel,
            threads=threads,
            rolled=rolled,
            retune=retune,
            together=together,
            ab=ab,
            shares=shares,
            meters=list(meters) or None,
            idle_s=idle_s,
            progress=progress_for(quiet),
        )
        stored, fault = store(result, path, force)
    if fault:
        output.warn(fault)
    verdict = api.verify(result)
    if output.as_json:
        from ...reports.compare.verdicts.alternated import judge_alternated

        stored_as = None if stored is None else as_unicode(stored)
        compared = judge_alternated(result, verdict.checks)
        output.document({"file": stored_as, "verdict": verdict, "comparisons": compared, "result": result})
    elif stored is None:
        # Nowhere else is left: whoever asked for the result still gets it.
        output.document(result)
    elif quiet:
        output.line(stored)
    else:
        show(output, result, verdict, stored)
    for line in judge(result, verdict, devices):
        # The table's notes have the reasons already.
        if quiet or output.as_json:
            output.warn(line)
    if stored is None:
        raise CheckFailed("the result could not be stored anywhere; it was printed instead")


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
    refuse_unless_new(path, force)


def store(result: Result, path: str | None, force: bool) -> tuple[str | None, str]:
    """Write the result file, or where that fails after all (a full disk) elsewhere: nothing measured is lost.

    Returns where it is, None where it is nowhere, and a sentence about what went wrong (empty where nothing did).
    """
    from ...bench import api

    own = default_name(result.created, result.run_id)
    chosen, fault = path or own, ""
    if path is not None and not force and os.path.lexists(path):
        # It came while we measured, and is somebody's.
        chosen = os.path.join(os.path.dirname(path), own)
        fault = f"{path} was made by another program meanwhile; the result is in {chosen} instead"
    try:
        api.save(result, chosen)
    except InputError as error:
        for folder in rescue_folders():
            rescue = str(folder / own)
            try:
                api.save(result, rescue)
            except InputError:
                continue
            return rescue, f"{error}; the result is in {rescue} instead"
        return None, str(error)
    return chosen, fault


def rescue_folders() -> list[Path]:
    """Where a result may go that cannot go where it should: other disks as a rule, at last into memory."""
    found = []
    for folder in (tempfile.gettempdir, Path.home, lambda: MEMORY):
        # No folder for temporary files can be written, or there is no home.
        with suppress(OSError, RuntimeError):
            found.append(Path(folder()))
    return found


def show(output: Output, result: Result, verdict: Verdict, stored: str) -> None:
    """The table on stdout; warnings and failures, with what helps, on stderr."""
    from ...reports.run.energy import energy_lines
    from ...reports.run.table import device_lines, run_faults, run_table, run_warnings, together_lines

    output.table(run_table(result, verdict))
    told = (*device_lines(result), *together_lines(result), *energy_lines(result), *comparisons_told(result, verdict))
    for line in (*told, f"Stored in {stored}", f"Anyone can check it with `hashwatt verify {stored}`."):
        for part in hanging(line):
            output.line(part)
    warnings = run_warnings(result)
    shown = len(warnings) if output.verbose or len(warnings) <= MOST_WARNINGS else MOST_WARNINGS - 1
    for note in (*run_faults(result, verdict), *warnings[:shown]):
        output.warn(f"! {note}")
    if shown < len(warnings):
        output.warn(f"! {len(warnings) - shown} more warnings are in the file; `hashwatt run -v` shows all")


def comparisons_told(result: Result, verdict: Verdict) -> Iterator[str]:
    """The verdicts on two settings, where two were alternated."""
    if result.alternated is None:
        return
    from ...reports.compare.shown.sentences import comparison_lines
    from ...reports.compare.verdicts.alternated import judge_alternated

    for comparison in judge_alternated(result, verdict.checks):
        yield from comparison_lines(comparison)


def judge(result: Result, verdict: Verdict, named: Sequence[str]) -> list[str]:
    """End as the run did: raises Interrupted where it was, CheckFailed where what was asked for was not done.

    Returns a line for each device that nobody named and that could not be measured while another could.
    """
    from ...bench.interrupts import pending
    from ...reports.run.table import about, has_several_works, names

    several = has_several_works(result)
    together = result.together
    at_once = () if together is None else together.results
    if any(entry.status == "interrupted" for entry in (*result.results, *at_once)):
        raise Interrupted("interrupted; what was measured until then is in the result")
    if pending():
        raise Interrupted("interrupted when all was measured; the result is complete")
    able = {entry.device.id for entry in result.results if entry.status == "measured"}
    left_out = [entry for entry in result.results if entry.status != "measured"]
    # What a device cannot do at all is no failure of it where it has done other work.
    failed = [entry for entry in left_out if entry.status != "skipped" or entry.device.id not in able]
    lost = [entry for entry in at_once if entry.status != "measured"]
    if failed and (len(failed) == len(result.results) or any(entry.device.id in named for entry in failed)):
        raise CheckFailed(f"not measured: {names(failed, several)}; the reason stands in the result")
    if together is not None and together.sum_rate is None:
        raise CheckFailed(f"nothing was measured together: {together.reason or 'the reasons stand in the result'}")
    if any(entry.device.id in named for entry in lost):
        raise CheckFailed(f"measured alone, but not together: {names(lost, several)}; the reason stands in the result")
    refused = [check for check in verdict.checks if not check.ok]
    if refused:
        # A run without a table shows no checks, so the first one is told here.
        first = about(refused[0].device, refused[0].sentence)
        raise CheckFailed(f"{len(refused)} of the result's {len(verdict.checks)} checks failed: {first}")
    return [
        *(f"not measured: {names([entry], several)}: {entry.reason}" for entry in left_out),
        *(f"not measured together: {names([entry], several)}: {entry.reason}" for entry in lost),
    ]
