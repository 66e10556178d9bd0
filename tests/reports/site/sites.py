"""Sites of standing results, each written once for all tests that look at it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import msgspec

from hashwatt.bench.result.file import save
from hashwatt.bench.result.model import Result
from hashwatt.reports.site.build import build_site

from ...run_folder import RUN_FOLDER
from ..factory import machine, on_machine, result, showcase, streaming, verified, with_energy
from ..hostile import PRINTABLE, results


def saved(folder: Path, made: Sequence[Result]) -> Path:
    """A folder with these results."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(made):
        save(one, folder / f"{number}.json")
    return folder


def ordinary() -> list[Result]:
    """Eight machines of one model and a few others: enough for percentiles."""
    made = []
    for number in range(8):
        where, run = f"{number:016x}", 50 + number
        cpu = with_energy(on_machine(verified(run=run, rate=(20 + number) * 1e6, roof_hs=40e6), where, run), 2.4e6)
        copied = msgspec.structs.replace(streaming(rate=(9 + number) * 1e9), machine=where)
        made.append(result(cpu, copied, run=run, day=number + 1, machines=(machine(id=where),), note=f"note {number}"))
    return [*made, *showcase()]


@cache
def site(kind: str) -> Path:
    """The folder of a standing site; no test changes it."""
    folder = Path(mkdtemp(dir=os.environ[RUN_FOLDER], prefix="site-"))
    made = ordinary() if kind == "ordinary" else results(PRINTABLE)
    build_site([saved(folder / "results", made)], folder / "site")
    return folder / "site"
