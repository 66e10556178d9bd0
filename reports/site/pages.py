"""The site's pages as bytes: the same for the same results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Any

from jinja2 import Environment, FunctionLoader
from markupsafe import escape
from msgspec.structs import astuple, replace

from ...bench.result.measurement import Measurement
from ...kernels.workloads.evidence import CLASS_WORDS
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Entry, comparable_rates
from ..formats.html import environment, resource
from ..layout.device_row import warnings_of
from ..layout.run_details import run_details
from ..layout.work_words import work_text
from ..wording.units import rate_text
from ..wording.visible import shortened, visible
from .names import SCRIPT, STYLE, index_name
from .plan import Plan, Published
from .rows import Row, machine_text, place_of, row_of
from .standings import FEWEST_OTHERS, Model, Standing, Work, work_of

# An index page has so many rows at most, and so many bytes of them.
MOST_ROWS = 2000
MOST_BYTES = 1_450_000
# What a row has around its texts.
ROW_BYTES = 500
# A page of one device or result may have as many, and says what it leaves out.
MOST_OF_RESULT = 500
MOST_CHECKS = 60
MOST_WARNINGS = 40
# The drawing of a device's rates.
WIDTH, LEFT, RIGHT = 600, 10, 590
# What a device is called whose name is blanks.
UNNAMED = "unnamed device"
PALETTE_ENDS = "\n* {"


def assets() -> Iterator[tuple[str, bytes]]:
    """The style sheet, in the report's colours, and the script."""
    yield STYLE, (resource("page.css").partition(PALETTE_ENDS)[0] + "\n" + own("site.css")).encode()
    yield SCRIPT, own("site.js").encode()


def own(name: str) -> str:
    """A file of this folder."""
    return (files("hashwatt.reports") / "site" / name).read_text(encoding="utf-8")


@cache
def engine() -> Environment:
    """The report's engine, which escapes everything, with the templates of this folder."""
    made = environment()
    made.loader = FunctionLoader(own)
    return made


def laid_out(template: str, **told: Any) -> bytes:
    """A page."""
    return engine().get_template(f"{template}.html.jinja").render(**told).encode()


def index_pages(plan: Plan) -> list[tuple[str, bytes]]:
    """The index, newest results first; of very many rows, in several pages."""
    every = [row(plan, entry, published) for published in plan.results for entry in published.entries]
    parts = parts_of(every)
    lead, first = lead_of(plan), 1
    made = []
    for number, part in enumerate(parts, start=1):
        caption = f"{_count(len(every), 'measurement')}, newest first"
        if len(parts) > 1:
            caption += f"; here {first:,} to {first + len(part) - 1:,}, which filters and sorting are about"
        content = laid_out(
            "index",
            title="hashwatt: results" + (f", page {number}" if number > 1 else ""),
            heading="Results of many machines",
            root="",
            scripted=True,
            lead=lead,
            pages=len(parts),
            number=number,
            index_name=index_name,
            rows=part,
            caption=caption,
            reading=READING,
        )
        made.append((index_name(number), content))
        first += len(part)
    return made


