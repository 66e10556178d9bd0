"""The page is whole in itself, admits nothing that was not in it from the start, and is quick and small."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

import hashwatt
from hashwatt.bench.result.file import save
from hashwatt.bench.result.measurement import CandidateRecord, Measurement
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.kernels.workloads.evidence import Shares
from hashwatt.reports.charts.strips import MOST_PIECES, thinned
from hashwatt.reports.collect.gather import Collection, Entry, collect, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for
from hashwatt.reports.formats.html import held
from hashwatt.reports.layout.headline import headline
from hashwatt.reports.page.lines import CANNOT_TELL, DeviceLine, works_of
from hashwatt.reports.page.sheets import sheets_of

from ..factory import many_results, result, showcase, verified
from ..served import reported, served, served_result
from ..shown import Example, about, leave_out_the_ladder, shown

VOID = {"meta", "br", "img", "input", "link", "hr"}
# What the template and the charts use; anything else would come from a result.
KNOWN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "h3", "p", "ul", "li",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "bdi", "figure", "figcaption", "details", "summary",
    "dl", "div", "dt", "dd", "i", "a", "article", "strong", "code", "script",
    "nav", "label", "select", "option", "input", "output",
    "svg", "defs", "g", "path", "use", "text", "tspan", "rect", "clippath",
}  # fmt: skip
# To a place in the page, to the figures in it, to a raw result beside it.
OWN_LINKS = ("#", "data:text/csv;base64,", "./")


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
    assert all(link.startswith(OWN_LINKS) for link in parsed.attributes("href"))
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


def test_the_figures_are_in_the_page_and_the_evidence_is_not(page: str) -> None:
    (data,) = re.findall(r'href="data:text/csv;base64,([^"]*)"', page)
    assert base64.b64decode(data) == shown("showcase", ".csv")
    for one in showcase():
        for entry in one.results:
            if isinstance(entry.evidence, Shares):
                assert entry.evidence.shares not in page


def test_each_run_links_to_its_raw_result_beside_the_page(tmp_path: Path) -> None:
    """By whatever name: one that looks like an address leads nowhere else, one that looks like markup stays a name."""
    names = ("plain.json", "in/a folder/b.json", "javascript:alert(1).json", '"><script>.json', "50%25 &amp; ü#?.json")
    for run, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        save(result(verified(run=run), run=run), tmp_path / name)
    hashwatt.report(tmp_path, tmp_path / "page.html")
    parsed = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    links = [link for link in parsed.attributes("href") if link.startswith("./")]
    assert {unquote(link.removeprefix("./")) for link in links} == set(names)
    assert all(re.fullmatch(r"[\w./%-]+", link) for link in links)
    assert all(hashwatt.verify(tmp_path / unquote(link)).ok for link in links)


def test_a_raw_result_elsewhere_is_named_but_not_linked(tmp_path: Path) -> None:
    for folder in ("results", "site"):
        (tmp_path / folder).mkdir()
    save(result(), tmp_path / "results" / "mine.json")
    hashwatt.report(tmp_path / "results", tmp_path / "site" / "page.html")
    page = (tmp_path / "site" / "page.html").read_text(encoding="utf-8")
    assert "mine.json" in page
    assert 'href="./' not in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize("example", ["hostile", "unprintable"])
def test_a_stranger_s_text_stays_text(example: Example) -> None:
    parsed = Page(shown(example, ".html").decode())
    assert parsed.unclosed == []
    assert {tag for tag, _ in parsed.tags} <= KNOWN_TAGS
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    for _, attributes in parsed.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert all(link.startswith(OWN_LINKS) for link in parsed.attributes("href"))


def test_template_syntax_in_a_name_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    page = page_of(gather_results([result(verified(name="{{ 7 * 7 }}{% include 'x' %}"))]))
    assert "{{ 7 * 7 }}" in "".join(Page(page).words)


def test_an_empty_ladder_page_has_no_section_about_results() -> None:
    page = shown("nothing", ".html").decode()
    assert "From CPU to ASIC" in page
    assert 'id="devices"' not in page
    assert 'id="runs"' not in page


def test_three_devices_make_a_page_of_less_than_400_kb() -> None:
    # Hundreds of samples and a race of a dozen kernels, as real runs have them.
    race = tuple(
        CandidateRecord(name=f"kernel-{number}", rate_per_s=1e7, compile_s=0.25, reason=None) for number in range(30)
    )
    devices = []
    for number in range(3):
        entry = verified(f"opencl:{number}", samples=512, name=f"Device {number}", clock_hz=[2e9, 2.1e9], roof_hs=3e7)
        assert entry.kernel is not None
        devices.append(replace(entry, kernel=replace(entry.kernel, candidates=race)))
    page = page_of(gather_results([result(*devices, note="x" * 200)]))
    assert page.count('<details class="sheet">') == 3
    assert len(page.encode()) <= 400_000


def test_200_results_make_a_page_of_less_than_3_mb() -> None:
    results = many_results(200, proven=False)
    entries = [Entry(result=one, device=one.results[0], faults=()) for one in results]
    page = page_of(collect(results, entries, []))
    assert len(page.encode()) <= 3_000_000
    assert page.count("Device 199") > 2
    assert page.count('<details class="sheet">') == 200
    assert page.count('<tr role="row" data-value') == 200


class TestALine:
    """A device's line: bar, ratio, roof; and what stands in it never contradicts the headline."""

    def lines(self, *entries: Measurement) -> tuple[DeviceLine, ...]:
        (work,) = works_of(gather_results([result(*entries)]))
        return work.lines

    def test_the_ratio_to_the_first_has_its_bounds(self) -> None:
        first, second = self.lines(verified(), verified("opencl:0", rate=50e6, name="GPU", kind="gpu"))
        assert (first.label, first.relative) == ("GPU", "1 ×")
        assert re.fullmatch(r"0\.\d+ ×\n0\.4\d+–0\.5\d+", second.relative)

    def test_who_is_faster_is_told_by_line_and_headline_alike(self) -> None:
        for scatter, is_told in ((0.01, True), (0.3, False)):
            entries = verified(scatter=scatter), verified("opencl:0", rate=27e6, scatter=scatter, name="GPU")
            first, second = self.lines(*entries)
            words = " ".join(headline(gather_results([result(*entries)])))
            assert (CANNOT_TELL not in second.relative) is is_told
            assert ("Fastest of 2 devices" in words) is is_told
            assert ("is unknown: their intervals" not in words) is is_told
            assert (first.label in words) is True

    def test_what_a_device_says_of_itself_is_not_set_against_the_others(self) -> None:
        made = gather_results([served_result(served(), reported())])
        (work,) = works_of(made)
        assert [line.relative for line in work.lines if not line.ranked] == ["not ranked"]

    def test_a_bar_is_as_long_as_its_rate_and_its_roof_stands_where_it_is(self) -> None:
        first, second = self.lines(verified(rate=20e6, roof_hs=25e6), verified("opencl:0", rate=10e6, name="GPU"))
        wide, narrow = (
            float(re.findall(r'class="cpu"[^>]* width="([\d.]+)"', one.picture)[0]) for one in (first, second)
        )
        assert wide / narrow == pytest.approx(2, rel=0.02)
        (roof,) = re.findall(r'class="roof" x="([\d.]+)"', first.picture)
        assert wide / float(roof) == pytest.approx(20 / 25, rel=0.02)
        assert 'class="roof"' not in second.picture
        assert "% of its roof" in first.picture

    def test_its_name_in_the_address_stays_when_others_come(self) -> None:
        alone = self.lines(verified())
        beside = self.lines(verified(), verified("opencl:0", rate=50e6, name="GPU"))
        assert alone[0].ident == beside[1].ident != beside[0].ident

    def test_machine_and_note_stand_beside_it(self) -> None:
        (work,) = works_of(gather_results([result(note="window open")]))
        assert work.lines[0].note == "window open"
        assert work.lines[0].machine == "Test CPU\n2025-05-12"


