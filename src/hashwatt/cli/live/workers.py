"""What a pool's workers do, live on stderr: a table where stderr is a terminal, a line for each event where not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ...reports.ladder.words import hashrate_text
from ...reports.wording.visible import visible

if TYPE_CHECKING:
    from rich.live import Live

    from ...bench.pool.measure import Address
    from ...bench.pool.server import Connection, Pool

MOST_SHOWN = 20


class Watcher:
    """Shows a pool. It says where miners connect even when all else is quiet: without that nobody could."""

    def __init__(self, quiet: bool) -> None:
        """Nothing is drawn before the first worker."""
        self._quiet = quiet
        self._told: dict[Connection, str] = {}
        self._live: Live | None = None

    def listening(self, address: Address) -> None:
        """Connections are taken now."""
        if not address.is_loopback:
            click.echo("! other machines can connect: whoever reaches this port is measured, nothing else", err=True)
        click.echo(f"listening at stratum+tcp://{address}; any worker name, any password; Ctrl-C ends", err=True)

    def show(self, pool: Pool) -> None:
        """The state of all workers."""
        if self._quiet or not pool.workers:
            return
        if sys.stderr.isatty():
            self._draw(pool)
            return
        for worker in pool.workers:
            phase = worker.session.phase
            if self._told.get(worker) != phase:
                self._told[worker] = phase
                click.echo(visible(f"{worker.session.name}: {phase}{_detail(worker)}"), err=True)

    def done(self) -> None:
        """Wipe the table."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, pool: Pool) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for heading in ("worker", "state", "shares", "about"):
            table.add_column(heading, justify="right" if heading in ("shares", "about") else "left")
        for worker in pool.workers[-MOST_SHOWN:]:
            session = worker.session
            rate = session.hashrate()
            table.add_row(
                visible(session.name, 40),
                _state(worker, pool),
                f"{session.shares:,}",
                hashrate_text(rate) if rate else "–",
            )
        if self._live is None:
            self._live = Live(console=Console(stderr=True, markup=False), auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(table, refresh=True)


def _state(worker: Connection, pool: Pool) -> str:
    window = worker.session.window
    if worker.session.phase == "measuring" and window is not None:
        gone = pool.world.clock() - window.began
        return f"measuring, {gone:.0f} of {pool.settings.seconds:.0f} s"
    return worker.session.phase


def _detail(worker: Connection) -> str:
    session = worker.session
    if session.phase == "measuring":
        return f" for {session.settings.seconds:g} s at difficulty {session.difficulty:g}"
    return f" ({session.reason})" if session.reason else ""
