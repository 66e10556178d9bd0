"""The runs that a page is made of: when, where, with what note, and where the raw result lies that proves it."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import PurePath

from msgspec import Struct

from ...bench.result.model import Result
from ..collect.device_name import NAME_LIMIT
from ..document.report import Report
from ..wording.units import UNKNOWN
from ..wording.visible import visible

LIMIT = 200
# The page names the first machines of a run of many.
MOST_MACHINES = 3


class RunLine(Struct, frozen=True, kw_only=True):
    """One run. `link`: the address of its raw file as seen from the page, "" where there is none; `file`: its name."""

    ident: str
    when: str
    run: str
    machines: str
    devices: str
    note: str
    version: str
    challenge: str
    file: str
    link: str


def run_lines(report: Report, most: int) -> list[RunLine]:
    """The first runs, newest first."""
    results = report.collection.results
    links = report.links or ("",) * len(results)
    files = report.collection.files or ("",) * len(results)
    seen = Counter[str]()
    found = []
    for result, link, file in list(zip(results, links, files, strict=True))[:most]:
        ident = f"r-{sha256(result.run_id.encode('utf-8', 'replace')).hexdigest()[:10]}"
        seen[ident] += 1
        again = f"-{seen[ident]}" if seen[ident] > 1 else ""
        found.append(run_line(result, f"{ident}{again}", link, file))
    return found


def run_line(result: Result, ident: str, link: str, file: str) -> RunLine:
    """One run as text."""
    measured = sum(entry.rate is not None for entry in result.results)
    return RunLine(
        ident=ident,
        when=visible(result.created.replace("T", " ").removesuffix("Z"), 40) + " UTC",
        run=visible(result.run_id[:8], 8),
        machines=machines_text(result),
        devices=f"{measured:,} of {len(result.results):,} with a rate",
        note=visible(result.note, LIMIT) if result.note else UNKNOWN,
        version=visible(f"hashwatt {result.hashwatt_version}", NAME_LIMIT),
        challenge=visible(result.challenge, LIMIT),
        file=visible(PurePath(file).name, NAME_LIMIT),
        link=link,
    )


def machines_text(result: Result) -> str:
    """The machines' processors, or how many there are."""
    names = dict.fromkeys(
        visible(machine.cpu_model or "unknown machine", NAME_LIMIT) for machine in result.machines[:MOST_MACHINES]
    )
    told = ", ".join(names)
    return told if len(result.machines) == 1 else f"{len(result.machines):,} machines: {told}"
