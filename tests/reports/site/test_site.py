"""A whole site: complete, the same for the same results, safe whatever is in them, and light."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from hashwatt.bench.progress import NoProgress
from hashwatt.bench.result.file import encode, load, save
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification import cached
from hashwatt.bench.verification.checks import check_result
from hashwatt.bench.verification.verdict import Check, Verdict
from hashwatt.kernels.errors import InputError
from hashwatt.reports.collect.gather import checks_of, collected
from hashwatt.reports.collect.sources import Source
from hashwatt.reports.site import pages
from hashwatt.reports.site.build import build_site
from hashwatt.reports.site.folder import MANIFEST
from hashwatt.reports.site.names import OURS, name_of_model, slug
from hashwatt.reports.site.pages import index_pages
from hashwatt.reports.site.plan import Plan, plan_of

from ..anonymous.named import NEVER, all_of_them
from ..factory import machine, result, run_id_of, showcase, streaming, tampered, verified
from .sites import ordinary, saved, site

LINK = re.compile(r'(?:href|src)="([^"]*)"')


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def links_of(folder: Path) -> Iterator[tuple[Path, Path]]:
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for link in LINK.findall(text):
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in text, f"{path} has no place {link}"
            else:
                yield path, path.parent / html.unescape(link)


@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
def test_every_link_leads_to_a_file_of_the_site(kind: str) -> None:
    links = list(links_of(site(kind)))
    assert len(links) > 100
    folder = site(kind).resolve()
    assert [f"{page}: {to}" for page, to in links if not to.is_file() or not to.resolve().is_relative_to(folder)] == []


@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
def test_every_file_is_reached_from_the_index_and_listed(kind: str) -> None:
    reached = {to.resolve() for _, to in links_of(site(kind))} | {site(kind) / "index.html"}
    names = files_of(site(kind)).keys() - {MANIFEST}
    assert {site(kind).resolve() / name for name in names} == {path.resolve() for path in reached}
    listed = msgspec.json.decode((site(kind) / MANIFEST).read_bytes())["files"]
    assert {name: [sha256((site(kind) / name).read_bytes()).hexdigest()] for name in names} == listed


@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
def test_names_are_safe_on_every_file_system(kind: str) -> None:
    names = files_of(site(kind)).keys() - {MANIFEST}
    assert [name for name in names if not OURS.fullmatch(name)] == []
    assert len({name.lower() for name in names}) == len(names)


def test_the_raw_files_are_those_that_were_given_byte_for_byte() -> None:
    given = {sha256(path.read_bytes()).hexdigest() for path in (site("ordinary").parent / "results").iterdir()}
    raw = list((site("ordinary") / "raw").iterdir())
    assert {sha256(path.read_bytes()).hexdigest() for path in raw} == given
    for path in raw:
        page = (site("ordinary") / "result" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert f"hashwatt verify raw/{path.name}" in page
        assert sha256(path.read_bytes()).hexdigest() in page
        assert ("✗ refused:" in page) is not check_result(path)[0].ok


def test_the_index_is_whole_without_a_script() -> None:
    index = (site("ordinary") / "index.html").read_text(encoding="utf-8")
    measured = [entry for one in ordinary() for entry in one.results]
    assert index.count('<tr role="row" data-k=') == len(measured)
    assert "12 results of 9 machines" in index
    assert "<td" in index
    # The showcase's processor is of the eight machines' model; its older run does not count, nor does it copy.
    assert (index.count("of 8 others"), index.count("of 7 others")) == (9, 8)
    assert index.count("a newer run of this device counts") == 1
    assert "does not verify" in index


ELEMENTS = {
    "html", "head", "meta", "title", "link", "script", "body", "header", "main", "nav", "section", "p", "h1", "h2",
    "h3", "a", "b", "bdi", "small", "span", "code", "pre", "ul", "li", "dl", "dt", "dd", "div", "form", "label",
    "select", "option", "input", "output", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "line",
    "circle", "text",
}  # fmt: skip


class Seen(HTMLParser):
    """Which elements and attributes a browser sees."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_pages_ask_for_nothing_that_is_not_in_the_site() -> None:
    for name, content in files_of(site("hostile")).items():
        if name.endswith(".html"):
            page = content.decode()
            assert "default-src 'none'; style-src 'self' file:; script-src 'self' file:" in page
            seen = Seen()
            seen.feed(page)
            assert not [name for name in seen.attributes if name.startswith("on") or name == "style"]
            assert seen.elements <= ELEMENTS
            assert page.count("<script") == ('src="' in page)


def test_the_style_has_the_report_s_colours_and_rules_of_its_own() -> None:
    style = (site("ordinary") / "style.css").read_text(encoding="utf-8")
    assert style.startswith(":root {")
    assert "@media (prefers-color-scheme: dark)" in style
    # A link's colour in light, in dark, on paper and in the reader's own colours.
    assert [style.count(rule) for rule in ("* { box-sizing", "\nbody {", "--link:")] == [1, 1, 4]


