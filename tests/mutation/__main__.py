"""`python -m tests.mutation [AREA …]`: how many changes the tests notice, by module, and which ones they do not."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .accepted import reason_for
from .mutants import Mutant, mutants_of
from .notes import Notes
from .targets import AREAS, Area

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("bench", "kernels", "reports", "src", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")


def main() -> int:
    """Try the areas that the command line names (all by default)."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(area.name for area in AREAS))
    parser.add_argument("--sample", type=int, metavar="N", help="try N changes of an area, drawn at random (all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones, and in which order (1)")
    parser.add_argument("--minutes", type=float, metavar="N", help="end an area after so long, with what was tried")
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="note all there, and go on from what is noted")
    parser.add_argument(
        "--only", action="append", metavar="MODULE[:LINE,LINE…]", help="change this module (or these lines of it) alone"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="N",
        help="of a change try the quickest tests that take so much CPU time together (60)",
    )  # fmt: skip
    parser.add_argument("--anew", action="store_true", help="try what is not noticed with the module loaded anew, too")
    given = parser.parse_args()
    if not hasattr(os, "fork"):
        parser.error("this system has no fork; run it on Linux or macOS")
    unknown = set(given.areas) - {area.name for area in AREAS}
    if unknown:
        parser.error(f"{unknown.pop()} is no area; there are {', '.join(area.name for area in AREAS)}")
    # Whoever ends this ends the worker, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="hashwatt-mutation-") as folder:
        tree = copy_of_the_tree(Path(folder))
        chosen = [area for area in AREAS if not given.areas or area.name in given.areas]
        faults = [fault for area in chosen if (fault := report(area, tree, given))]
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


def copy_of_the_tree(folder: Path) -> Path:
    """The tree's sources in a folder of their own; the links in src/hashwatt then lead into it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def report(area: Area, tree: Path, given: argparse.Namespace) -> str:
    """Try an area's changes and print what came of them; what is wrong with it in one sentence, empty where nothing is.

    That is: its tests fail on the unchanged code, or a change is neither noticed nor accepted with a reason.
    """
    sources = {module: (tree / module).read_text(encoding="utf-8") for module in area.modules}
    every = [one for name in area.modules for one in mutants_of(name, sources[name]) if wanted(one, given.only)]
    # In no order, so that what is tried until time is up is a fair sample, too.
    random.Random(given.seed).shuffle(every)
    chosen = every[: given.sample]
    notes = Notes(None if given.resume is None else given.resume / f"{area.name}.jsonl", area, tree)
    outcomes = {one: outcome for one in chosen if (outcome := notes.outcome(one, sources[one.module]))}
    left = [one for one in chosen if one not in outcomes]
    ends = math.inf if given.minutes is None else time.monotonic() + 60 * given.minutes
    with closing(tried(area, left, tree, notes, given)) as trying:
        found = next(trying)
        if found["failed"]:
            return f"the tests of {area.name} do not pass on the unchanged code: {found['failed']}"
        if notes.unwatched:
            notes.add_watched(found["noted"])
        for mutant, answer in zip(left, trying, strict=False):
            outcomes[mutant] = answer["outcome"]
            notes.add(mutant, sources[mutant.module], answer["outcome"])
            if unexplained({mutant: answer["outcome"]}):
                print(_line(mutant), file=sys.stderr, flush=True)
            if time.monotonic() > ends:
                break
    print("\n".join(table(area, outcomes, len(every))), flush=True)
    open_ones = len(unexplained(outcomes))
    told = "no test notices, and nobody said why; write a test, or a reason in tests/mutation/accepted.py"
    return f"{area.name} has changes ({open_ones}) that {told}" if open_ones else ""


def unexplained(outcomes: Mapping[Mutant, str]) -> list[Mutant]:
    """The changes that no test notices, and for which there is no reason."""
    return [one for one, outcome in outcomes.items() if outcome == "survived" and not reason_for(one)]


def wanted(mutant: Mutant, only: Sequence[str] | None) -> bool:
    """Whether a change is in one of these modules, or in one of the lines that are named behind a colon (None: any)."""
    for name in only or ():
        module, colon, lines = name.partition(":")
        if mutant.module == module and (not colon or str(mutant.line) in lines.split(",")):
            return True
    return not only


def table(area: Area, outcomes: Mapping[Mutant, str], of: int) -> list[str]:
    """What came of an area's changes, of how many there are, and a list of those that no test noticed."""
    lines = [f"## {area.name}: {len(outcomes)} of {of} changes", ""]
    lines += [
        "| module | changes | noticed | share | that decide nothing | share of the others |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        _row(name, few) for name in area.modules if (few := {m: o for m, o in outcomes.items() if m.module == name})
    ]
    lines.append(_row("all", outcomes))
    if len(outcomes) < of:
        low, high = wilson(sum(outcome != "survived" for outcome in outcomes.values()), len(outcomes))
        lines += ["", f"A sample: between {100 * low:.1f} and {100 * high:.1f} % of all are noticed (95 %)."]
    survivors = [one for one, outcome in outcomes.items() if outcome == "survived"]
    if survivors:
        lines += ["", "Not noticed:", ""]
        for mutant in sorted(survivors, key=lambda one: (one.module, one.line)):
            lines.append(f"- {_line(mutant)}: {reason_for(mutant) or 'NO REASON YET'}")
    return [*lines, ""]


def wilson(noticed: int, tried: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson."""
    if not tried:
        return 0.0, 1.0
    z, share = 1.96, noticed / tried
    middle, beside = share + z * z / (2 * tried), z * math.sqrt(share * (1 - share) / tried + (z / (2 * tried)) ** 2)
    return (middle - beside) / (1 + z * z / tried), (middle + beside) / (1 + z * z / tried)


def tried(
    area: Area, mutants: Sequence[Mutant], tree: Path, notes: Notes, given: argparse.Namespace
) -> Generator[dict[str, Any], None, None]:
    """Which tests run which lines (or which of them fail on the unchanged code), and then what came of each change."""
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.worker"],
        cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdin
        assert worker.stdout
        task = asdict(area) | {
            "mutants": [asdict(mutant) for mutant in mutants],
            "watched": notes.watched,
            "unwatched": notes.unwatched,
            "seconds": given.seconds,
            "anew": given.anew,
        }
        json.dump(task, worker.stdin)
        worker.stdin.close()
        try:
            for line in worker.stdout:
                yield json.loads(line)
        finally:
            worker.terminate()


def _row(name: str, outcomes: Mapping[Mutant, str]) -> str:
    total, noticed = len(outcomes), sum(outcome != "survived" for outcome in outcomes.values())
    nothing = sum(outcome == "survived" and bool(reason_for(one)) for one, outcome in outcomes.items())
    of_all, of_others = (f"{100 * noticed / max(count, 1):.1f} %" for count in (total, total - nothing))
    return f"| {name} | {total} | {noticed} | {of_all} | {nothing} | {of_others} |"


def _line(mutant: Mutant) -> str:
    return f"{mutant.module}:{mutant.line}: `{mutant.before}` → `{mutant.after}`"


if __name__ == "__main__":
    sys.exit(main())
