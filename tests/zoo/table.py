"""The zoo's page: a table in Markdown of what became of each habitat, and on which machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .living import DeviceOutcome, Outcome

UNKNOWN = "–"
COLUMNS = ("habitat", "`hashwatt run`", "device", "its part of the run", "hashrate", "`scan`", "conformance", "seconds")
LONGEST_CELL = 220
INTRODUCTION = """\
# The zoo: where hashwatt was tried, and how that ended

Each OpenCL runtime that pip or the system offers, some that are broken, and CPUs that QEMU imitates are a *habitat*: an
environment of its own with the built wheel, in which the main job (`hashwatt run -t 2`), a scan held against Python's
hashlib and the conformance suite are run, each with a deadline. QEMU is spared the four checks that hash millions of
nonces or watch the clock. `tox -e zoo` writes this page anew.

Hashrates are measured by runs of two seconds, beside whatever else the machine did, and under QEMU they are QEMU's:
they show that a kernel works, not what a device can do. A device's line without a hashrate says why it has none.

*{date}, hashwatt {version}, {machine}.*
"""


@dataclass(frozen=True)
class Facts:
    """What is said of all rows: when, which version, on what."""

    date: str
    version: str
    machine: str


def facts(wheel: Path) -> Facts:
    """Of this machine, now."""
    (version,) = re.findall(r"^hashwatt-([^-]+)-", wheel.name)
    return Facts(f"{datetime.now(UTC):%Y-%m-%d}", version, describe_machine())


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor (with its family and model, where it has them), cores, memory and system in one line."""
    told: dict[str, str] = {}
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    cpu = told.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in told:
        cpu += f" (family {told['cpu family']}, model {told.get('model', UNKNOWN)})"
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    system = platform.platform(terse=True)
    with contextlib.suppress(OSError):
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{cpu}, {os.cpu_count()} cores{memory}, {system}, Python {platform.python_version()}"


def page(outcomes: Sequence[Outcome], facts: Facts) -> str:
    """The whole page."""
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    for outcome in outcomes:
        lines += [_row(row) for row in rows(outcome)]
    introduction = INTRODUCTION.format(date=facts.date, version=facts.version, machine=facts.machine)
    return introduction + "\n" + "\n".join(lines + failures(outcomes)) + "\n"


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    """A list of what failed checks said; empty where none failed."""
    said = [f"- {outcome.what}, {cell_text(words)}" for outcome in outcomes for words in outcome.failures]
    return ["", "What failed checks said:", "", *said] if said else []


def rows(outcome: Outcome) -> list[list[str]]:
    """A row for each device of a habitat, and one for each reason that it has none; the first row names the habitat."""
    if outcome.not_tried:
        return [[outcome.what, f"not tried: {outcome.not_tried}", *[UNKNOWN] * 6]]
    lines = [_device(device) for device in outcome.devices]
    lines += [[UNKNOWN, reason, *[UNKNOWN] * 3] for reason in outcome.reasons]
    lines = lines or [[UNKNOWN, "no device and no reason", *[UNKNOWN] * 3]]
    first = [outcome.what, outcome.run]
    return [
        [*(first if number == 0 else ["", ""]), *line, f"{outcome.seconds:.0f}" if number == 0 else ""]
        for number, line in enumerate(lines)
    ]


def _device(device: DeviceOutcome) -> list[str]:
    rate = UNKNOWN if device.rate_hs is None else f"{in_words(device.rate_hs)}, {device.kernel}"
    return [f"{device.id}: {device.name}", device.run, rate, device.scan, device.suite]


def in_words(rate_hs: float) -> str:
    """A hashrate with four digits."""
    for factor, unit in ((1e9, "GH/s"), (1e6, "MH/s"), (1e3, "kH/s")):
        if rate_hs >= factor:
            return f"{rate_hs / factor:.4g} {unit}"
    return f"{rate_hs:.4g} H/s"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell_text(cell) for cell in cells)} |"


def cell_text(text: str) -> str:
    """One cell: what a driver says must neither end the cell nor become markup; where the zoo stood is no matter."""
    text = re.sub(r"[^\s=]*hashwatt-zoo-[^/\s]+", "…", text)
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(text) > LONGEST_CELL:
        text = f"{text[: LONGEST_CELL - 1]}…"
    return re.sub(r"([|<>*\[\]\\])", r"\\\1", text)