class TestASheet:
    """What stands behind a line."""

    def test_no_spike_is_lost_in_a_long_course(self) -> None:
        points = [(float(at), 1.0, True) for at in range(5000)]
        points[1234] = (1234.0, 9.0, True)
        drawn = thinned(points)
        assert len(drawn) <= 2 * MOST_PIECES
        assert (1234.0, 9.0, True) in drawn
        assert drawn == sorted(drawn)

    def test_the_race_is_told_with_why_some_did_not_run(self) -> None:
        entry = verified()
        assert entry.kernel is not None
        race = (
            CandidateRecord(name="fast", rate_per_s=12.5e6, compile_s=0.25, reason=None),
            CandidateRecord(name="lost", rate_per_s=None, compile_s=None, reason="the driver refused it"),
        )
        made = gather_results([result(replace(entry, kernel=replace(entry.kernel, candidates=race)))])
        (sheet,) = sheets_of(report_on(made))
        assert sheet.race is not None
        assert sheet.race.rows == (("fast", "12.50 MH/s", "0.25 s"), ("lost", "the driver refused it", "–"))

    def test_all_warnings_stand_in_it_in_full(self) -> None:
        text = "other programs kept 1.7 CPUs busy; close them and measure again"
        warned = replace(verified(), warnings=(WarningRecord(code="contention", text=text),))
        (sheet,) = sheets_of(report_on(gather_results([result(warned)])))
        assert text in sheet.warnings
        assert any(sentence.startswith("energy not known: ") for sentence in sheet.warnings)

    def test_older_runs_and_the_machine_stand_in_it(self, page: str) -> None:
        sheets = {one.label: one for one in sheets_of(about("showcase"))}
        runs = sheets["Test CPU"].runs
        assert runs is not None
        assert len(runs.rows) == 2
        assert ("virtual machine", "KVM") in sheets["Radeon RX 6800"].machine


