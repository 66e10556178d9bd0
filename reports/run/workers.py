"""What a pool measured: a table of its workers, their sum, and what makes the figures less sure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...kernels.workloads.evidence import ServedShares
from ...kernels.workloads.proof.share_rate import share_rate
from ..ladder.words import hashrate_text
from ..wording.visible import visible

if TYPE_CHECKING:
    from rich.table import Table


def workers_table(result: Result) -> Table:
    """A row for each worker: what its shares prove, the likeliest rate with its 95 % interval, or why there is none."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (
        ("worker", "left"),
        ("rate", "right"),
        ("95 %", "left"),
        ("shares", "right"),
        ("proven", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for entry in result.results:
        if entry.device.backend != "stratum":
            continue
        name = visible(entry.device.name, 32)
        rate = entry.rate
        if rate is None or not isinstance(entry.evidence, ServedShares):
            table.add_row(name, "–", "", "", visible(entry.reason or entry.status, 80))
            continue
        interval = f"{hashrate_text(rate.low or 0)} – {hashrate_text(rate.high or 0)}"
        table.add_row(
            name, hashrate_text(rate.value), interval, f"{entry.evidence.count:,}", f"≥ {hashrate_text(proven(entry))}"
        )
    return table


def has_one_worker(result: Result) -> bool:
    """Whether all windows are of one worker: one that has come back under its name and from its address is the same."""
    workers = [entry.device for entry in result.results if entry.device.backend == "stratum"]
    return len({(worker.name, worker.limits.get("address")) for worker in workers}) == 1


def claim_lines(result: Result) -> list[str]:
    """What the miner claims beside what its shares prove; empty where nothing was read beside."""
    claims = [entry for entry in result.results if entry.rate is not None and entry.rate.origin == "reported"]
    alone = has_one_worker(result)
    proven_rates = [
        entry.rate.value for entry in result.results if isinstance(entry.evidence, ServedShares) and entry.rate
    ]
    lines = [
        f"what {visible(entry.device.id, 60)} says of itself could not be read: {visible(entry.reason or '', 200)}"
        for entry in result.results
        if entry.device.backend == "asic" and entry.rate is None
    ]
    for claim in claims:
        assert claim.rate is not None
        line = f"{visible(claim.device.name, 40)} claims {hashrate_text(claim.rate.value)} (reported)"
        # Of several it is not known which of them was asked.
        if proven_rates and alone:
            share = math.fsum(proven_rates) / len(proven_rates) / claim.rate.value
            line += f"; its shares speak for {share:.1%} of that"
        lines.append(line)
    return lines


def proven(entry: Measurement) -> float:
    """Hashes a second that a worker's shares prove at 99.9 %; 0 where there are none."""
    shown = entry.evidence
    return share_rate(shown.count, shown.difficulty, shown.seconds).at_least if isinstance(shown, ServedShares) else 0.0


def sum_line(result: Result) -> str:
    """The workers' rates added up, with their interval; empty where fewer than two have one.

    The workers' shares are independent, so the distances to the bounds add up as squares.
    """
    rates = [entry.rate for entry in result.results if entry.rate and isinstance(entry.evidence, ServedShares)]
    if len(rates) < 2:
        return ""
    total = math.fsum(rate.value for rate in rates)
    below = math.hypot(*(rate.value - (rate.low or 0.0) for rate in rates))
    above = math.hypot(*((rate.high or rate.value) - rate.value for rate in rates))
    interval = f"95 % {hashrate_text(total - below)} – {hashrate_text(total + above)}"
    return f"{len(rates)} workers together: {hashrate_text(total)} ({interval})"


def worker_notes(result: Result) -> list[str]:
    """What makes the figures less sure, a sentence each."""
    return [visible(f"{entry.device.name}: {warning.text}") for entry in result.results for warning in entry.warnings]
