"""The meters there are on this machine, and those that are asked for by name.

To add a meter of the machine, write a module with `find() -> list[MeterEntry]` and name it in `find`
below; for one that is asked for by an address, a function from that text to a MeterFound, in `named`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from ....kernels.errors import InputError, shortage_of
from ....kernels.system.system_files import is_foreign_root, system_root
from ...result.printable import printable
from ..meter import MeterEntry, MeterFound, MeterInfo, MeterMissing
from . import amdsmi, apple, battery, command, estimated, hwmon, nvml, rapl

NONE = "none"
# Each a module of this name. Most runs read no plug, and a client of HTTP takes 10 ms to import.
PLUGS = ("shelly", "tasmota")
# What can be had on any machine, for the list: the form to write, and what it is.
ON_REQUEST = (
    ("shelly://HOST", "a Shelly plug (generation 2 and later) between machine and wall"),
    ("tasmota://HOST", "a plug with Tasmota firmware between machine and wall"),
    ("exec:COMMAND", "any meter whose figure a command prints, such as `61.5 W`; exec+wall: says its scope"),
    ("file:PATH", "any meter whose figure stands in a file; file+wall: says its scope"),
    ("estimated:TDP", "an estimate from the processor's rated power in watts, drawn as such"),
)


def find(root: Path | None = None) -> list[MeterEntry]:
    """Every meter of this machine, and for each kind that there is none of, why and what helps.

    `root`: where /sys and /proc are looked for (None: where HASHWATT_ROOT says, else this machine's own). Of another
    machine's tree only what stands in files is told: libraries would speak of this one.
    """
    place = system_root() if root is None else root
    kinds: tuple[tuple[str, Callable[[], list[MeterEntry]], bool], ...] = (
        ("rapl", partial(rapl.find, place), True),
        ("nvml", nvml.find, False),
        ("amdsmi", amdsmi.find, False),
        ("hwmon", partial(hwmon.find, place), True),
        ("battery", partial(battery.find, place), True),
        ("apple", apple.find, False),
    )
    return [
        entry
        for kind, find_kind, in_files in kinds
        if in_files or not is_foreign_root()
        for entry in asked(kind, find_kind)
    ]


def asked(kind: str, find_kind: Callable[[], list[MeterEntry]]) -> list[MeterEntry]:
    """The meters of one kind; a mistake made in looking for them, or a driver's, is the reason why there is none."""
    try:
        return find_kind()
    except Exception as error:
        shortage = shortage_of(error)
        if shortage is not None:
            reason, _, remedy = shortage.partition("; ")
            return [MeterMissing(kind, reason, remedy)]
        reason = printable(f"looking for it failed ({type(error).__name__}: {error})", 300)
        return [MeterMissing(kind, reason, "please report it; other meters are not concerned")]


def choose(wanted: Sequence[str] | None, found: Sequence[MeterEntry] | None = None) -> list[MeterEntry]:
    """The meters to read: those of the machine that need no asking, or the wanted ones, each once.

    What is missing by default stays in the list with its reason; what was asked for and is missing
    is the user's to know at once. Raises InputError.
    """
    if wanted is None:
        return [entry for entry in (found or find()) if isinstance(entry, MeterMissing) or entry.info.by_default]
    if NONE in wanted:
        if len(wanted) > 1:
            raise InputError("--meter none leaves no room for other meters; give one or the other")
        return []
    chosen: dict[str, MeterEntry] = {}
    for text in wanted:
        entry = named(text)
        if entry is None:
            found = find() if found is None else found
            entry = listed(text, found)
        chosen[entry.info.id] = entry
    return list(chosen.values())


def named(text: str) -> MeterFound | None:
    """The meter that `text` gives the address of, None where it is no address. Raises InputError."""
    scheme, slashes, address = text.partition("://")
    if slashes and scheme in PLUGS:
        plug: MeterFound = import_module(f".{scheme}", __package__).from_text(address)
        return plug
    kind, colon, rest = text.partition(":")
    kind, plus, scope = kind.partition("+")
    if not colon or kind not in ("exec", "file", estimated.SCHEME):
        return None
    if kind == estimated.SCHEME:
        return estimated.from_text(rest)
    stated = command.parse_scope(scope) if plus else None
    return (command.command_from_text if kind == "exec" else command.file_from_text)(rest, stated)


def listed(text: str, found: Sequence[MeterEntry]) -> MeterFound:
    """The machine's meter of that id. Raises InputError."""
    for entry in found:
        if isinstance(entry, MeterFound) and entry.info.id == text:
            return entry
        if isinstance(entry, MeterMissing) and text in (entry.id, entry.id.partition(":")[0]):
            raise InputError(f"the meter {text} cannot be read: {entry.reason}; what helps: {entry.remedy}")
        if isinstance(entry, MeterMissing) and text.partition(":")[0] == entry.id:
            raise InputError(f"the meter {text} cannot be read: {entry.reason}; what helps: {entry.remedy}")
    known = [entry.info.id for entry in found if isinstance(entry, MeterFound)]
    here = ", ".join(known) or "none"
    raise InputError(f"there is no meter {text!r:.40}; this machine has {here} (`hashwatt meters` lists all forms)")


def infos(entries: Sequence[MeterEntry]) -> list[MeterInfo]:
    """What the meters are that can be read."""
    return [entry.info for entry in entries if isinstance(entry, MeterFound)]
