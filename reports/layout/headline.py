"""The headline of a report: in a few sentences, what the results say."""

from __future__ import annotations

from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Entry, Group, Ranking
from ..ladder.network import PLACE_DAYS, earned_its_place_until
from ..wording.ratios import efficiency_text, ratio_text
from .device_row import efficiency_interval_text, rate_interval_text, rate_text


def headline(collection: Collection) -> tuple[str, ...]:
    """What the results say, most important first."""
    return (
        *(sentence for ranking in collection.rankings for sentence in on_ranking(ranking)),
        *on_trust(collection),
    )


def on_ranking(ranking: Ranking) -> list[str]:
    """Who is fastest, by how much, who is thriftiest, and what place the fastest had in the network."""
    first = ranking.groups[0].newest
    rate = rate_text(first.rate.value_hs, ranking.unit)
    interval = rate_interval_text(first.rate, ranking.unit)
    kind = "" if ranking.prefixes == 1 else f", {ranking.prefixes} rolled versions a nonce"
    if len(ranking.groups) == 1:
        told = [f"{device_name(first.device)} reaches {rate} ({interval}; {first.rate.origin}{kind})."]
    else:
        told = [
            f"Fastest of {len(ranking.groups)} devices: {device_name(first.device)} with {rate} "
            f"({interval}; {first.rate.origin}{kind}).",
            lead(ranking.groups[0], ranking.groups[1]),
        ]
    return [*told, on_energy(ranking), *(on_place(first) if ranking.unit == "hash" else [])]


def lead(first: Group, second: Group) -> str:
    """How far ahead the first is, unless the intervals of any of their runs leave it open."""
    name = device_name(second.newest.device)
    if first.newest.rate.low_hs <= second.newest.rate.high_hs:
        return f"Whether it is faster than {name} cannot be told: their intervals overlap."
    if min(run.rate.low_hs for run in first.entries) <= max(run.rate.high_hs for run in second.entries):
        return f"Whether it is always faster than {name} cannot be told: it is in the newest runs, not in all of them."
    ratio = first.newest.rate.value_hs / second.newest.rate.value_hs
    return f"It does {ratio_text((ratio, ratio))} the work of the next one, {name}, in the same time."


def on_energy(ranking: Ranking) -> str:
    """Who is thriftiest; only figures of one origin and scope are set against each other."""
    known = [(energy, group.newest) for group in ranking.groups if (energy := energy_figure(group.newest.device))]
    if not known:
        return "No device's energy is known, so which one is thriftiest cannot be told."
    kinds = {(energy.origin, energy.scope) for energy, _ in known}
    energy, entry = min(known, key=lambda pair: pair[0].j_per_th)
    interval = efficiency_interval_text(energy)
    bounds = f"{interval}; " if interval else ""
    figure = f"{efficiency_text(energy.j_per_th)} ({bounds}{energy.origin}, {energy.scope})"
    silent = len(ranking.groups) - len(known)
    rest = f"; {silent} more without an energy figure" if silent else ""
    if len(known) == 1:
        return f"Energy: {device_name(entry.device)} needs {figure}{rest}."
    if len(kinds) > 1:
        return f"Least energy a hash: {device_name(entry.device)} with {figure}, but the figures differ in kind{rest}."
    return f"Least energy a hash of {len(known)}: {device_name(entry.device)} with {figure}{rest}."


def on_place(entry: Entry) -> list[str]:
    """Until when the fastest device would have found a block a month by itself."""
    name, until = device_name(entry.device), earned_its_place_until(entry.rate.value_hs)
    if until is None:
        return [f"Alone, {name} would never have found a Bitcoin block within {PLACE_DAYS} days on average."]
    return [f"Alone, {name} would have found a Bitcoin block every {PLACE_DAYS} days on average until {until}."]


def on_trust(collection: Collection) -> list[str]:
    """How much of it verifies."""
    verified = sum(len(group.entries) for group in collection.groups)
    apart = len(collection.apart)
    told = []
    if verified:
        told.append(f"{counted(verified, 'result')} verified: the work was done; the time is the machine's own word.")
    if apart:
        told.append(f"{counted(apart, 'result')} not verified: shown apart and not ranked.")
    if collection.unreadable:
        told.append(f"{counted(len(collection.unreadable), 'file')} refused: not in the form of a result.")
    if collection.unmeasured:
        told.append(f"{counted(len(collection.unmeasured), 'device')} without a figure; the reason stands with each.")
    return told


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
