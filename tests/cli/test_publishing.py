"""`hashwatt report -o site/` and `--anonymous` as their users call them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hashwatt.bench.result.file import save
from tests.reports.anonymous.named import NEVER, all_of_them
from tests.reports.factory import result, verified
from tests.reports.shown import leave_out_the_ladder

from .terminal import run_here

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Results that name people, in a folder that does, beside a file that is no result and does, too."""
    folder = tmp_path / "canaryfolder"
    folder.mkdir()
    for number, one in enumerate(all_of_them()):
        save(one, folder / f"canary{number}.json")
    (folder / "canarybroken.json").write_text('{"schema_version": 2}')
    return folder


class TestSite:
    """Which output is a site, and what is said of it."""

    def test_a_name_that_ends_like_a_folder_gets_a_site(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", str(results), "-o", f"{tmp_path}/site/")
        assert outcome.code == 0
        assert outcome.out.startswith("Site: 4 results, 4 device models; ")
        assert "--anonymous leaves them out" in outcome.out
        assert (tmp_path / "site" / "index.html").is_file()

    def test_so_does_a_folder_that_is_there(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / "here").mkdir()
        assert run_here(capsys, "report", str(results), "-o", str(tmp_path / "here")).code == 0
        assert (tmp_path / "here" / "index.html").is_file()

    def test_a_name_without_an_ending_is_refused_before_anything_is_read(self, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", "missing.json", "-o", "site")
        assert outcome.code == 2
        assert outcome.err.startswith("hashwatt: site names no format: end it with / for a site, or with .csv, .html")

    def test_two_sites_at_once_are_refused(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", str(results), "-o", f"{tmp_path}/a/", "-o", f"{tmp_path}/b/")
        assert outcome.code == 2
        assert not (tmp_path / "a").exists()

    def test_a_folder_with_other_files_stays_as_it_is(self, results: Path, capsys: Capture) -> None:
        before = {path: path.read_bytes() for path in results.iterdir()}
        outcome = run_here(capsys, "report", str(results), "-o", str(results))
        assert outcome.code == 2
        assert "holds files that are no site of hashwatt (0.json)" in outcome.err
        assert {path: path.read_bytes() for path in results.iterdir()} == before

    def test_files_and_a_site_are_written_at_once(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        outcome = run_here(
            capsys, "report", str(results), "-o", f"{tmp_path}/site/", "-o", str(tmp_path / "x.csv"), "--json"
        )
        assert outcome.document["files"] == [str(tmp_path / "x.csv")]
        assert outcome.document["site"]["results"] == 4
        assert (
            outcome.document["site"]["written"] == len([p for p in (tmp_path / "site").rglob("*.*") if p.is_file()]) - 1
        )
        assert outcome.document["anonymous"] is None
        assert (tmp_path / "x.csv").is_file()

    def test_what_is_no_result_is_named(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        (results / "broken.json").write_text("{")
        outcome = run_here(capsys, "report", str(results), "-o", f"{tmp_path}/site/")
        assert outcome.code == 0
        assert "! left out: " in outcome.err
        assert "broken.json" in outcome.err

    def test_what_an_earlier_site_left_is_named_where_it_stays(
        self, results: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        run_here(capsys, "report", str(results), "-o", f"{tmp_path}/site/")
        (page,) = (tmp_path / "site" / "result").glob("2025-05-11-*")
        page.write_text("edited")
        outcome = run_here(capsys, "report", str(results / "0.json"), "-o", f"{tmp_path}/site/")
        assert f"! left there: result/{page.name}" in outcome.err
        assert page.read_text() == "edited"

    def test_a_page_beside_a_site_links_to_the_raw_files_as_one_alone_does(
        self, results: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_out_the_ladder(monkeypatch)
        run_here(capsys, "report", str(results), "-o", f"{tmp_path}/site/", "-o", str(tmp_path / "x.html"))
        assert 'href="./results/0.json"' in (tmp_path / "x.html").read_text(encoding="utf-8")


class TestAnonymous:
    """What is left out, and what is said of it."""

    @pytest.mark.parametrize("suffix", ["html", "md", "csv", "json"])
    def test_a_report_in_any_format_names_nobody(
        self, suffix: str, named: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_out_the_ladder(monkeypatch)
        target = tmp_path / f"x.{suffix}"
        outcome = run_here(capsys, "report", str(named), "-o", str(target), "--anonymous")
        assert outcome.code == 0
        text = target.read_text(encoding="utf-8").lower()
        assert [word for word in NEVER if word in text] == []

    def test_without_it_they_are_there(self, named: Path, tmp_path: Path, capsys: Capture) -> None:
        run_here(capsys, "report", str(named), "-o", str(tmp_path / "x.csv"), "-o", f"{tmp_path}/site/")
        assert "canary" in (tmp_path / "x.csv").read_text(encoding="utf-8")

    def test_what_is_printed_names_nobody_either(self, named: Path, capsys: Capture) -> None:
        for arguments in ((), ("--json",)):
            text = run_here(capsys, "report", str(named), "--anonymous", *arguments).out.lower()
            assert [word for word in NEVER if word in text] == []

    def test_it_says_what_was_left_out_and_what_is_still_told(
        self, named: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        outcome = run_here(capsys, "report", str(named), "-o", f"{tmp_path}/site/", "--anonymous")
        left_out, _, told = outcome.out.partition("Left out:\n")[2].partition("Still told:\n")
        assert "  notes (1 place)" in left_out.splitlines()
        assert any(line.startswith("  host names (") for line in left_out.splitlines())
        assert "  processor: Test CPU" in told.splitlines()
        assert any("challenge in its owner's words" in line for line in told.splitlines())

    def test_what_is_told_is_not_a_fixed_sentence(self, tmp_path: Path, capsys: Capture) -> None:
        save(result(verified(), challenge="0" * 32), tmp_path / "a.json")
        document = run_here(capsys, "report", str(tmp_path / "a.json"), "--anonymous", "--json").document
        told = {one["what"] for one in document["anonymous"]["still_told"]}
        assert "processor" in told
        assert not {"virtual machine", "container", "slot on the bus"} & told

    def test_folders_of_whoever_publishes_stay_out_of_the_document(
        self, named: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        targets = ("-o", f"{tmp_path}/canarysite/x/", "-o", str(tmp_path / "x.csv"))
        (tmp_path / "canarysite").mkdir()
        document = run_here(capsys, "report", str(named), *targets, "--anonymous", "--json").document
        assert document["files"] == ["x.csv"]
        assert document["site"]["folder"] == "x"
        assert "canary" not in json.dumps(document).lower()
        assert os.path.isfile(tmp_path / "canarysite" / "x" / "index.html")
