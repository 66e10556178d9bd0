"""The commands of docs/publishing.md, the page's and its workflow's, make the site that the page describes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.reports.anonymous.rules import LEFT_OUT
from hashwatt.reports.site.folder import ALLOWED, MANIFEST
from hashwatt.reports.site.pages import MOST_BYTES, MOST_ROWS
from hashwatt.reports.site.standings import FEWEST_OTHERS
from tests.cli.terminal import run_here
from tests.reports.factory import showcase

PAGE = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = msgspec.yaml.decode(re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0])


def commands() -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    for step in WORKFLOW["jobs"]["site"]["steps"]:
        if str(step.get("run", "")).startswith("hashwatt "):
            yield step["run"]


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_a_command_makes_the_site(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results").mkdir()
    for number, one in enumerate(showcase()):
        save(one, tmp_path / "results" / f"{number}.json")
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(command)
    assert program == "hashwatt"
    assert run_here(capsys, *arguments).code == 0
    published = WORKFLOW["jobs"]["site"]["steps"][-2]["with"]["path"]
    assert sorted(path.name for path in (tmp_path / published).iterdir()) == sorted(
        ["device", MANIFEST, "index.html", "raw", "result", "script.js", "style.css"]
    )


def test_there_is_a_command_of_the_page_and_of_the_workflow() -> None:
    assert len(list(commands())) == 2
    assert WORKFLOW["permissions"] == {"pages": "write", "id-token": "write", "contents": "read"}


def test_its_figures_are_those_of_the_code() -> None:
    assert f"More than {MOST_ROWS:,} rows (or {MOST_BYTES / 1e6:.2f} MB)" in PAGE
    assert f"Below {FEWEST_OTHERS} others" in PAGE
    assert MANIFEST in PAGE
    assert all(f"`{name}`" in PAGE for name in ALLOWED)
    assert len(LEFT_OUT) < 60
