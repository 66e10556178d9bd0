"""Progress where stderr is no terminal."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from hashwatt.cli.live.fleet_progress import Lines as FleetLines
from hashwatt.cli.live.progress import Bar, Lines


def told(capsys: pytest.CaptureFixture[str], *stages: str) -> list[str]:
    lines = Lines(iter(range(100)).__next__)
    for stage in stages:
        device, _, text = stage.partition(": ")
        lines.stage(device, text, None)
        lines.advance(1.0, 1.0)
    shown = [line.split(" s  ", 1) for line in capsys.readouterr().err.splitlines()]
    assert [int(seconds) for seconds, _ in shown] == [*range(1, len(shown) + 1)], "each has the time that has passed"
    return [line for _, line in shown]


def test_of_what_comes_in_rounds_a_log_names_the_first_of_each_device(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = ["a: warming up", "a: sampling, round 1 of 6", "b: warming up", "b: sampling, round 1 of 6"]
    more = ["a: warming up, round 2 of 6", "a: sampling, round 2 of 6", "b: sampling, round 2 of 6"]
    assert told(capsys, *rounds, *more, "a: measuring its roof") == [*rounds, "a: measuring its roof"]


def test_what_is_new_about_a_round_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    news = "a: sampling (the rate has two levels), round 3 of 6"
    assert told(capsys, "a: sampling, round 1 of 6", news, news.replace("3", "4")) == [
        "a: sampling, round 1 of 6",
        news,
    ]


def test_the_rounds_of_the_next_work_are_named_again(capsys: pytest.CaptureFixture[str]) -> None:
    work = ["a: opening", "a: warming up", "a: sampling, round 1 of 6"]
    assert told(capsys, *work, *work) == [*work, *work]


def test_a_log_says_at_the_end_of_a_line_how_long_the_whole_will_take(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(lambda: 0.0)
    for time in ("0:01 of about 2:40", "0:03 of about 2:40"):
        # The same stage again is no news.
        lines.outlook(time)
        lines.stage("a", "sampling, round 1 of 6", None)
    assert capsys.readouterr().err.splitlines() == ["  0 s  a: sampling, round 1 of 6 (0:01 of about 2:40)"]


def test_a_bar_says_it_in_front_where_no_window_cuts_it_off() -> None:
    bar = Bar()
    try:
        bar.outlook("0:01 of about 2:40")
        bar.stage("a", "sampling", 1.0)
        assert bar._progress is not None
        assert [task.description for task in bar._progress.tasks] == ["0:01 of about 2:40 · a: sampling"]
    finally:
        bar.done()


def test_a_bar_shows_the_time_of_its_stage_within_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    bar = Bar()
    bar.stage("opencl:0", "sampling, round 12 of 12", 10.0, "hash")
    bar.advance(3.0, 123.4e6)
    assert bar._progress is not None
    console = Console(file=io.StringIO(), width=80)
    console.print(bar._progress.get_renderable())
    bar.done()
    assert isinstance(console.file, io.StringIO)
    (line,) = console.file.getvalue().splitlines()
    assert re.search(r"round 12 of 12 .* 123\.4 MH/s 0:00:0\d ", line)
    assert "…" not in line


def test_a_fleet_s_log_has_the_time_that_has_passed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = FleetLines(iter([0.0, 1.0, 75.0]).__next__)
    lines.begin(2, 0)
    lines.told("ana", "sampling, round 1 of 6")
    lines.told("ana", "sampling, round 2 of 6")
    lines.told("bob", "warming up")
    assert capsys.readouterr().err.splitlines()[1:] == ["  1 s  ana: sampling, round 1 of 6", " 75 s  bob: warming up"]
