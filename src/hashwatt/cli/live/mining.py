"""What mining does, on stderr while it lasts, and in lines at its end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ...reports.ladder.words import hashrate_text
from ...reports.wording.visible import visible

if TYPE_CHECKING:
    from ...bench.mining.stratum import Mined


class Narrator:
    """Tells events as lines, and where stderr is a terminal a line that renews itself."""

    def __init__(self, quiet: bool) -> None:
        """Nothing is shown before the first event."""
        self._quiet = quiet
        self._open = False

    def event(self, sentence: str) -> None:
        """A line of its own."""
        if not self._quiet:
            self.done()
            click.echo(visible(sentence), err=True)

    def progress(self, hashes: int, rate_hs: float, accepted: int, rejected: int) -> None:
        """The line that renews itself."""
        if not self._quiet and sys.stderr.isatty():
            self._open = True
            text = f"{hashrate_text(rate_hs)}, {hashes:,} hashes, {accepted} accepted, {rejected} rejected"
            click.echo(f"\r{text:<78}", nl=False, err=True)

    def done(self) -> None:
        """End the line."""
        if self._open:
            click.echo(err=True)
            self._open = False

    def summary(self, answer: Mined, what: str) -> list[str]:
        """What came of it; `what` is what was handed in: "shares" or "blocks"."""
        by_count = "–" if answer.rate_by_count_hs is None else hashrate_text(answer.rate_by_count_hs)
        by_shares = "–" if answer.rate_by_shares_hs is None else hashrate_text(answer.rate_by_shares_hs)
        lines = [
            f"{answer.device} ({answer.kernel}): {answer.hashes:,} hashes in {answer.seconds:.1f} s",
            f"by count {by_count}" + (f", by accepted shares {by_shares}" if what == "shares" else ""),
            f"{answer.accepted:,} {what} accepted, {answer.rejected:,} rejected",
        ]
        if answer.rejections:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in list(answer.rejections.items())[:3])
            lines.append(visible(f"rejected because: {reasons}", 200))
        return lines
