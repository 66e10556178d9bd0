"""What the page's script works out says the same as the page itself does, to the last character."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import Rate
from hashwatt.reports.collect.gather import Collection, Ranking, fastest_first, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import html
from hashwatt.reports.page.lines import bars_of, relative_text

from ..factory import result, streaming
from ..shown import leave_out_the_ladder, shown
from .browser import NEEDS_BROWSER, Browser

pytestmark = NEEDS_BROWSER
DEVICES = 24
CARD: dict[str, Any] = {"kind": "gpu", "backend": "opencl", "runs_on_host_cpu": False}
# What stands beside each device as the page came, and with each choice.
TOLD = """(() => {
  const picker = document.querySelector(".tools select");
  const told = () => [...document.querySelectorAll("table.devices tr[data-value] td.relative")]
    .map((cell) => [...cell.children].map((line) => line.textContent).join("\\n"));
  const found = { served: told() };
  for (const option of picker.options) {
    picker.value = option.value;
    picker.dispatchEvent(new Event("change"));
    found[option.textContent] = told();
  }
  picker.value = "";
  picker.dispatchEvent(new Event("change"));
  return { ...found, again: told() };
})()"""


def rate_of_any_size(rate: Rate, chance: random.Random) -> Rate:
    """Very small and large ones, equal ones, some that lie right between two figures of three digits, some unsure."""
    base = chance.choice([1e6, 1024.0])
    value = chance.choice(
        [
            10 ** chance.uniform(-12, 25),
            base * chance.choice([1, 9, 17, 8, 16, 33, 65, 1.125, 2.625, 0.9995, 99.95, 1000.5, 999.5]),
            base * chance.randrange(1, 4000) / chance.choice([8, 64, 1000]),
        ]
    )
    width = chance.choice([None, 0.0, 1e-12, 1e-3, 0.1, 0.9])
    low, high = (None, None) if width is None else (value * (1 - width), value * (1 + width))
    return replace(rate, value=value, low=low, high=high, origin=chance.choice(["measured"] * 9 + ["reported"]))


def with_such_rates(collection: Collection, chance: random.Random) -> Collection:
    (ranking,) = collection.rankings
    groups = []
    for group in ranking.groups:
        entry = group.newest
        device = replace(entry.device, rate=rate_of_any_size(entry.rate, chance))
        groups.append(replace(group, entries=(replace(entry, device=device),)))
    return replace(collection, rankings=(replace(ranking, groups=fastest_first(groups)),))


def expected(ranking: Ranking, base: int) -> list[str]:
    """What is to be told with the device at that place as the one that is compared with."""
    bars = bars_of(ranking.groups)
    words = [group.is_own_word or ranking.groups[base].is_own_word for group in ranking.groups]
    return ["not ranked" if word else relative_text(bar, bars[base]) for bar, word in zip(bars, words, strict=True)]


@pytest.mark.parametrize("seed", range(2))
def test_each_choice_tells_what_the_page_would(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    leave_out_the_ladder(monkeypatch)
    cards = (streaming(f"opencl:{number}", name=f"Card {number}", **CARD) for number in range(DEVICES))
    collection = with_such_rates(gather_results([result(*cards)]), random.Random(seed))
    page = tmp_path / "page.html"
    page.write_bytes(html.render(report_on(collection)))
    browser.open(page, 1280)
    told = browser.evaluate(TOLD)
    assert told["again"] == told["served"] == told["the first of each"]
    (ranking,) = collection.rankings
    for place, group in enumerate(ranking.groups):
        assert told[group.newest.device.device.name] == expected(ranking, place)


def test_a_device_that_did_other_work_alone_is_found_at_all_its_work(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At one work two cards of one name, told apart by their places; at another one of them, and another card."""
    leave_out_the_ladder(monkeypatch)
    places = ("0000:01:00.0", "0000:02:00.0")
    pair = [
        streaming(f"opencl:{n}", name="Card", pci_address=at, rate=(2 - n) * 1e9, **CARD) for n, at in enumerate(places)
    ]
    other = streaming("opencl:2", name="Other", rate=4e9, **CARD)
    scaled = [replace(one, parameters={"operation": "copy", "number": "float64"}) for one in (pair[1], other)]
    page = tmp_path / "page.html"
    page.write_bytes(html.render(report_on(gather_results([result(*pair, other, *scaled)]))))
    browser.open(page, 1280)
    told = browser.evaluate(TOLD)
    assert set(told) == {"served", "again", "the first of each", "Other", *(f"Card, {place}" for place in places)}
    chosen = [one.partition("\n")[0] for one in told["Card, 0000:02:00.0"]]
    assert sorted(chosen) == ["1 ×", "1 ×", "2.00 ×", "4.00 ×", "4.00 ×"]


def column(rows: str, place: int) -> str:
    """The first line of a column's cells, as a script."""
    return f"[...{rows}].map((row) => (row.cells[{place}].querySelector('.first') || row.cells[{place}]).textContent)"


def test_days_are_sorted_by_year_and_month_and_what_is_unknown_stays_last(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(shown("nothing", ".html"))
    browser.open(page, 1280)
    table = "[...document.querySelectorAll('table.sortable')].at(-1)"
    days = column(f"{table}.tBodies[0].rows", 2)
    for down in (False, True):
        browser.evaluate(f"{table}.querySelectorAll('thead button')[2].click()")
        found = browser.evaluate(days)
        known = [day for day in found if day != "–"]
        assert known == sorted(known, reverse=down)
        assert len({day[:4] for day in known}) > 10
        assert "–" not in found[: len(known)]


def test_rates_far_below_one_and_names_with_numbers_have_their_order(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_the_ladder(monkeypatch)
    named = ("4090", "4060 Ti", "13 cores", "Arc", "Radeon 9 GRE", "Radeon 10")
    cards = (streaming(f"opencl:{n}", name=name, rate=1e9 + n, **CARD) for n, name in enumerate(named))
    page = tmp_path / "page.html"
    page.write_bytes(html.render(report_on(gather_results([result(*cards)]))))
    browser.open(page, 1280)
    browser.evaluate("document.querySelector('table.devices thead button').click()")
    names = column("document.querySelectorAll('table.devices tr[data-value]')", 0)
    assert browser.evaluate(names) == ["13 cores", "4060 Ti", "4090", "Arc", "Radeon 9 GRE", "Radeon 10"]
    keys = [("400.0 mH/s", 0.4), ("1.000 H/s", 1), ("2.500 nH/s", 2.5e-9), ("1.234 kJ", 1234), ("about 100 %", 100),
            ("2 machines", 2), ("12.9 M J/TH", 12.9e6), ("574,000 J/TH; board", 574e3)]  # fmt: skip
    for text, size in keys:
        assert browser.evaluate(f"keyOfText({json.dumps(text)})") == pytest.approx(size)