def test_the_same_results_give_the_same_bytes_wherever_they_lie(tmp_path: Path) -> None:
    made = ordinary()
    for number, order in enumerate((made, made[::-1])):
        build_site([saved(tmp_path / f"results{number}", order)], tmp_path / f"site{number}")
    one, other = files_of(tmp_path / "site0"), files_of(tmp_path / "site1")
    assert one == other
    done = build_site([tmp_path / "results0"], tmp_path / "site0").files
    assert (done.written, done.removed) == ([], [])


def test_names_that_differ_by_case_or_are_kept_by_windows_get_pages_of_their_own(tmp_path: Path) -> None:
    names = ("CON", "con", "Con", "NUL", "../..", "..\\..", "a/b", "A/B", "界", "", " ", ".", "-", "aux.html")
    made = [result(verified(run=number, name=name), run=number) for number, name in enumerate(names)]
    build_site([saved(tmp_path / "results", made)], tmp_path / "site")
    pages_here = [name.lower() for name in os.listdir(tmp_path / "site" / "device")]
    # Without a name the id stands for it.
    assert len(set(pages_here)) == len(names)
    assert sorted(os.listdir(tmp_path)) == ["results", "site"]


def test_a_name_of_blanks_is_none(tmp_path: Path) -> None:
    build_site([saved(tmp_path / "in", [result(verified(name="   "))])], tmp_path / "site")
    assert b'.html">cpu</a>' in files_of(tmp_path / "site")["index.html"]
    assert all(b"<h1> " not in content for content in files_of(tmp_path / "site").values())


def test_a_name_of_megabytes_makes_a_short_one() -> None:
    assert slug("x" * 10_000_000) == "x" * 48
    source = source_of(result(verified(name="<b>" * 3_000_000)))
    plan = plan_in_memory([source])
    assert all(len(name) < 100 for name in plan.pages_of_models.values())
    assert all(len(content) < 20_000 for _, content in index_pages(plan))
    assert all(name_of_model(model) == name for model, name in plan.pages_of_models.items())


def source_of(made: Result) -> Source:
    return Source(path=Path("none"), sha256="0" * 64, result=made, checks=(Check(code="x", ok=True, sentence="fine"),))


def plan_in_memory(sources: list[Source]) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hashwatt.reports.site.plan.raw_bytes", lambda source, _: source.result.run_id.encode())
        return plan_of(sources, collected(sources, []), anonymous=False)


def test_an_index_of_two_thousand_results_is_one_light_page() -> None:
    first = result(verified(roof_hs=27e6), note="x" * 500)
    sources = [
        source_of(replace(first, run_id=run_id_of(number), machines=(machine(id=f"{number:016x}"),), results=(
            replace(first.results[0], machine=f"{number:016x}"),)))
        for number in range(2000)
    ]  # fmt: skip
    plan = plan_in_memory(sources)
    ((name, index),) = index_pages(plan)
    assert name == "index.html"
    assert index.count(b'<tr role="row" data-k=') == 2000
    assert len(index) <= 1_500_000


def test_a_heavy_index_is_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_BYTES", 3_000)
    sources = [source_of(result(verified(run=n, name="<&\"'>" * 30), run=n)) for n in range(9)]
    made = index_pages(plan_in_memory(sources))
    assert [name for name, _ in made][:2] == ["index.html", "index-2.html"]
    assert sum(content.count(b'<tr role="row" data-k=') for _, content in made) == 9
    assert all(f'href="{name}"'.encode() in made[0][1] for name, _ in made)


