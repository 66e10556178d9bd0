"""`hashwatt devices`: what can be measured on this machine, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed, DeviceError, InputError
from ...reports.ladder.words import hashrate_text
from ...reports.wording.units import UNKNOWN
from ...reports.wording.visible import visible
from ..output import Output, hanging, shared_options
from ..sections import SectionedCommand
from ..verbose import print_details, verbose_option

if TYPE_CHECKING:
    from ...kernels.device import Candidate, DeviceOptions, Found, KernelInfo, Missing
    from ...kernels.opencl.runtimes.installed import RuntimeReport


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt devices                       the table
  hashwatt devices --json                for scripts
  hashwatt devices --kernels             the race that chose each device's kernel
  hashwatt devices --kernels --retune    race again: the machine was busy, or has changed
  hashwatt devices --asic 192.168.1.40   a miner's rate, watts, temperature by its own word
""",
)
@click.option("--kernels", is_flag=True, help="Race each device's kernel variants and show how they did.")
@click.option("--retune", is_flag=True, help="Race anew, whatever is remembered of earlier races (with --kernels).")
@click.option("--asic", "asics", multiple=True, metavar="HOST", help="Read what this live ASIC says (repeat for more).")
@verbose_option
@shared_options
@click.pass_obj
def devices(output: Output, kernels: bool, retune: bool, asics: tuple[str, ...]) -> None:
    """List the devices, and why others are missing."""
    if asics:
        show_asics(output, asics)
        return
    from ...bench.api import devices as find
    from ...kernels.device import DeviceOptions

    if retune and not kernels:
        raise InputError("--retune alone changes nothing to be seen here; give --kernels, too")
    found = find()
    races = race_all(output, found, DeviceOptions(retune=retune)) if kernels else {}
    if output.as_json:
        document: dict[str, object] = {
            "devices": [as_record(entry) for entry in found],
            "opencl_runtimes": [as_runtime_record(report) for report in runtimes_of(found)],
        }
        if kernels:
            document["kernels"] = [
                {"device": device, **as_candidate_record(candidate, best_of(candidates))}
                for device, candidates in races.items()
                for candidate in candidates
            ]
        output.document(document)
        return
    print_devices(output, found)
    print_runtimes(output, found)
    for device, candidates in races.items():
        print_race(output, device, candidates)


def show_asics(output: Output, hosts: Sequence[str]) -> None:
    """What live ASICs say; those that do not answer are named on stderr. Raises CheckFailed where none does."""
    from ...bench.asic.fetch import NoAnswer
    from ...bench.asic.reading import Place, read
    from ...bench.interrupts import interruptible
    from ..asics import reading_lines, reading_record

    records, silent = [], []
    for place in [Place.of_text(host) for host in hosts]:
        try:
            reading = interruptible(partial(read, place))
        except NoAnswer as error:
            silent.append(str(error))
            output.warn(str(error))
            continue
        records.append(reading_record(reading))
        if not output.as_json:
            for line in reading_lines(reading):
                output.line(line)
    if output.as_json:
        output.document({"asics": records})
    if silent and not records:
        raise CheckFailed(silent[0])
    if silent:
        raise CheckFailed(f"{len(silent)} of {len(hosts)} miners gave no answer; the others are above")


def as_record(entry: Found | Missing) -> dict[str, object]:
    """One entry of the JSON document: the same fields for a device and for a backend without one."""
    from ...kernels.device import Missing

    if isinstance(entry, Missing):
        nothing = dict.fromkeys(("id", "kind", "name", "vendor", "driver", "compute_units", "limits"))
        return {**nothing, "backend": entry.backend, "available": False, "reason": entry.reason}
    info = entry.info
    return {
        "id": info.id,
        "kind": info.kind,
        "name": info.name,
        "vendor": info.vendor,
        "driver": info.driver,
        "compute_units": info.compute_units,
        "limits": dict(info.limits),
        "backend": info.backend,
        "available": True,
        "reason": None,
    }