def test_only_the_ladder_s_own_page_unfolds_its_chapters_and_has_all_sources(page: str) -> None:
    ladder = shown("nothing", ".html").decode()
    assert page.count('<details class="chapter">') == 2
    assert 'class="chapter"' not in ladder
    assert "All published and modelled figures" in ladder
    assert "All published and modelled figures" not in page


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    for text in (page, shown("nothing", ".html").decode(), shown("hostile", ".html").decode()):
        parsed = Page(text)
        names = parsed.attributes("id")
        assert len(names) == len(set(names))
        assert {link[1:] for link in parsed.attributes("href") if link.startswith("#")} <= set(names)


def test_the_window_is_called_after_the_devices_each_once() -> None:
    (title,) = re.findall("<title>(.*?)</title>", shown("suite", ".html").decode())
    assert title == "Test CPU, Radeon RX 6800 – hashwatt report"


def test_figures_keep_their_units_where_a_line_of_the_headline_ends() -> None:
    assert held("with 67.50 GB/s (95 % 62.38–73.03; 2 ×) on 2 devices") == (
        "with 67.50\u00a0GB/s (95\u00a0% 62.38–73.03; 2\u00a0×) on 2 devices"
    )


@pytest.mark.parametrize("example", ["showcase", "suite", "nothing"])
def test_shares_are_written_in_one_way_and_energies_in_their_work_s_unit(example: Example) -> None:
    words = Page(
        re.sub("<style>.*?</style>|<script>.*?</script>", "", shown(example, ".html").decode(), flags=re.DOTALL)
    )
    told = " ".join(words.words)
    assert re.search(r"\d\s%", told)
    assert not re.findall(r".{30}\d%", told)
    # Joules a hash stand for 10¹² of them wherever they stand.
    assert set(re.findall(r"\bJ/[A-Za-z]*H\b", told)) <= {"J/TH"}
