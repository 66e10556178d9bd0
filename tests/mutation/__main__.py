"""`python -m tests.mutation [AREA …]`: how many changes the tests notice, by module, and which ones they do not."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from .accepted import reason_for
from .mutants import Mutant, mutants_of
from .targets import AREAS, Area

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("bench", "kernels", "reports", "src", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")


def main() -> int:
    """Try the areas that the command line names (all by default)."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(area.name for area in AREAS))
    parser.add_argument("--sample", type=int, metavar="N", help="try N changes a module (all by default)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones (1)")
    parser.add_argument("--only", metavar="MODULE", help="change this module alone")
    given = parser.parse_args()
    if not hasattr(os, "fork"):
        parser.error("this system has no fork; run it on Linux or macOS")
    unknown = set(given.areas) - {area.name for area in AREAS}
    if unknown:
        parser.error(f"{unknown.pop()} is no area; there are {', '.join(area.name for area in AREAS)}")
    with tempfile.TemporaryDirectory(prefix="hashwatt-mutation-") as folder:
        tree = copy_of_the_tree(Path(folder))
        for area in AREAS:
            wanted = not given.areas or area.name in given.areas
            if wanted and not report(area, tree, given.sample, given.seed, given.only):
                return 1
    return 0


def copy_of_the_tree(folder: Path) -> Path:
    """The tree's sources in a folder of their own; the links in src/hashwatt then lead into it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def report(area: Area, tree: Path, sample: int | None, seed: int, only: str | None) -> bool:
    """Try an area's changes and print what came of them; False where its tests fail on the unchanged code."""
    chosen: list[Mutant] = []
    for module in area.modules:
        if only is None or only == module:
            every = mutants_of(module, (tree / module).read_text(encoding="utf-8"))
            few = sample is not None and sample < len(every)
            chosen += sorted(random.Random(seed).sample(every, sample), key=_place) if few and sample else every
    outcomes = tried(area.tests, chosen, tree)
    if next(outcomes, "none") != "survived":
        print(f"the tests of {area.name} do not pass on the unchanged code: {' '.join(area.tests)}", file=sys.stderr)
        return False
    counts: dict[str, Counter[str]] = {module: Counter() for module in area.modules}
    survivors = []
    for mutant, outcome in zip(chosen, outcomes, strict=True):
        counts[mutant.module][outcome] += 1
        if outcome == "survived":
            survivors.append(mutant)
            print(_line(mutant), file=sys.stderr, flush=True)
    print(f"## {area.name}\n\n| module | changes | noticed | share |\n|---|---|---|---|")
    for module, count in counts.items():
        if count:
            print(_row(module, count))
    print(_row("all", sum(counts.values(), Counter())), flush=True)
    if survivors:
        print("\nNot noticed:\n")
        for mutant in survivors:
            print(f"- {_line(mutant)}: {reason_for(mutant) or 'NO REASON YET'}", flush=True)
    print(flush=True)
    return True


def tried(tests: Sequence[str], mutants: Sequence[Mutant], tree: Path) -> Iterator[str]:
    """What came of the unchanged code, and then of each change."""
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.worker"],
        cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdin
        assert worker.stdout
        json.dump({"tests": list(tests), "mutants": [asdict(mutant) for mutant in mutants]}, worker.stdin)
        worker.stdin.close()
        for line in worker.stdout:
            yield json.loads(line)["outcome"]


def _place(mutant: Mutant) -> tuple[int, int]:
    return mutant.site, mutant.variation


def _row(name: str, count: Counter[str]) -> str:
    total = count.total()
    noticed = total - count["survived"]
    return f"| {name} | {total} | {noticed} | {100 * noticed / max(total, 1):.1f} % |"


def _line(mutant: Mutant) -> str:
    return f"{mutant.module}:{mutant.line}: `{mutant.before}` → `{mutant.after}`"


if __name__ == "__main__":
    sys.exit(main())
