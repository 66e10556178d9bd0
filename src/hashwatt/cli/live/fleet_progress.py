"""The progress of a fleet on stderr: a bar where stderr is a terminal, a line for each machine's end where not."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ...reports.wording.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ...bench.fleet.fleet import FleetProgress

# Of more machines only the ends are told, not each stage.
FEW = 12


def fleet_progress_for(quiet: bool) -> FleetProgress:
    """The progress that fits stderr and the user's wish."""
    from ...bench.fleet.fleet import Silent

    if quiet:
        return Silent()
    return Bar() if sys.stderr.isatty() else Lines()


class Lines:
    """A line for each stage of few machines, for each end of many, with the seconds since the first."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is told yet. `now`: a clock, in seconds."""
        self._now, self._began = now, now()
        self._machines = 0
        self._told: dict[str, str] = {}

    def begin(self, machines: int, lost: int) -> None:
        """Say how many there are."""
        self._machines = machines
        click.echo(_beginning(machines, lost), err=True)

    def told(self, machine: str, stage: str) -> None:
        """A new stage; of what comes in rounds the first is named."""
        kind = stage.partition(", round ")[0]
        if self._told.get(machine) == kind:
            return
        self._told[machine] = kind
        if self._machines <= FEW or is_end(stage):
            click.echo(visible(f"{self._now() - self._began:3.0f} s  {machine}: {stage}"), err=True)

    def done(self) -> None:
        """Nothing is left open."""


class Bar:
    """One bar: how many machines are through, and what the others do."""

    def __init__(self) -> None:
        """Nothing is drawn before there are machines."""
        self._progress: RichProgress | None = None
        self._task: TaskID | None = None
        self._stages: dict[str, str] = {}

    def begin(self, machines: int, lost: int) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        click.echo(_beginning(machines, lost), err=True)
        self._progress = Progress(
            SpinnerColumn(),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("beginning", total=machines)
        self._progress.start()

    def told(self, machine: str, stage: str) -> None:
        """Move the bar at an end, and say what most of the others do."""
        if self._progress is None or self._task is None:
            return
        self._stages[machine] = stage
        if stage.startswith("lost"):
            self._progress.console.print(visible(f"{machine}: {stage}"), markup=False, highlight=False)
        under_way = Counter(_kind(each) for each in self._stages.values() if not is_end(each))
        words = ", ".join(f"{count} {kind}" for kind, count in under_way.most_common(3))
        self._progress.update(self._task, advance=1 if is_end(stage) else 0, description=visible(words, 120))

    def done(self) -> None:
        """Wipe the bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None


def _kind(stage: str) -> str:
    """A stage without its device and its round."""
    return stage.partition(": ")[2].partition(", round ")[0] or stage


def is_end(stage: str) -> bool:
    """Whether a machine is through."""
    return stage == "done" or stage.startswith("lost")


def _beginning(machines: int, lost: int) -> str:
    also = f"; {lost} cannot take part" if lost else ""
    return f"{machines} machine{'' if machines == 1 else 's'} to measure{also}"
