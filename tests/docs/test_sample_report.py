"""The sample report is a real one: it links to raw results beside it, and these verify."""

from __future__ import annotations

import re
from pathlib import Path

import hashwatt

SAMPLE = Path(__file__).parents[2] / "docs" / "sample-report"


def test_the_raw_results_that_the_sample_report_links_to_verify() -> None:
    page = (SAMPLE / "report.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="\./([^"]+\.json)">', page)
    assert sorted(links) == sorted(path.name for path in SAMPLE.glob("*.json"))
    assert links
    assert all(hashwatt.verify(SAMPLE / link).ok for link in links)


def test_the_sample_report_is_what_its_results_make_today(tmp_path: Path) -> None:
    """Its figures at least: no sample of an older version's page is left."""
    page = (SAMPLE / "report.html").read_text(encoding="utf-8")
    for line in re.findall(r'data-value="([\d.]+)" data-label="([^"]+)"', made_anew(tmp_path)):
        assert f'data-value="{line[0]}" data-label="{line[1]}"' in page


def made_anew(folder: Path) -> str:
    """The page made anew."""
    hashwatt.report(SAMPLE, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def test_its_picture_is_there() -> None:
    assert (SAMPLE / "page.png").read_bytes().startswith(b"\x89PNG")
