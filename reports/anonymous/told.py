"""What files still tell about a machine once names are left out: worked out from the results themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from ...bench.rates import all_samples
from ...bench.result.machine import Machine
from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...kernels.workloads.registry import BUILT_IN
from ..wording.visible import shortened
from .known_names import PLAIN_ID, is_bound, measurements_of
from .rules import LEFT_OUT

LONGEST = 60
# What a run draws for itself where nobody gives a challenge; a beacon's value may follow.
DRAWN = re.compile(r"[0-9a-f]{32}(?: \[.*\])?")
NUMBERED = re.compile(r"(?:worker|asic|device):\d+")


class Told(Struct, frozen=True, kw_only=True):
    """One thing that files tell: what, in how many different values, and one of them."""

    what: str
    values: int
    example: str

    @property
    def sentence(self) -> str:
        """The same on a line."""
        return f"{self.what}: {self.example}" + (f" (and {self.values - 1:,} more)" if self.values > 1 else "")


def still_told(results: Sequence[Result]) -> list[Told]:
    """What the results tell about machines and those who own them; only what is in them."""
    found = [_told(what, values(results)) for what, values in QUESTIONS.items()]
    return [one for one in found if one is not None]


def _told(what: str, values: Iterator[str]) -> Told | None:
    different = dict.fromkeys(value for value in values if value)
    if not different:
        return None
    return Told(what=what, values=len(different), example=shortened(next(iter(different)), LONGEST))


def _of_machines(value: Callable[[Machine], object]) -> Callable[[Sequence[Result]], Iterator[str]]:
    def ask(results: Sequence[Result]) -> Iterator[str]:
        for result in results:
            for machine in result.machines:
                told = value(machine)
                yield "" if told is None else str(told)

    return ask


def _of_devices(value: Callable[[Measurement], object]) -> Callable[[Sequence[Result]], Iterator[str]]:
    def ask(results: Sequence[Result]) -> Iterator[str]:
        for result in results:
            for entry in measurements_of(result):
                told = value(entry)
                yield "" if told is None else str(told)

    return ask


def _size(machine: Machine) -> str | None:
    parts = [
        f"{machine.physical_cores} cores" if machine.physical_cores else "",
        f"{machine.logical_cpus} logical CPUs" if machine.logical_cpus else "",
        f"{machine.memory_bytes / 2**30:.1f} GiB of memory" if machine.memory_bytes else "",
    ]
    return ", ".join(filter(None, parts))


def _sensors(entry: Measurement) -> str:
    samples = all_samples(entry)
    kinds = {
        "clock": any(sample.clock_hz is not None for sample in samples) or entry.telemetry,
        "temperature": any(sample.temperature_c is not None for sample in samples) or entry.telemetry,
        "load by other programs": any(sample.other_load is not None for sample in samples),
    }
    return ", ".join(kind for kind, seen in kinds.items() if seen)


def _challenges(results: Sequence[Result]) -> Iterator[str]:
    return (one.challenge for one in results if not DRAWN.fullmatch(one.challenge) and one.challenge != LEFT_OUT)


def _guessable(results: Sequence[Result]) -> Iterator[str]:
    """Ids of machines whose system gives its starts no number: the host's name and the hour could be tried out."""
    return (
        machine.id
        for result in results
        if result.written_as != 1
        for machine in result.machines
        if not (machine.os or "").startswith(("Linux", "macOS")) and not (machine.kernel or "").startswith("Linux")
    )


def _values_of_beacons(results: Sequence[Result]) -> Iterator[str]:
    """Those that somebody typed: the others are public."""
    return (one.beacon.value for one in results if one.beacon is not None and one.beacon.kind == "text")


def _authorities(results: Sequence[Result]) -> Iterator[str]:
    """Who stamped: also where a beacon is a stamp, whose answer names its signer."""
    for result in results:
        yield from (stamp.authority for stamp in result.stamps)
        if result.beacon is not None and result.beacon.response_base64 is not None:
            yield "the signer of the beacon's time-stamp"


def _words_of_parameters(entry: Measurement) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.parameters.items() if isinstance(value, str))


def _foreign_work(entry: Measurement) -> str:
    return "" if entry.workload in BUILT_IN else entry.workload


def _unusual_id(entry: Measurement) -> str:
    name = entry.device.id
    return name if is_bound(entry) and not PLAIN_ID.fullmatch(name) and not NUMBERED.fullmatch(name) else ""


QUESTIONS: dict[str, Callable[[Sequence[Result]], Iterator[str]]] = {
    "processor": _of_machines(lambda machine: machine.cpu_model),
    "cores and memory": _of_machines(_size),
    "operating system": _of_machines(lambda machine: machine.os),
    "kernel version": _of_machines(lambda machine: machine.kernel),
    "Python": _of_machines(lambda machine: machine.python),
    "virtual machine": _of_machines(lambda machine: machine.hypervisor),
    "container": _of_machines(lambda machine: machine.container),
    "frequency governor": _of_machines(lambda machine: machine.governor),
    "on battery": _of_machines(lambda machine: {True: "yes", False: "no", None: None}[machine.on_battery]),
    "device": _of_devices(lambda entry: entry.device.name),
    "driver": _of_devices(lambda entry: entry.device.driver),
    "slot on the bus": _of_devices(lambda entry: entry.device.pci_address),
    "meter": _of_devices(lambda entry: next((one.name or one.meter for one in entry.energy if one.meter), None)),
    "readings of each sample": _of_devices(_sensors),
    "versions of libraries": lambda results: (
        ", ".join(f"{name} {version}" for name, version in sorted(result.libraries.items())) for result in results
    ),
    "time of the run, to the second": lambda results: (result.created for result in results),
    "machine's number, the same until its next start": _of_machines(lambda machine: machine.id),
    "machine's number that whoever guesses its host name can confirm": _guessable,
    "challenge in its owner's words, which the proof is bound to": _challenges,
    "beacon's value in its owner's words, which the proof is bound to": _values_of_beacons,
    "who gave the time-stamp": _authorities,
    "work of another distribution, which the proof is bound to": _of_devices(_foreign_work),
    "words among the work's parameters, which the proof is bound to": _of_devices(_words_of_parameters),
    "settings that were alternated": _of_devices(lambda entry: entry.setting),
    "device's id in its owner's words, which the proof is bound to": _of_devices(_unusual_id),
}