class TestAnonymous:
    """A site without names."""

    def test_no_byte_of_it_names_anybody_and_its_raw_files_verify(self, tmp_path: Path) -> None:
        folder = saved(tmp_path / "canaryfolder", all_of_them())
        (folder / "canarybroken.json").write_text('{"schema_version": 2, "note": "canarynote"}')
        # What stands beside a result is no part of it, and a file that says a name twice is none.
        text = encode(showcase()[0]).decode()
        (folder / "twice.json").write_text(text.replace('"note": null', '"note": "canary", "note": null'))
        (folder / "beside.json").write_text(
            f'{{"result": {encode(showcase()[1]).decode()}, "verdict": {{}}, "file": "canary"}}'
        )
        made = build_site([folder], tmp_path / "site", anonymous=True)
        assert len(made.unreadable) == 2
        for name, content in files_of(tmp_path / "site").items():
            text = f"{name} {content.decode()}".lower()
            assert [word for word in NEVER if word in text] == [], name
        raw = list((tmp_path / "site" / "raw").iterdir())
        assert len(raw) == 4
        assert all(check_result(path)[0].ok for path in raw)
        assert all(load(path).note is None for path in raw)

    def test_what_names_people_is_removed_from_an_earlier_site(self, tmp_path: Path) -> None:
        folder = saved(tmp_path / "results", all_of_them())
        build_site([folder], tmp_path / "site")
        assert any(b"canary" in content for content in files_of(tmp_path / "site").values())
        build_site([folder], tmp_path / "site", anonymous=True)
        assert not any(b"canary" in content for content in files_of(tmp_path / "site").values())

    def test_what_verify_found_wrong_in_the_whole_file_stays_wrong(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "verdicts").mkdir()
        monkeypatch.setattr(cached, "cache_folder", lambda *_: tmp_path / "verdicts")
        folder = saved(tmp_path / "results", [result(verified(run=60), run=60, note="mine")])
        path = folder / "0.json"
        cached.keep(path, Verdict.of([Check(code="shares", ok=False, sentence="share 3 is false")]), load(path))
        made = build_site([folder], tmp_path / "site", anonymous=True)
        assert len(made.collection.apart) == 1
        (page,) = (tmp_path / "site" / "result").iterdir()
        assert "does not verify when all of its evidence is checked" in page.read_text(encoding="utf-8")


class TestInputs:
    """What a site is made from."""

    def test_the_site_s_own_files_are_no_inputs(self, tmp_path: Path) -> None:
        saved(tmp_path, [replace(one, note="mine") for one in showcase()])
        first = build_site([tmp_path], tmp_path / "site", anonymous=True)
        # The published ones are others, without notes: as inputs they would show each proof a second time.
        again = build_site([tmp_path], tmp_path / "site")
        assert (again.results, len(again.collection.apart)) == (first.results, len(first.collection.apart))
        with pytest.raises(InputError, match="is the site's own folder"):
            build_site([tmp_path / "site" / "raw"], tmp_path / "site")

    def test_a_file_that_changes_meanwhile_is_not_published_unchecked(self, tmp_path: Path) -> None:
        folder = saved(tmp_path / "results", showcase()[:1])

        class Changing(NoProgress):
            def advance(self, amount: float, rate: float | None) -> None:
                save(result(tampered(verified())), folder / "0.json")

        with pytest.raises(InputError, match="changed while it was read"):
            build_site([folder], tmp_path / "site", progress=Changing())
        assert not (tmp_path / "site").exists()

    def test_runs_without_a_measurement_are_not_shown(self, tmp_path: Path) -> None:
        empty = replace(result(), results=())
        made = build_site([saved(tmp_path / "results", [*showcase(), empty])], tmp_path / "site")
        assert made.results == len(showcase()) == len(list((tmp_path / "site" / "raw").iterdir()))
        with pytest.raises(InputError, match="nothing to make a site of"):
            build_site([saved(tmp_path / "empty", [empty])], tmp_path / "other")
        assert not (tmp_path / "other").exists()

    def test_progress_counts_every_file(self, tmp_path: Path) -> None:
        stages: list[tuple[str, float | None]] = []
        steps: list[float] = []

        class Counted(NoProgress):
            def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
                stages.append((text, total))
                steps.append(0.0)

            def advance(self, amount: float, rate: float | None) -> None:
                steps[-1] += amount

        build_site([saved(tmp_path / "results", showcase())], tmp_path / "site", progress=Counted())
        assert [total for _, total in stages] == steps
        assert stages[0] == ("checking 4 files", 4)


class TestARefusedClaim:
    def plan(self) -> Plan:
        claims = [result(tampered(verified(run=run)), run=run) for run in (70, 71, 72)]
        equal = [
            result(replace(streaming(), machine=f"{run:016x}"), run=run, machines=(machine(id=f"{run:016x}"),))
            for run in range(80, 87)
        ]
        made = (*claims, result(verified(run=73), run=73), *equal)
        return plan_in_memory([replace(source_of(one), checks=checks_of(one)) for one in made])

    def test_it_stands_behind_what_verifies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "MOST_ROWS", 2)
        plan = self.plan()
        (model,) = plan.models
        text = pages.device_page(plan, model).decode()
        proven, refused = text.index("<span>proven</span>"), text.index("does not verify")
        assert proven < refused

    def test_it_has_no_number_to_be_sorted_by(self) -> None:
        rows = [pages.row(plan, *one) for plan in [self.plan()] for shown in plan.models.values() for one in shown]
        assert [one.rate_value for one in rows if not one.verified] == ["", "", ""]
        assert all(one.rate_value for one in rows if one.verified)

    def test_half_of_equal_devices_are_not_said_to_be_slower(self) -> None:
        plan = self.plan()
        (model,) = plan.models
        assert b"7 devices: 20.00 GB/s to 20.00 GB/s, median 20.00 GB/s." in pages.device_page(plan, model)
