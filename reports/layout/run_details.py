"""The conditions of one run, as pairs of words for each of its machines: what a reader needs to judge or redo it."""

from __future__ import annotations

from msgspec import Struct

from ...bench.result.machine import Machine
from ...bench.result.model import Result
from ..wording.units import UNKNOWN
from ..wording.visible import visible

LIMIT = 200
# The raw results have the others.
MOST_MACHINES = 12


class RunDetails(Struct, frozen=True, kw_only=True):
    """A run's heading and its conditions."""

    title: str
    pairs: tuple[tuple[str, str], ...]


def run_details(result: Result) -> list[RunDetails]:
    """The details of one run, machine by machine."""
    return [details_on(result, machine) for machine in result.machines[:MOST_MACHINES]]


def details_on(result: Result, machine: Machine) -> RunDetails:
    """The details of one run on one of its machines."""
    of_several = f" on machine {machine.id}" if len(result.machines) > 1 else ""
    pairs = (
        ("processor", machine.cpu_model),
        ("microarchitecture", machine.microarchitecture),
        ("cores", cores(machine)),
        ("memory", None if machine.memory_bytes is None else f"{machine.memory_bytes / 2**30:.1f} GiB"),
        ("system", " ".join(part for part in (machine.os, machine.kernel) if part) or None),
        ("Python", machine.python),
        ("virtual machine", machine.hypervisor or "none seen"),
        ("container", machine.container or "none seen"),
        ("governor", machine.governor),
        ("on battery", {True: "yes", False: "no", None: None}[machine.on_battery]),
        ("CPUs busy before", None if machine.load_before is None else f"{machine.load_before:.2f}"),
        ("hashwatt", result.hashwatt_version),
        ("libraries", ", ".join(f"{name} {version}" for name, version in sorted(result.libraries.items())) or None),
        ("challenge", result.challenge),
        ("note", result.note),
    )
    return RunDetails(
        title=f"{result.created}, run {result.run_id[:8]}{of_several}",
        pairs=tuple((name, visible(value, LIMIT) if value else UNKNOWN) for name, value in pairs),
    )


def cores(machine: Machine) -> str | None:
    """Physical cores and logical CPUs, as far as they are known."""
    known = [
        f"{count} {noun}"
        for count, noun in ((machine.physical_cores, "physical"), (machine.logical_cpus, "logical"))
        if count is not None
    ]
    return ", ".join(known) or None
