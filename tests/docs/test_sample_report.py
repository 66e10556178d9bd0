"""The sample report is a real one: the raw results in it verify."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import hashwatt

SAMPLE = Path(__file__).parents[2] / "docs" / "sample-report"


def test_the_sample_report_s_raw_results_verify(tmp_path: Path) -> None:
    page = (SAMPLE / "report.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'href="data:application/zip;base64,([^"]*)"', page)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as file:
        file.extractall(tmp_path)
    results = list(tmp_path.glob("*.json"))
    assert results
    assert all(hashwatt.verify(path).ok for path in results)


def test_its_picture_is_there() -> None:
    assert (SAMPLE / "page.png").read_bytes().startswith(b"\x89PNG")
