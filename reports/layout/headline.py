"""The headline of a report: in a few sentences, what the results say."""

from __future__ import annotations

from collections.abc import Sequence

from ...kernels.workloads.evidence import class_of
from ..collect.device_name import device_name
from ..collect.energy_figure import energy_figure, word_of
from ..collect.gather import Collection, Entry, Group, Ranking, comparable_rates, of_several_versions
from ..ladder.network import PLACE_DAYS, block_a_month_until
from ..ladder.own import is_mining
from ..wording.ratios import efficiency_text, ratio_text
from ..wording.units import UNIT_LIMIT, rate_text
from ..wording.visible import visible
from .device_row import credible_percent, efficiency_interval_text, rate_interval_text
from .fleet_tables import fleet_sentences
from .labels import labels_of
from .roofline import device_of
from .tables import ranking_title
from .work_words import class_words, variant_text, work_text

# Evidence of these classes convinces a stranger; the others are the measuring machine's own word.
CONVINCING = ("shares", "recompute")
# Of more kinds of work than this the table tells, and the headline only how far they lie from their roofs.
MOST_RANKINGS = 3
LEAST_UNKNOWN = "is known, so which needs the least is unknown."
NO_ENERGY = f"No device's energy {LEAST_UNKNOWN}"


def headline(collection: Collection) -> tuple[str, ...]:
    """What the results say, most important first."""
    told = collection.rankings
    if len(told) > MOST_RANKINGS:
        told = tuple(ranking for ranking in told if is_mining(ranking.workload))[:MOST_RANKINGS]
    several = len(told) > 1
    ranked = [sentence for ranking in told for sentence in on_ranking(ranking, several=several)]
    if len(told) < len(collection.rankings):
        ranked.append(on_many(collection.rankings))
    # That nothing is known comes after what is, and once for all kinds of work.
    known = [sentence for sentence in ranked if sentence != NO_ENERGY]
    silent = [ranking for ranking in told if on_energy(ranking) == NO_ENERGY]
    return (*fleet_sentences(collection), *known, *on_silence(silent, told), *on_trust(collection))


def on_silence(silent: Sequence[Ranking], told: Sequence[Ranking]) -> list[str]:
    """At which of the works that are told of nobody's energy is known; nothing where it is at each."""
    if not silent:
        return []
    if len(silent) == len(told):
        return [NO_ENERGY]
    return [f"At {' and '.join(map(ranking_title, silent))} no device's energy {LEAST_UNKNOWN}"]


def on_ranking(ranking: Ranking, *, several: bool = False) -> list[str]:
    """Who is fastest, by how much, who needs least energy, and what place each would have had in the network.

    `several`: whether other kinds of work are told of, too, so that this one must be named.
    """
    speakers = ranking.speakers
    # A device's own word is said beside what was measured, and ranked only where nothing was.
    groups = [group for group in speakers if not group.is_own_word] or list(speakers)
    names = labels_of(speakers)
    first, name = groups[0].newest, names[0]
    rate = rate_text(first.rate.value, ranking.unit)
    interval = rate_interval_text(first.rate)
    words = ", ".join(filter(None, (first.rate.origin, class_words(first.device), variant_text(first.device))))
    figure = f"{rate} ({interval}; {words})" if interval else f"{rate} ({words})"
    at = f" at {ranking_title(ranking)}" if several else ""
    if len(groups) == 1:
        told = [f"{name} reaches {figure}."]
    elif doubt := doubt_of(groups[0], groups[1]):
        told = [
            f"Highest rate of {len(groups)} devices{at}: {name} with {figure}.",
            f"Whether it is {doubt[0]} than {names[1]} is unknown: {doubt[1]}.",
        ]
    else:
        told = [f"Fastest of {len(groups)} devices{at}: {name} with {figure}.", lead(groups[0], groups[1], names[1])]
    told += [own_word(group, name) for group, name in zip(speakers[len(groups) :], names[len(groups) :], strict=True)]
    return [*told, on_energy(ranking), *(on_place(first, name) if is_mining(ranking.workload) else [])]


def own_word(group: Group, name: str) -> str:
    """What a device, called `name`, says of itself."""
    return f"{name} says {rate_text(group.newest.rate.value, group.key.unit)} of itself (reported): not ranked."


def on_many(rankings: Sequence[Ranking]) -> str:
    """How many kinds of work there are, and between which shares of their roofs they lie."""
    groups = [group for ranking in rankings for group in ranking.speakers]
    devices = len({device_of(group) for group in groups})
    # One device is named once.
    on = device_name(groups[0].newest.device) if devices == 1 else counted(devices, "device")
    shares = sorted(
        (percent, work_text(one) if devices == 1 else f"{work_text(one)} on {device_name(one)}")
        for one in (group.newest.device for group in groups)
        if (percent := credible_percent(one.roof)) is not None
    )
    told = f"{len(rankings)} kinds of work on {on}, in one table below"
    if len(shares) < 2:
        return f"{told}."
    (least, slowest), (most, fastest) = shares[0], shares[-1]
    reach = f"{least:.0f} % ({slowest}) to {'about 100' if most > 100 else f'{most:.0f}'} % ({fastest})"
    return f"{told}; of their own roofs they reach {reach}."


