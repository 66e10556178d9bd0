"""The page is whole in itself, admits nothing that was not in it from the start, and is quick and small."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import time
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import Collection, gather, gather_results
from hashwatt.reports.document.archive import archive
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from ..factory import result, run_id_of, showcase, verified, with_energy
from ..shown import Example, leave_out_the_ladder, shown

VOID = {"meta", "br", "img", "input", "link", "hr"}
# What the template and the charts use; anything else would come from a result.
KNOWN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "h3", "p", "ul", "li",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "bdi", "figure", "figcaption", "details", "summary",
    "dl", "div", "dt", "dd", "a", "article", "strong", "code", "script",
    "svg", "defs", "g", "path", "use", "text", "tspan", "rect", "clippath",
}  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.unclosed: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def page_of(collection: Collection) -> str:
    return format_for("x.html").render(report_on(collection)).decode()


@pytest.fixture(scope="module")
def page() -> str:
    return shown("showcase", ".html").decode()


def test_the_page_is_well_formed_and_uses_known_tags_only(page: str) -> None:
    parsed = Page(page)
    assert parsed.unclosed == []
    assert {tag for tag, _ in parsed.tags} <= KNOWN_TAGS


def test_the_headline_comes_first(page: str) -> None:
    assert page.index("Fastest of 2 devices") < page.index("<table") < page.index("<svg")


def test_headings_are_in_order(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_fetched_from_elsewhere(page: str) -> None:
    parsed = Page(page)
    assert not {"link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in parsed.tags}
    assert parsed.attributes("src") == []
    assert all(link.startswith(("#", "data:application/zip;base64,")) for link in parsed.attributes("href"))
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_policy_admits_exactly_the_page_s_own_style_and_script(page: str) -> None:
    (policy,) = (attributes["content"] for _, attributes in Page(page).tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_no_inline_style_and_no_handler_is_left(page: str) -> None:
    for _, attributes in Page(page).tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)


def test_every_chart_has_words(page: str) -> None:
    charts = [attributes for tag, attributes in Page(page).tags if tag == "svg"]
    assert charts
    assert all(chart["role"] == "img" and len(chart["aria-label"]) > 20 for chart in charts)


def test_everything_that_was_asked_of_the_table_is_in_it(page: str) -> None:
    words = " ".join(Page(page).words)
    for figure in ("25.98 MH/s", "95 % ", "● measured", "2,300,000 J/TH", "■ reported, board", "96.2 %",
                   "◇ modelled", "avx2", "amdgpu 6.10", "proven", "newest of 2 runs"):  # fmt: skip
        assert figure in words


def test_a_rate_far_above_its_roof_says_that_the_roof_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    page = page_of(gather_results([result(verified(roof_hs=10e6))]))
    assert "modelled, too low" in page
    assert not re.search(r"\b[1-9]\d{2,}(\.\d)? %", page)


def test_what_does_not_verify_stands_in_its_own_section(page: str) -> None:
    start, end = page.index('id="apart"'), page.index('id="unmeasured"')
    assert "Wonder chip" in page[start:end]
    assert "Wonder chip" not in page[: page.index('id="apart"')]


def test_the_progression_and_each_claim_are_there(page: str) -> None:
    for words in ("Rung by rung", "÷ 9.7", "12 devices, 16 figures", "would have found blocks",
                  "not reproduced", "cannot be tested here"):  # fmt: skip
        assert words in page


def test_the_raw_results_can_be_downloaded_and_verified_again(page: str) -> None:
    (data,) = re.findall(r'href="data:application/zip;base64,([^"]*)"', page)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as file:
        found = [msgspec.json.decode(file.read(name), type=Result) for name in file.namelist()]
    assert {one.run_id for one in found} == {one.run_id for one in showcase()}
    assert {one.run_id: one for one in found} == {one.run_id: one for one in showcase()}


def test_an_archive_keeps_what_fits() -> None:
    results = [result(verified(run=run), run=run) for run in range(6)]
    whole, kept = archive(results, 10_000_000)
    assert kept == 6
    part, kept = archive(results, len(whole) // 2)
    assert 1 <= kept <= 3
    assert len(part) <= len(whole) // 2
    assert archive(results, 10) == archive(results, -10) == (b"", 0)


def test_a_page_with_no_room_for_all_raw_results_says_how_many_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    from hashwatt.reports.formats import html

    leave_out_the_ladder(monkeypatch)
    collection = gather_results([result(verified(run=run, samples=64), run=run) for run in range(9)])
    monkeypatch.setattr(html, "MOST_PAGE_BYTES", len(page_of(collection)) - 20_000)
    page = page_of(collection)
    assert len(page.encode()) <= html.MOST_PAGE_BYTES + 1000
    assert re.search(r"\([1-8] of 9 runs; the others would make this page too large\)", page)


@pytest.mark.parametrize("example", ["hostile", "unprintable"])
def test_a_stranger_s_text_stays_text(example: Example) -> None:
    parsed = Page(shown(example, ".html").decode())
    assert parsed.unclosed == []
    assert {tag for tag, _ in parsed.tags} <= KNOWN_TAGS
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    for _, attributes in parsed.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert all(link.startswith(("#", "data:application/zip;base64,")) for link in parsed.attributes("href"))


def test_template_syntax_in_a_name_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    page = page_of(gather_results([result(verified(name="{{ 7 * 7 }}{% include 'x' %}"))]))
    assert "{{ 7 * 7 }}" in "".join(Page(page).words)


def test_an_empty_ladder_page_has_no_section_about_results() -> None:
    page = shown("nothing", ".html").decode()
    assert "From CPU to ASIC" in page
    assert 'id="devices"' not in page
    assert 'id="runs"' not in page


# Slow: a dozen seconds of making and reading 200 results, for one look at the size of a page and at its time.
@pytest.mark.slow
def test_200_results_make_a_page_of_less_than_3_mb_in_less_than_5_s(tmp_path: Path) -> None:
    for run in range(200):
        device = verified(run=run, rate=1e6 * (1 + run), samples=64, name=f"Device {run}", clock_hz=[2e9], roof_hs=1e9)
        save(result(with_energy(device, 1e6 + run), run=run), tmp_path / f"{run_id_of(run)}.json")
    started = time.perf_counter(), time.process_time()
    page = format_for("x.html").render(report_on(gather([tmp_path])))
    elapsed_s, worked_s = time.perf_counter() - started[0], time.process_time() - started[1]
    assert len(page) < 3_000_000
    # Other programs on a shared machine take wall time, but not this process's own.
    assert min(elapsed_s, worked_s) < 5
    assert page.count(b"Device 199") > 1