def parts_of(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each page: so many that it stays light, whatever strangers call their devices."""
    parts: list[list[Row]] = [[]]
    room = MOST_BYTES
    for one in rows:
        size = ROW_BYTES + sum(len(escape(text).encode()) for text in astuple(one) if isinstance(text, str))
        if parts[-1] and (len(parts[-1]) == MOST_ROWS or size > room):
            parts.append([])
            room = MOST_BYTES
        parts[-1].append(one)
        room -= size
    return parts


READING = (
    "Each row is a measurement of one device in one run. Rates are measured unless they say otherwise; the range below "
    "a rate is its 95 % interval.",
    "Percentile: which share of the other devices of its model was slower at the same work; equal ones count half. "
    f"Below {FEWEST_OTHERS} others there is none. Each device counts once, by its newest run that verifies and was "
    "neither held back nor steered; the range is what the rate's interval leaves open. A machine that was started anew "
    "cannot be told from another one, and counts again.",
    f"Evidence: {', '.join(CLASS_WORDS.values())}. The first two convince a stranger; what does not verify is not "
    "compared. Joules, seconds and names are the measuring machine's own word.",
    "Each result's page has its raw file and the command that checks it.",
)


def lead_of(plan: Plan) -> str:
    """How much there is, in a sentence."""
    machines = {entry.device.machine for published in plan.results for entry in published.entries}
    refused = sum(not entry.verified for published in plan.results for entry in published.entries)
    days = sorted(published.source.result.created[:10] for published in plan.results)
    told = f"{_count(len(plan.results), 'result')} of {_count(len(machines), 'machine')} with devices of "
    told += f"{_count(len(plan.models), 'model')}, {' to '.join(dict.fromkeys((days[0], days[-1])))}. "
    told += f"{_count(refused, 'measurement')} of them did not verify." if refused else "All measurements verify."
    return told + (" Notes and the names of hosts and workers were left out." if plan.anonymous else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def row(plan: Plan, entry: Entry, published: Published) -> Row:
    """A row of the index."""
    page = plan.pages_of_models[plan.model_of_entry[id(entry)]]
    return row_of(entry, plan.standings[id(entry)], page, published.page)


def device_page(plan: Plan, model: Model) -> bytes:
    """All measurements of a model, work by work."""
    shown = plan.models[model]
    first = shown[0][0]
    by_work: dict[Work, list[tuple[Entry, Published]]] = {}
    for entry, published in shown:
        by_work.setdefault(work_of(entry), []).append((entry, published))
    name = visible(model.name, NAME_LIMIT) if model.name.strip() else UNNAMED
    return laid_out(
        "device",
        title=f"hashwatt: {name}",
        heading=name,
        root="../",
        scripted=True,
        lead=place_of(first, shortened(model.name, NAME_LIMIT)),
        kind=model.kind,
        width=WIDTH,
        works=[work_part(plan, by_work[work]) for work in sorted(by_work)],
    )


def work_part(plan: Plan, shown: Sequence[tuple[Entry, Published]]) -> Mapping[str, Any]:
    """One work of a model: its distribution and its rows, fastest first."""
    standings = plan.standings
    # What counts among its like, each device once.
    counting = [entry for entry, _ in shown if standings[id(entry)].percentile is not None]
    ordered = sorted(shown, key=lambda one: place_in_list(one[0]))
    rows = []
    for entry, published in most_telling(ordered, standings):
        made = row_of(entry, standings[id(entry)], "", published.page)
        rows.append(of_machine(made, entry))
    of_many = f", {MOST_ROWS:,} of them" if len(ordered) > MOST_ROWS else ""
    return {
        "title": work_text(shown[0][0].device),
        "caption": f"{_count(len(shown), 'measurement')}, fastest first{of_many}",
        "rows": rows,
        **distribution(counting),
    }


def place_in_list(entry: Entry) -> tuple[bool, bool, float]:
    """Orders measurements: the fastest first, behind them what devices say of themselves, last what is refused."""
    rate = entry.device.rate
    return not entry.verified, rate is not None and rate.origin == "reported", -rate.value if rate else 0.0


def most_telling(
    ordered: Sequence[tuple[Entry, Published]], standings: Mapping[int, Standing]
) -> list[tuple[Entry, Published]]:
    """As many as a page has, in their order; those that count go before one machine's many and before refused ones."""
    if len(ordered) <= MOST_ROWS:
        return list(ordered)
    kept = sorted(range(len(ordered)), key=lambda place: not standings[id(ordered[place][0])].others)[:MOST_ROWS]
    return [ordered[place] for place in sorted(kept)]


def of_machine(made: Row, entry: Entry) -> Row:
    """The row where the device is known: its machine stands first."""
    return replace(made, device=f"machine {entry.device.machine[:8]}", place=machine_text(entry), machine="")


def distribution(counting: Sequence[Entry]) -> Mapping[str, Any]:
    """Where the rates of a model lie: in words, and as dots on a line; without dots where there are too few."""
    if not counting:
        words = f"Fewer than {FEWEST_OTHERS + 1} devices of this model count here, so nothing is said of how they lie."
        return {"words": words, "dots": [], "left": LEFT, "right": RIGHT, "low": "", "high": ""}
    unit = counting[0].device.unit
    values = sorted(rate.value for rate in comparable_rates(counting))
    low, high = values[0], values[-1]
    size = (high - low) or 1.0
    stacked: dict[int, int] = {}
    dots = []
    for value in values:
        x = round(LEFT + (RIGHT - LEFT) * ((value - low) / size if high > low else 0.5))
        # Equal ones stand above each other, as far as there is room.
        level = stacked[x // 5] = stacked.get(x // 5, -1) + 1
        dots.append((x, 38 - 4 * min(level, 8)))
    words = f"{_count(len(values), 'device')}: {rate_text(low, unit)} to {rate_text(high, unit)}, "
    words += f"median {rate_text(median(values), unit)}."
    told = {"low": rate_text(low, unit), "high": rate_text(high, unit)}
    return {"words": words, "dots": list(dict.fromkeys(dots)), "left": LEFT, "right": RIGHT, **told}


def result_page(plan: Plan, published: Published) -> bytes:
    """One result: its measurements, its raw file, what was checked, and its conditions."""
    result, entries = published.source.result, published.entries
    checks = published.source.checks
    # Refusals first, so that none is beyond the end; repeats of a proof are found beside other results only.
    told = [(check.ok, visible(check.sentence, 400)) for check in sorted(checks, key=lambda check: check.ok)]
    known = {sentence for _, sentence in told}
    faults = dict.fromkeys(fault for entry in entries for fault in entry.faults if fault not in known)
    told = [*((False, fault) for fault in faults), *told]
    warnings = dict.fromkeys(sentence for entry in entries for sentence in warnings_of(entry))
    kept = entries[:MOST_OF_RESULT]
    of_many = f", the first {MOST_OF_RESULT}; the index has all" if len(entries) > MOST_OF_RESULT else ""
    return laid_out(
        "result",
        title=f"hashwatt: result of {result.created[:10]}, run {result.run_id[:8]}",
        heading=heading_of([entry.device for entry in entries]) or "A result",
        root="../",
        scripted=False,
        lead=f"{result.created}, run {result.run_id[:8]}",
        rows=[replace(row(plan, entry, published), result="") for entry in kept],
        caption=f"{_count(len(entries), 'measurement')}{of_many}",
        warnings=list(warnings)[:MOST_WARNINGS],
        raw=published.raw,
        file=published.raw.partition("/")[2],
        size=f"{published.size:,}",
        digest=published.digest,
        made=WRITTEN_ANEW if plan.anonymous else "It is the file that was given, byte for byte.",
        checks=told[:MOST_CHECKS],
        more_checks=f"And {len(told) - MOST_CHECKS:,} more." if len(told) > MOST_CHECKS else "",
        details=run_details(result),
    )


WRITTEN_ANEW = "It was written anew without notes and the names of hosts and workers; its proof is the one it had."


def heading_of(devices: Sequence[Measurement]) -> str:
    """The devices of a result; of many the first ones."""
    names = list(dict.fromkeys(shortened(device_name(one), 60) for one in devices))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
