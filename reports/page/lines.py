"""A line a device: its rate as a bar beside the others that did the same work, and the little that tells it apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec
from markupsafe import Markup
from msgspec import Struct

from ..charts.strips import Bar, bar, scale_of
from ..collect.device_name import NAME_LIMIT
from ..collect.gather import Collection, Group, Ranking, comparable_rates
from ..collect.identity import GroupKey, Setting
from ..layout.device_row import credible_percent, row_of
from ..layout.labels import labels_of
from ..layout.tables import MOST_RANKED, lines, marked, ranking_title
from ..wording.ratios import range_text, three_digits
from ..wording.units import percent_text
from ..wording.visible import visible

# With many kinds of work, so many lines of each are shown at least.
LEAST_RANKED = 20
NOTE_LIMIT = 80
CANNOT_TELL = "cannot tell"


class DeviceLine(Struct, frozen=True, kw_only=True):
    """What a line shows of a device. `ident`: the name of its sheet, the same whenever the page is made again.

    `value`: units of work a second; `low` and `high`: between which all its runs' intervals lie, None where one has no
    interval; `ranked`: whether it is set against the others. `relative`: its rate ÷ that of the first line.
    `choice`: the device in its setting, whatever its work, and `choice_label` what to choose it by, no two alike.
    """

    ident: str
    choice: str
    choice_label: str
    label: str
    about: str
    note: str
    kind: str
    rate: str
    interval: str
    value: float
    low: float | None
    high: float | None
    ranked: bool
    relative: str
    picture: Markup
    roof: str
    energy: str
    machine: str
    evidence: str
    warnings: int


class WorkLines(Struct, frozen=True, kw_only=True):
    """The lines of one kind of work, the fastest first; `left`: how many more there are than are shown."""

    title: str
    lines: tuple[DeviceLine, ...]
    left: int

    @property
    def several(self) -> bool:
        """Whether there is anything to set side by side."""
        return len(self.lines) > 1


def works_of(collection: Collection) -> list[WorkLines]:
    """All rankings as lines."""
    most = max(LEAST_RANKED, MOST_RANKED // max(len(collection.rankings), 1))
    choices = choices_of(collection.rankings)
    return [work_lines(ranking, most, choices) for ranking in collection.rankings]


# A device in its setting: a short name for it, and what it is called beside all others.
Choice = tuple[str, str]


def choices_of(rankings: Sequence[Ranking]) -> dict[GroupKey, Choice]:
    """What each group is a measurement of, whatever the work: its label is another one where other devices did it."""
    devices: dict[object, Group] = {}
    own: dict[GroupKey, object] = {}
    for ranking in rankings:
        plain = [_same_device(group) for group in ranking.groups]
        often = Counter(plain)
        for group, same in zip(ranking.groups, plain, strict=True):
            # Each work has its own number of threads; it matters where it is all that tells two apart.
            known = (*same, group.key.setting.threads) if often[same] > 1 else same
            own[group.key] = known
            devices.setdefault(known, group)
    labels = labels_of(list(devices.values()))
    told = {
        known: (sha256(repr(known).encode("utf-8", "replace")).hexdigest()[:10], label)
        for known, label in zip(devices, labels, strict=True)
    }
    return {key: told[known] for key, known in own.items()}


def _same_device(group: Group) -> tuple[object, ...]:
    """All that identity has, but for the work and for how each work was tuned."""
    key = group.key
    return (
        msgspec.structs.astuple(msgspec.structs.replace(key, workload="", unit="", parameters=(), setting=Setting())),
        key.setting.words,
    )


def ident_of(group: Group) -> str:
    """A short name for a device in its setting at its work, which does not change with the other results."""
    return f"d-{sha256(msgspec.json.encode(group.key)).hexdigest()[:10]}"


def work_lines(ranking: Ranking, most: int, choices: Mapping[GroupKey, Choice]) -> WorkLines:
    """The first lines of one ranking."""
    shown = ranking.groups[:most]
    bars = bars_of(shown)
    # What a device says of itself gives no scale: it may say anything.
    ranked = [figure for group, (figure, _, _) in zip(shown, bars, strict=True) if not group.is_own_word]
    scale = scale_of(ranked or [figure for figure, _, _ in bars])
    base = bars[0]
    return WorkLines(
        title=ranking_title(ranking),
        lines=tuple(
            device_line(group, label, choices[group.key], figures, base, scale, alone=len(shown) == 1)
            for group, label, figures in zip(shown, labels_of(ranking.groups), bars, strict=False)
        ),
        left=len(ranking.groups) - len(shown),
    )


# A bar, and the least and the greatest that any of the device's runs leave open.
Figures = tuple[Bar, float | None, float | None]


def bars_of(groups: Sequence[Group]) -> list[Figures]:
    """The figures of each group, all by one rule where files of several versions meet."""
    entries = [entry for group in groups for entry in group.entries]
    rates = iter(comparable_rates(entries))
    found = []
    for group in groups:
        own = [next(rates) for _ in group.entries]
        newest, roof = own[0], group.newest.device.roof
        lows = [rate.low for rate in own if rate.low is not None]
        highs = [rate.high for rate in own if rate.high is not None]
        known = len(lows) == len(highs) == len(own)
        believed = roof.rate if roof is not None and credible_percent(roof) is not None else None
        found.append(
            (
                Bar(newest.value, newest.low, newest.high, believed),
                min(lows) if known else None,
                max(highs) if known else None,
            )
        )
    return found


def device_line(
    group: Group, label: str, choice: Choice, figures: Figures, base: Figures, scale: float, *, alone: bool
) -> DeviceLine:
    """The line of one device."""
    row, entry = row_of(group), group.newest
    figure, low, high = figures
    ratio = "" if alone else "not ranked" if group.is_own_word else relative_text(figures, base)
    processor = visible((entry.machine and entry.machine.cpu_model) or "unknown machine", NAME_LIMIT)
    host = entry.host or (f"machine {entry.machine_id}" if entry.machine_id else "")
    note = entry.result.note
    return DeviceLine(
        ident=ident_of(group),
        choice=choice[0],
        choice_label=choice[1],
        label=label,
        about=" · ".join(visible(part, NAME_LIMIT) for part in (group.key.kind, group.key.backend)),
        note=visible(note, NOTE_LIMIT) if note else "",
        kind=group.key.kind,
        rate=row.rate,
        interval=row.rate_interval.rpartition("% ")[2],
        value=figure.value,
        low=low,
        high=high,
        ranked=not group.is_own_word,
        relative=ratio,
        picture=bar(
            figure,
            scale,
            f"{group.key.kind}{' word' if group.is_own_word else ''}",
            bar_words(row.rate, row.rate_interval, row.roof, ratio),
        ),
        roof=lines(row.roof, marked(row.roof_origin)),
        # Whose word it is stands in the sheet.
        energy=lines(row.efficiency, marked(row.efficiency_origin.rpartition(",")[0] or row.efficiency_origin)),
        machine=lines(host, processor, entry.result.created[:10]),
        evidence=row.evidence,
        warnings=len(row.warning_kinds),
    )


def relative_text(figures: Figures, base: Figures) -> str:
    """A rate ÷ the base's, and between what it lies; that it is more or less is told only where no run denies it."""
    figure, low, high = figures
    if figures is base:
        return "1 ×"
    ratio = f"{three_digits(figure.value / base[0].value)} ×"
    if low is None or high is None or base[1] is None or base[2] is None:
        return lines(ratio, CANNOT_TELL)
    least, most = low / base[2], high / base[1]
    return lines(ratio, CANNOT_TELL if least <= 1 <= most else range_text(least, most))


def bar_words(rate: str, interval: str, roof: str, ratio: str) -> str:
    """What a bar shows, for those who listen."""
    parts = [f"Rate {rate}", interval]
    parts += [f"{ratio.partition(chr(10))[0]} of the first"] if ratio.startswith(tuple("0123456789")) else []
    parts += [f"{roof} of its roof"] if roof != percent_text(None) else ["its roof is not known"]
    return ", ".join(filter(None, parts))
