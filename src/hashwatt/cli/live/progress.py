"""Progress on stderr: a bar where stderr is a terminal, a line a stage where it is not."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ...kernels.workloads.quantity import quantity_of
from ...reports.wording.units import count_text
from ...reports.wording.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ...bench.progress import Progress


def progress_for(quiet: bool) -> Progress:
    """The progress that fits stderr and the user's wish."""
    from ...bench.progress import NoProgress

    if quiet:
        return NoProgress()
    return Bar() if sys.stderr.isatty() else Lines()


class Lines:
    """Names each stage on a line of its own, with the seconds since the first: what a log wants.

    Of what comes in rounds the first is named.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is named yet. `now`: a clock, in seconds."""
        self._named: dict[str, set[str]] = {}
        self._outlook = ""
        self._now, self._began = now, now()

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """Name the stage."""
        kind, in_rounds, _ = text.partition(", round ")
        named = self._named.setdefault(device, set())
        if not in_rounds:
            named.clear()
        if kind not in named:
            named.add(kind)
            outlook = f" ({self._outlook})" if self._outlook else ""
            click.echo(visible(f"{self._now() - self._began:3.0f} s  {device}: {text}{outlook}"), err=True)

    def outlook(self, text: str) -> None:
        """Say it at the end of each line from now on."""
        self._outlook = text

    def advance(self, amount: float, rate: float | None) -> None:
        """Nothing: a log is not redrawn."""

    def done(self) -> None:
        """Nothing is left open."""


class Bar:
    """One bar for the stage under way, with the rate, the time since it began, and what is left of it if known."""

    def __init__(self) -> None:
        """Nothing is drawn before the first stage."""
        self._progress: RichProgress | None = None
        self._task: TaskID | None = None
        self._unit = ""
        self._outlook = ""

    def outlook(self, text: str) -> None:
        """Say it in front of each bar from now on, where no window cuts it off."""
        self._outlook = text

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """Replace the bar by one for the new stage; without a total it only shows that something happens."""
        progress = self._started()
        self._unit = unit
        outlook = f"{self._outlook} · " if self._outlook else ""
        if self._task is not None:
            progress.remove_task(self._task)
        self._task = progress.add_task(visible(f"{outlook}{device}: {text}"), total=total, rate="")

    def advance(self, amount: float, rate: float | None) -> None:
        """Move the bar."""
        if self._progress is not None and self._task is not None:
            shown = "" if rate is None else _rate_text(rate, self._unit)
            self._progress.update(self._task, advance=amount, rate=shown)

    def done(self) -> None:
        """Wipe the bar, so that what follows starts on a clean line."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None

    def _started(self) -> RichProgress:
        if self._progress is None:
            from rich import progress as parts
            from rich.console import Console

            self._progress = parts.Progress(
                parts.SpinnerColumn(),
                parts.TextColumn("{task.description}", markup=False),
                # So short that all of it has room in 80 columns.
                parts.BarColumn(bar_width=16),
                parts.TextColumn("{task.fields[rate]}", markup=False),
                parts.TimeElapsedColumn(),
                parts.TimeRemainingColumn(compact=True),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self._progress


def _rate_text(rate: float, unit: str) -> str:
    """A rate with its prefix: "20.41 GB/s"."""
    text = count_text(rate)
    return f"{text}{'' if text[-1].isalpha() else ' '}{quantity_of(unit or 'unit').rate_unit}"
