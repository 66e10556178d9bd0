"""Whose names a result knows: hosts, workers and addresses, which sentences elsewhere in the file may repeat."""

from __future__ import annotations

import getpass
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import msgspec

from ...bench.result.measurement import DeviceRecord, Measurement
from ...bench.result.model import Result
from ...kernels.workloads.evidence import Checked, Reported, ServedShares
from .scrub import LOCAL

# Devices of these names are what our own backends call them.
PLAIN_ID = re.compile(r"(?:cpu|(?:opencl|cuda|rtl)(?::\d+)*)(?![\s\S])")
# Ids that hold a name or an address, and what stands for it.
NAMED_ID = re.compile(r"(?P<scheme>[A-Za-z]{2,12}):")
WORKER = "worker"
# Meters that no address, no command of a user and no board's own label names, and what others are: of what kind.
METER_SCHEMES = ("rapl", "nvml", "amdsmi", "apple", "battery", "tdp")
METER_KINDS = {
    "shelly": "a Shelly plug", "tasmota": "a Tasmota plug", "hwmon": "a sensor of hwmon", "exec": "a command",
    "file": "a file",
}  # fmt: skip
# Where texts name a user or a host, and a sign without which they do not.
STATED = (
    ("/home/", re.compile(r"/home/([\w.-]+)")),
    ("Users", re.compile(r"Users(?:/|\\\\)([\w.-]+)")),
    ("@", re.compile(r"([\w.+-]+)@(?:[A-Za-z]|(?:\d{1,3}\.){3})")),
    ("@", re.compile(r"[\w.+-]+@([A-Za-z][\w-]*(?:\.[\w-]+)*)")),
    ("://", re.compile(r"://(?:[^/@\s\"]*@)?([\w-]+(?:\.[\w-]+)*)")),
    (".", re.compile(rf"(?<![\w.-])([\w-]+(?:\.[\w-]+)*)\.{LOCAL}(?![\w-])")),
)
# Words that are no one's name.
NOBODY = {"localhost", "root", "user", "unknown", "unnamed", "cpu", "gpu", "127.0.0.1", *METER_KINDS}


def measurements_of(result: Result) -> Iterator[Measurement]:
    """All of them, those of devices at once too."""
    yield from result.results
    if result.together is not None:
        yield from result.together.results


def is_bound(entry: Measurement) -> bool:
    """Whether its evidence derives from the device's id, which cannot be another then."""
    return entry.evidence is not None and not isinstance(entry.evidence, ServedShares | Checked | Reported)


def is_worker(device: DeviceRecord) -> bool:
    """Whether it is called what a worker called itself."""
    return device.id.lower().startswith(f"{WORKER}:")


def anonymous_ids(result: Result) -> dict[str, str]:
    """What devices are called whose ids no proof is bound to and that are not ours: a number instead of the name."""
    entries = list(measurements_of(result))
    bound = {entry.device.id for entry in entries if is_bound(entry)}
    taken = bound | {entry.device.id for entry in entries}
    ids: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for entry in entries:
        name = entry.device.id
        if name in bound or name in ids or PLAIN_ID.fullmatch(name):
            continue
        scheme = NAMED_ID.match(name)
        stem = scheme["scheme"].lower() if scheme and scheme["scheme"].lower() in (WORKER, "asic") else "device"
        called = name
        while called in taken:
            numbers[stem] += 1
            called = f"{stem}:{numbers[stem]}"
        taken.add(called)
        ids[name] = called
    return ids


def is_named_meter(meter: str) -> bool:
    """Whether a meter is called by an address, or in a user's or a board's words."""
    return meter.partition(":")[0].partition("-")[0] not in METER_SCHEMES or "/" in meter


def kind_of_meter(meter: str) -> str:
    """What such a meter is, without its name."""
    return METER_KINDS.get(meter.partition(":")[0].lower(), "a meter")


def known_names(result: Result, ids: dict[str, str]) -> set[str]:
    """Names and addresses that the result states as such, with their parts, and those of this host and user."""
    told: set[str] = {*own_names(), *stated_names(result)}
    if result.fleet is not None:
        told.update(member.name for member in result.fleet.members)
        for lost in result.fleet.lost:
            told |= {lost.name, lost.address}
    for entry in measurements_of(result):
        if entry.device.id in ids:
            told |= {entry.device.id, entry.device.id.partition(":")[2]}
            if is_worker(entry.device):
                told.add(entry.device.name)
            told.update(value for value in entry.device.limits.values() if isinstance(value, str))
        named = [record for record in entry.energy if record.meter and is_named_meter(record.meter)]
        told.update(record.meter for record in named if record.meter)
        told.update(record.name for record in named if record.name)
    return {part for name in told for part in _parts(name) if part.lower() not in NOBODY and not part.isdigit()}


def stated_names(result: Result) -> Iterator[str]:
    """Users and hosts that stand in a path or an address, wherever in the result: sentences may name them alone."""
    text = msgspec.json.encode(result).decode()
    for sign, pattern in STATED:
        if sign in text:
            yield from pattern.findall(text)


def _parts(name: str) -> Iterator[str]:
    yield name
    host = name.partition("://")[2] or name
    host = host.partition("/")[0].rpartition("@")[2]
    yield host
    # Not the parts of an address in numbers.
    if not re.fullmatch(r"[\d.:]+", host):
        yield host.partition(":")[0]
        yield host.partition(".")[0]
        yield from re.split(r"[\s,;()]+", host)


@cache
def own_names() -> tuple[str, ...]:
    """The names of this host and of whoever is logged in, as far as the system tells."""
    names = []
    with suppress(OSError):
        names.append(socket.gethostname())
    # Neither an entry of this user nor a variable that names one; what is raised differs with the system.
    with suppress(Exception):
        names.append(getpass.getuser())
    return tuple(names)
