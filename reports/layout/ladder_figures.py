"""The ladder as plain figures under fixed names: what its JSON document and its table of figures hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Group
from ..document.report import Report
from ..ladder.devices import reason_against
from ..ladder.own import j_per_th, mining_groups, word_of
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.rungs import RungSummary, own_time
from ..ladder.story import ratios_of, story
from .hash_columns import prefixes_of

COLUMNS = (
    "rung", "device", "name", "date", "hashrate_hs", "efficiency_j_per_th", "efficiency_low_j_per_th",
    "efficiency_high_j_per_th", "origin", "energy_origin", "power_scope", "form",
    "in_own_time", "best_so_far", "set_aside", "source", "url",
)  # fmt: skip

Cell = str | float | None


def ladder_summary(report: Report) -> dict[str, Any]:
    """The rungs and the steps between them, the best so far, the user's devices, every figure, the places."""
    ladder = report.ladder
    *ratios, since = ratios_of(ladder)
    return {
        "story": story(ladder),
        "rungs": [rung_record(rung, ratio) for rung, ratio in zip(ladder.rungs, ratios, strict=True)],
        "today": rung_record(ladder.today, since),
        "frontier": msgspec.to_builtins(ladder.frontier),
        "own": [own_record(group) for group in mining_groups(report.collection)],
        "steps": msgspec.to_builtins(ladder.steps),
        "points": msgspec.to_builtins(ladder.points),
        "places": msgspec.to_builtins(report.places),
    }


def rung_record(rung: RungSummary, ratio: float | None) -> dict[str, Any]:
    """One rung: the agreed names first, then the medians with their bounds and what stands behind them."""
    energy = rung.efficiency_j_per_th
    return {
        "kind": rung.rung,
        "from": rung.first_year,
        "to": rung.last_year,
        "devices": rung.devices,
        "median_j_per_th": energy.median if energy else None,
        "ratio_to_previous": ratio,
        "rung": rung.rung,
        "hashrate_hs": msgspec.to_builtins(rung.hashrate_hs),
        "efficiency_j_per_th": msgspec.to_builtins(energy),
        "power_scopes": rung.scopes,
    }


def own_record(group: Group) -> dict[str, Any]:
    """One device of the given results: its newest proven run. Its energy is None where no meter saw it."""
    entry = group.newest
    energy = energy_figure(entry.device)
    figure, low, high = j_per_th(energy)
    return {
        "kind": group.key.kind,
        "device": device_name(entry.device),
        "date": entry.result.created[:10],
        "run_id": entry.result.run_id[:64],
        "prefixes": prefixes_of(entry.device),
        "hashrate_hs": entry.rate.value,
        "origin": entry.rate.origin,
        "word": word_of(entry),
        "j_per_th": figure,
        "j_per_th_low": low,
        "j_per_th_high": high,
        "energy_origin": energy.origin if energy else None,
        "power_scope": energy.scope if energy else None,
    }


def ladder_records(ladder: Progression) -> Iterator[dict[str, Cell]]:
    """Every figure, the user's own last."""
    counted = [device for device in ladder.devices if device.counted]
    timely = {(rung.rung, device.name) for rung in ladder.rungs for device in own_time(rung.rung, counted)}
    best = {(one.kind, one.device) for one in ladder.frontier}
    for point in ladder.points:
        yield record(point, timely, best)


def record(point: Point, timely: set[tuple[Any, str]], best: set[tuple[Any, str]]) -> dict[str, Cell]:
    """One figure. What is unknown is None."""
    key = point.rung, point.device
    published = point.origin not in ("measured", "reported")
    counts = published and reason_against(point) is None and point.efficiency_j_per_th is not None
    cells: tuple[Cell, ...] = (
        point.rung, point.device, point.label, point.released,
        point.hashrate_hs, point.efficiency_j_per_th, point.efficiency_low, point.efficiency_high,
        point.origin, point.energy_origin, point.power_scope, point.form,
        ("yes" if counts and key in timely else "no") if published else None,
        ("yes" if counts and key in best else "no") if published else None,
        reason_against(point) if published else None, point.source, point.url,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))
