"""`hashwatt serve`: measure any miner that speaks Stratum, by the shares it finds for our jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed
from ..exits import Interrupted
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedCommand
from ..verbose import verbose_option

if TYPE_CHECKING:
    from ...bench.result.measurement import Measurement
    from ...bench.result.model import Result


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt serve                               on this machine: stratum+tcp://127.0.0.1:3333
  hashwatt serve --listen 0.0.0.0              miners of the local network, too
  hashwatt serve --listen 0.0.0.0 --beside axeos://192.168.1.40    its claim beside its proof
  hashwatt serve --listen 0.0.0.0 --kind asic --meter shelly://192.168.1.50      and its joules
  hashwatt serve --seconds 600 -o rig.json     ten minutes a worker: ±1.6 %
  hashwatt serve --challenge "Ana, 12 May"     so that Ana knows it was not measured earlier
  minerd -a sha256d -o stratum+tcp://127.0.0.1:3333 -u rig1 -p x    a miner, in another terminal

\b
Each worker warms up until its rate is steady; then its window begins, with jobs that derive from the
challenge and from bytes drawn at that moment, and of a fixed length. The rate follows from the shares
it finds and from this machine's clock: nothing is believed of what the miner says. Whoever has the
file can hash the shares again (`hashwatt verify`). The blocks of these jobs are worth nothing.

\b
Exit codes: 0 a worker was measured; 1 none was; 2 bad input or usage; 130 Ctrl-C: windows that were
complete are kept, one that is cut short proves nothing.
""",
)
@click.option("--listen", default="127.0.0.1:3333", metavar="HOST:PORT", help="Where miners connect (127.0.0.1:3333).")
@click.option("-t", "--seconds", type=float, default=60.0, metavar="SECONDS", help="Length of a worker's window (60).")
@click.option("--wait", "wait_s", type=float, default=300.0, metavar="SECONDS", help="End if nobody comes (300).")
@click.option("--challenge", metavar="TEXT", help="Derive the jobs from this text (random unless given).")
@click.option("--difficulty", type=float, metavar="D", help="Difficulty of all shares (found by itself unless given).")
@click.option(
    "--kind",
    type=click.Choice(["remote", "cpu", "gpu", "fpga", "asic"]),
    default="remote",
    help="What the workers are, by your word (remote: unknown).",
)
@click.option("--beside", metavar="PLACE", help="Also read what the miner says: cgminer://HOST or axeos://HOST.")
@click.option(
    "--meter",
    "meters",
    multiple=True,
    metavar="METER",
    help="Read this energy meter (repeat for more): joules of the one worker that is measured.",
)
@click.option("--note", metavar="TEXT", help="Keep a remark in the result.")
@click.option(
    "-o", "--output", "path", metavar="FILE", help="Store the result here (a new name in this folder unless given)."
)
@click.option("--force", is_flag=True, help="Write over the file given with -o if there is one.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no table: print the result file's name only.")
@verbose_option
@shared_options
@click.pass_obj
def serve(
    output: Output,
    listen: str,
    seconds: float,
    wait_s: float,
    challenge: str | None,
    difficulty: float | None,
    kind: str,
    beside: str | None,
    meters: tuple[str, ...],
    note: str | None,
    path: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Measure any miner by its shares: a Stratum server with proof."""
    from ...bench import api
    from ...bench.asic.reading import Place
    from ...bench.energy.meters import registry
    from ...bench.interrupts import Deferred, pending
    from ...bench.pool.measure import Address, ServeRequest
    from ...bench.pool.measure import serve as run_server
    from ..live.workers import Watcher
    from .run import check_new, default_name, store

    request = ServeRequest(
        address=Address.of_text(listen),
        seconds=seconds,
        wait_s=wait_s,
        challenge=challenge,
        note=note,
        difficulty=difficulty,
        kind=kind,  # type: ignore[arg-type]
        beside=None if beside is None else Place.of_text(beside),
        meters=tuple(registry.choose(list(meters))) if meters else (),
    )
    api.check_writable(path or default_name("0000-00-00T00:00:00Z", "0" * 8))
    if path is not None:
        check_new(path, force, meters)
    watcher = Watcher(quiet)
    with Deferred():
        try:
            result = run_server(request, watcher.listening, watcher.show)
        finally:
            watcher.done()
        stored, fault = store(result, path, force)
    if fault:
        output.warn(fault)
    verdict = api.verify(result)
    if output.as_json:
        file = None if stored is None else as_unicode(stored)
        workers = worker_documents(result)
        output.document({"file": file, "verdict": verdict, "result": result, "workers": workers})
    elif stored is None:
        output.document(result)
    elif quiet:
        output.line(stored)
    else:
        show(output, result, stored)
    if pending() or any(entry.status == "interrupted" for entry in result.results):
        raise Interrupted("interrupted; the windows that were complete are in the result")
    if all(entry.status != "measured" for entry in result.results if entry.device.backend == "stratum"):
        raise CheckFailed(f"no worker was measured: {result.results[0].reason}")
    if not verdict.ok:
        first = next(check for check in verdict.checks if not check.ok)
        raise CheckFailed(f"a check of the result failed: {first.sentence}")
    if stored is None:
        raise CheckFailed("the result could not be stored anywhere; it was printed instead")


def worker_documents(result: Result) -> list[dict[str, object]]:
    """The workers of the JSON document. What a miner claims is only known of one that is alone."""
    from ...reports.run.workers import has_one_worker

    claims = [entry.rate.value for entry in result.results if entry.rate and entry.rate.origin == "reported"]
    workers = [entry for entry in result.results if entry.device.backend == "stratum"]
    claim = claims[0] if claims and has_one_worker(result) else None
    return [worker_document(entry, claim) for entry in workers]


def worker_document(entry: Measurement, claim_hs: float | None) -> dict[str, object]:
    """A worker's line of the JSON document."""
    rate = entry.rate
    return {
        "name": entry.device.name,
        "shares": getattr(entry.evidence, "count", 0),
        "seconds": entry.seconds,
        "rate_hs": None if rate is None else rate.value,
        "low_hs": None if rate is None else rate.low,
        "high_hs": None if rate is None else rate.high,
        "claim_hs": claim_hs,
    }


def show(output: Output, result: Result, stored: str) -> None:
    """The workers' table on stdout, what is amiss on stderr."""
    from ...reports.run.energy import energy_lines
    from ...reports.run.workers import claim_lines, sum_line, worker_notes, workers_table

    output.table(workers_table(result))
    if line := sum_line(result):
        output.line(line)
    for line in claim_lines(result):
        output.line(line)
    for line in energy_lines(result):
        output.line(line)
    output.line(f"Stored in {stored}")
    output.line(f"Anyone can check it with `hashwatt verify {stored}`.")
    for note in worker_notes(result):
        output.warn(f"! {note}")