def print_devices(output: Output, found: list[Found | Missing]) -> None:
    """The table of devices; a backend without one has its reason in place of a name."""
    from ...reports.fitted_table import FittedTable

    rows = []
    for entry in found:
        record = as_record(entry)
        name = record["name"] if record["available"] else record["reason"]
        cells = (
            record["id"] or UNKNOWN,
            record["kind"] or UNKNOWN,
            name,
            record["backend"],
            record["driver"] or UNKNOWN,
        )
        rows.append([visible(str(cell)) for cell in cells])
    columns = ("id", "kind", "name", "backend", "driver")
    output.table(FittedTable(columns, rows, expendable=("driver", "backend")))


def runtimes_of(found: list[Found | Missing]) -> tuple[RuntimeReport, ...]:
    """What became of each OpenCL runtime that pip can install."""
    from ...kernels.device import Found
    from ...kernels.opencl.runtimes.installed import report_runtimes

    return report_runtimes([entry.info for entry in found if isinstance(entry, Found)])


def as_runtime_record(report: RuntimeReport) -> dict[str, object]:
    """One runtime of the JSON document."""
    return {
        "name": report.runtime.platform,
        "extra": report.runtime.extra,
        "devices": list(report.devices),
        "available": bool(report.devices),
        "reason": report.sentence,
    }


def print_runtimes(output: Output, found: list[Found | Missing]) -> None:
    """A line for each OpenCL runtime that pip can install."""
    output.line("OpenCL runtimes that pip can bring (a GPU's comes with its driver):")
    for report in runtimes_of(found):
        for part in hanging(f"  {report.runtime.platform:<19}  {report.sentence}", indent=23):
            output.line(part)


def race_all(output: Output, found: list[Found | Missing], options: DeviceOptions) -> dict[str, tuple[Candidate, ...]]:
    """The kernels of each device; one that cannot be prepared is a warning."""
    from ...kernels.device import Found

    races = {}
    for entry in found:
        if isinstance(entry, Found):
            try:
                kernel = race(entry, options)
                if output.verbose:
                    print_details(kernel.build_log)
                races[entry.info.id] = kernel.candidates
            except DeviceError as error:
                output.warn(f"! {entry.info.id}: {error}")
                output.details(error)
    return races


def race(entry: Found, options: DeviceOptions) -> KernelInfo:
    """Prepare a device and fetch its kernel, with the race it won."""
    from ...kernels.device import scanning
    from ...kernels.headers.job import PREFIX_BYTES, Job
    from ...kernels.headers.target import target_from_zero_bits

    device = entry.open(options)
    try:
        return scanning(device).prepare(Job((bytes(PREFIX_BYTES),), target_from_zero_bits(32)))
    finally:
        device.close()


def best_of(candidates: tuple[Candidate, ...]) -> float:
    """The fastest candidate's hashrate, 0 where none ran."""
    return max((candidate.hashrate_hs or 0.0 for candidate in candidates), default=0.0)


def as_candidate_record(candidate: Candidate, best_hs: float) -> dict[str, object]:
    """One candidate of the JSON document; what is unknown is null."""
    rate = candidate.hashrate_hs
    return {
        "name": candidate.name,
        "hashrate_hs": rate,
        "ratio_to_best": None if rate is None or not best_hs else rate / best_hs,
        "compile_s": candidate.compile_s,
        "reason": candidate.reason,
    }


def print_race(output: Output, device: str, candidates: tuple[Candidate, ...]) -> None:
    """The table of one device's kernels, on one core or queue each."""
    from ...reports.fitted_table import FittedTable

    if not candidates:
        output.line(f"{device}: no kernels were raced")
        return
    rows = []
    for candidate in candidates:
        record = as_candidate_record(candidate, best_of(candidates))
        ratio = record["ratio_to_best"]
        cells = (
            candidate.name,
            UNKNOWN if candidate.hashrate_hs is None else hashrate_text(candidate.hashrate_hs),
            UNKNOWN if ratio is None else f"{ratio:.3f}",
            UNKNOWN if candidate.compile_s is None else f"{candidate.compile_s:.2f} s",
            candidate.reason or "",
        )
        rows.append([visible(cell) for cell in cells])
    columns = ("kernel", "hashrate", "of the best", "compiled in", "remark")
    title = f"kernels of {visible(device)}, on one core or queue"
    output.table(FittedTable(columns, rows, title=title, expendable=("remark", "compiled in")))
