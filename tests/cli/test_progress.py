"""Progress where stderr is no terminal."""

from __future__ import annotations

import pytest

from hashwatt.cli.progress import Lines


def told(capsys: pytest.CaptureFixture[str], *stages: str) -> list[str]:
    lines = Lines()
    for stage in stages:
        device, _, text = stage.partition(": ")
        lines.stage(device, text, None)
        lines.advance(1.0, 1.0)
    return capsys.readouterr().err.splitlines()


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
