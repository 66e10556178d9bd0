"""How long a page of many results takes to make, from the files on."""

from __future__ import annotations

import time
from pathlib import Path

from hashwatt.bench.result.file import save
from hashwatt.reports.collect.gather import gather
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for
from tests.reports.factory import many_results

MOST_S = 4.0


def test_a_page_of_200_results_takes_4_s_of_a_cpu(tmp_path: Path) -> None:
    """Reading, checking 300 shares of each, and drawing; this process's own time, which others do not take."""
    for number, one in enumerate(many_results(200)):
        save(one, tmp_path / f"{number}.json")
    format_for("x.html").render(report_on(gather([tmp_path / "0.json"])))  # what is loaded once
    started = time.process_time()
    page = format_for("x.html").render(report_on(gather([tmp_path])))
    worked_s = time.process_time() - started
    print(f"{worked_s:.2f} s of a CPU, {len(page) / 1e6:.2f} MB")
    assert worked_s <= MOST_S
