"""Runs of the same code on this machine, quiet and beside busy programs: what their intervals and verdicts are worth.

`python -m tests.simulations.real_runs FOLDER` makes twelve runs of `hashwatt run -d cpu -t 5`, and twelve more beside
two busy processes, into FOLDER/quiet and FOLDER/busy. Then it counts: how many intervals hold the rate of all runs of
their kind together, and what `compare` says of each pair, which should never be faster or slower. With `--count` it
counts the files that are there. A machine on which somebody else works has no quiet runs, whatever the folder's name.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import hashwatt
from hashwatt.bench.rates import measured_clock_hz
from hashwatt.bench.result.measurement import Measurement

BUSY = "while True: pass"
LONGEST_S = 300.0


def make_runs(folder: Path, runs: int, seconds: float, device: str, busy: int) -> None:
    """The runs, each a process of its own as a user starts it, beside so many busy processes."""
    folder.mkdir(parents=True, exist_ok=True)
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]
    try:
        for number in range(runs):
            path = folder / f"{number:02}.json"
            command = ["run", "-q", "-d", device, "-t", f"{seconds:g}", "--meter", "none", "--force", "-o", str(path)]
            subprocess.run(
                [sys.executable, "-m", "hashwatt", *command], check=True, timeout=LONGEST_S, capture_output=True
            )
    finally:
        for other in others:
            other.kill()
            other.wait()


def entries_of(folder: Path) -> list[Measurement]:
    """The measurement of each file, in the order in which they were made."""
    return [hashwatt.load(path).results[0] for path in sorted(folder.glob("*.json"))]


def holding(entries: Sequence[Measurement], truth: float) -> int:
    """How many stated intervals hold that rate."""
    rates = [entry.rate for entry in entries if entry.rate is not None]
    return sum((rate.low or 0.0) <= truth <= (rate.high or math.inf) for rate in rates)


def verdicts(folder: Path) -> Counter[str]:
    """What `compare` says of each pair, the earlier one as the base."""
    said: Counter[str] = Counter()
    for base, new in combinations(sorted(folder.glob("*.json")), 2):
        for one in hashwatt.compare(base, new):
            # What forbids a verdict, without its figures.
            why = "".join(f" ({text.partition(',')[0]})" for text in one.forbidden[:1])
            said[one.judgement + why] += 1
    return said


def count(folder: Path) -> None:
    """Print what the runs of a folder show."""
    entries = entries_of(folder)
    print(f"\n{folder}: {len(entries)} runs")
    for entry in entries:
        if entry.rate is None:
            print(f"  {entry.status}: {entry.reason}")
            continue
        loads = [s.other_load for one in entry.rounds for s in one.samples if s.other_load is not None]
        print(
            f"  {entry.rate.value:.5g} ({entry.rate.low:.5g} to {entry.rate.high:.5g}) {entry.rate.unit}, "
            f"{sum(one.counted for one in entry.rounds)} of {len(entry.rounds)} rounds count, others kept "
            f"{statistics.fmean(loads) if loads else math.nan:.2f} CPUs busy, clock "
            f"{(measured_clock_hz(entry) or math.nan) / 1e9:.3f} GHz"
        )
    rates = [entry.rate.value for entry in entries if entry.rate is not None]
    if len(rates) < 2:
        return
    together = sum(entry.amount for entry in entries) / math.fsum(entry.seconds for entry in entries)
    spread = statistics.stdev(map(math.log, rates))
    print(f"  all together {together:.5g}; runs lie {100 * spread:.2f} % apart (standard deviation)")
    print(f"  {holding(entries, together)} of {len(rates)} intervals hold it; ", end="")
    print(f"{holding(entries, statistics.median(rates))} hold the median of the runs")
    said = verdicts(folder)
    print(f"  of {said.total()} pairs: {', '.join(f'{name} {number}' for name, number in said.most_common())}")


def main() -> None:
    """Make and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--busy", type=int, default=2, help="busy processes beside the second half")
    parser.add_argument("--only", choices=("quiet", "busy"), help="make only one half")
    parser.add_argument("--count", action="store_true", help="make none, count those in the folder")
    given = parser.parse_args()
    for name, busy in (("quiet", 0), ("busy", given.busy)):
        folder = given.folder / name
        if not given.count and given.only in (None, name):
            make_runs(folder, given.runs, given.seconds, given.device, busy)
        if folder.is_dir():
            count(folder)


if __name__ == "__main__":
    main()
