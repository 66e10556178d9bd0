"""`python -m tests.zoo [HABITAT…] [-o FILE]`: try hashwatt in every habitat, and write the table.

The table is written anew after each habitat, so that what was tried is not lost. Exit code 1: a scan was wrong, or a
suite failed, somewhere; 0: nowhere, whatever could not be tried.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from .habitats import SYSTEM_FOLDER, Habitat, habitats
from .homes import Base, NotMade, build_wheel, make_base, make_home
from .living import Outcome, live
from .table import Facts, facts, page


def main() -> int:
    """See the module."""
    options = parser().parse_args()
    chosen = [place for place in habitats(options.vendors) if not options.habitats or matches(place, options.habitats)]
    if options.list:
        for place in chosen:
            print(f"{place.name:20} {place.what}{f' (not here: {place.missing})' if place.missing else ''}")
        return 0
    if not chosen:
        print(f"no habitat is called {' or '.join(options.habitats)}; see --list", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="hashwatt-zoo-") as folder:
        return visit(chosen, Path(folder), options.output)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description="Try hashwatt in every habitat.")
    parser.add_argument("habitats", nargs="*", metavar="HABITAT", help="only these; * stands for anything")
    parser.add_argument("-o", "--output", type=Path, help="write the page there (default: print it at the end)")
    parser.add_argument(
        "--vendors", type=Path, default=SYSTEM_FOLDER, help="the folder of the system's .icd files (%(default)s)"
    )
    parser.add_argument("-l", "--list", action="store_true", help="list the habitats, and why some cannot be had here")
    return parser


def matches(place: Habitat, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means this habitat."""
    return any(fnmatch(place.name, pattern) for pattern in patterns)


def visit(places: list[Habitat], folder: Path, output: Path | None) -> int:
    """Try each habitat in turn; write or print the page."""
    wheel = build_wheel(folder)
    base = make_base(folder / "base", wheel)
    about = facts(wheel)
    outcomes: list[Outcome] = []
    for place in places:
        outcomes.append(try_habitat(place, base, folder / place.name))
        print(told(outcomes[-1]), file=sys.stderr, flush=True)
        if output is not None:
            write(output, outcomes, about)
    if output is None:
        print(page(outcomes, about), end="")
    return 1 if any(wrong(outcome) for outcome in outcomes) else 0


def try_habitat(place: Habitat, base: Base, folder: Path) -> Outcome:
    """What became of a habitat; one that cannot be made is a row with the reason."""
    if place.missing:
        return Outcome(place.name, place.what, not_tried=place.missing)
    try:
        return live(place, make_home(place, base, folder))
    except NotMade as error:
        return Outcome(place.name, place.what, not_tried=str(error))
    finally:
        # Some runtimes are a gigabyte.
        shutil.rmtree(folder, ignore_errors=True)


def told(outcome: Outcome) -> str:
    """One line for whoever waits."""
    if outcome.not_tried:
        return f"{outcome.habitat}: not tried: {outcome.not_tried}"
    devices = "; ".join(f"{device.id} {device.scan}, {device.suite}" for device in outcome.devices)
    return f"{outcome.habitat}: {outcome.run}; {devices or '; '.join(outcome.reasons)} ({outcome.seconds:.0f} s)"


def wrong(outcome: Outcome) -> bool:
    """Whether something answered wrongly or failed a test."""
    return any("WRONG" in device.scan or "FAILED" in device.suite for device in outcome.devices)


def write(path: Path, outcomes: list[Outcome], about: Facts) -> None:
    """The page so far, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(page(outcomes, about), encoding="utf-8")
    os.replace(partial, path)


def end(*_: object) -> None:
    """End as after Ctrl-C: with the inhabitant ended and the folder removed."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    try:
        sys.exit(main())
    except NotMade as error:
        sys.exit(f"zoo: {error}")