def doubt_of(first: Group, second: Group) -> tuple[str, str] | None:
    """What of the first's lead is in doubt, and why; None where every run of both bears it out."""
    rates = comparable_rates((*first.entries, *second.entries))
    ahead, behind = rates[: len(first.entries)], rates[len(first.entries) :]
    # A figure without an interval may lie anywhere near it.
    if any(rate.low is None or rate.high is None for rate in rates):
        return "faster", "not every rate has an interval"
    if (ahead[0].low or 0) <= (behind[0].high or 0):
        return "faster", "their intervals overlap"
    if min(rate.low or 0 for rate in ahead) <= max(rate.high or 0 for rate in behind):
        return "always faster", "it is in the newest runs, not in all of them"
    return None


def lead(first: Group, second: Group, name: str) -> str:
    """How far ahead of the second, called `name`, the first is, where nothing leaves it open."""
    entries = (*first.entries, *second.entries)
    rates = comparable_rates(entries)
    ratio = rates[0].value / rates[len(first.entries)].value
    told = f"It does {ratio_text((ratio, ratio))} the work of the next one, {name}, in the same time"
    return (
        f"{told} (all work ÷ all time, because the files' versions differ)."
        if of_several_versions(entries)
        else f"{told}."
    )


def on_energy(ranking: Ranking) -> str:
    """Who needs the least energy; only figures of one origin and scope are set against each other."""
    groups = ranking.speakers
    known = [
        (energy, name)
        for group, name in zip(groups, labels_of(groups), strict=True)
        if (energy := energy_figure(group.newest.device))
    ]
    if not known:
        return NO_ENERGY
    kinds = {(energy.origin, energy.scope) for energy, _ in known}
    ordered = sorted(known, key=lambda pair: pair[0].j_per_unit)
    energy, name = ordered[0]
    interval = efficiency_interval_text(energy)
    bounds = f"{interval}; " if interval else ""
    told = f"{bounds}{energy.origin}, {energy.scope}, {word_of(energy)}"
    figure = f"{efficiency_text(energy.j_per_unit, energy.unit)} ({told})"
    silent = len(groups) - len(known)
    rest = f"; {silent} more without an energy figure" if silent else ""
    if len(known) == 1:
        return f"Energy: {name} needs {figure}{rest}."
    least = f"Least energy a {visible(ranking.unit, UNIT_LIMIT)}"
    if len(kinds) > 1:
        return f"{least}: {name} with {figure}, but the figures differ in kind{rest}."
    next_one, next_name = ordered[1]
    if energy.high is None or next_one.low is None or next_one.low <= energy.high:
        why = "not both have bounds" if None in (energy.high, next_one.low) else "their bounds overlap"
        return f"{least} may be {name}'s with {figure}; whether it is less than {next_name}'s is unknown: {why}{rest}."
    return f"{least} of {len(known)}: {name} with {figure}{rest}."


def on_place(entry: Entry, name: str) -> list[str]:
    """Until when the fastest device, called `name`, would have found a block a month by itself."""
    until = block_a_month_until(entry.rate.value)
    if until is None:
        return [f"Alone, {name} would never have found a Bitcoin block within {PLACE_DAYS} days on average."]
    return [f"Alone, {name} would have found a Bitcoin block every {PLACE_DAYS} days on average until {until}."]


def on_trust(collection: Collection) -> list[str]:
    """How much of it verifies."""
    kinds = [
        class_of(entry.device.evidence)
        for group in collection.groups
        for entry in group.entries
        if entry.device.evidence is not None
    ]
    verified = sum(kind in CONVINCING for kind in kinds)
    by_device = kinds.count("reported")
    by_machine = len(kinds) - verified - by_device
    apart = len(collection.apart)
    told = []
    if verified:
        told.append(
            f"{counted(verified, 'measurement')} verified: the work was done; the time is the machine's own word."
        )
    if by_machine:
        told.append(f"{counted(by_machine, 'measurement')} not proven: the work, too, is the machine's own word.")
    if by_device:
        told.append(f"{counted(by_device, 'measurement')} not proven: all of it is the device's own word.")
    if apart:
        told.append(f"{counted(apart, 'measurement')} not verified: shown apart and not ranked.")
    if collection.unreadable:
        told.append(f"{counted(len(collection.unreadable), 'file')} refused: not in the form of a result.")
    if collection.unmeasured:
        told.append(f"{counted(len(collection.unmeasured), 'device')} without a figure; the reason stands with each.")
    return told


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
