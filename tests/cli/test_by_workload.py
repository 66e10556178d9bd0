"""Times and sizes on the command line, for all workloads or by name."""

from __future__ import annotations

from typing import Any

import click
import pytest

import hashwatt.bench.api
from hashwatt.cli.by_workload import seconds_by_name, sizes_by_name

from .terminal import run_here

Capture = pytest.CaptureFixture[str]


def test_a_time_is_for_all_or_for_those_that_are_named() -> None:
    assert seconds_by_name(()) is None
    assert seconds_by_name(("2.5",)) == 2.5
    assert seconds_by_name(("stream=1", "peak=0.5")) == {"stream": 1.0, "peak": 0.5}
    # Of all work, and of some of it another one, in any order.
    assert seconds_by_name(("1", "stream=5")) == seconds_by_name(("stream=5", "1")) == {"": 1.0, "stream": 5.0}


@pytest.mark.parametrize("texts", [("soon",), ("stream=soon",), ("1", "2"), ("",), ("=5",)])
def test_what_is_no_time_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(click.BadParameter, match=r"is no time|two times"):
        seconds_by_name(texts)


def test_a_second_value_for_the_same_workload_is_refused() -> None:
    with pytest.raises(click.BadParameter, match="two times"):
        seconds_by_name(("stream=1", "stream=2"))
    with pytest.raises(click.BadParameter, match="two sizes"):
        sizes_by_name(("stream=1GiB", "stream=2GiB"))


def test_a_size_is_kept_as_it_was_written() -> None:
    assert sizes_by_name(()) is None
    assert sizes_by_name(("stream=1GiB", "gemm=7")) == {"stream": "1GiB", "gemm": "7"}
    for text in ("1GiB", "=1", "stream="):
        with pytest.raises(click.BadParameter, match="NAME=N"):
            sizes_by_name((text,))


def test_run_is_asked_for_them(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    calls: list[Any] = []

    def run(_devices: object, **options: Any) -> None:
        calls.append((options["suite"], options["sizes"], options["seconds"]))
        raise hashwatt.InputError("enough seen")

    monkeypatch.setattr(hashwatt.bench.api, "run", run)
    run_here(capsys, "run", "--suite", "--size", "stream=1GiB", "-t", "peak=2")
    run_here(capsys, "run", "-t", "3")
    run_here(capsys, "run", "-t", "1", "-t", "stream=5")
    assert calls == [
        (True, {"stream": "1GiB"}, {"peak": 2.0}),
        (False, None, 3.0),
        (False, None, {"": 1.0, "stream": 5.0}),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-t", "soon"), "'soon' is no time"),
        (("-t", "1_0"), "'1_0' is no time"),
        (("-t", "stream=٧"), "'stream=٧' is no time"),
        (("--size", "stream"), "'stream' is no NAME=N"),
        (("--size", "stream=huge", "--workload", "stream"), "'huge' is no size for stream"),
        (("--suite", "-t", "nothing=3"), "'nothing' is not measured here"),
        (("--suite", "-t", "stream=0"), "sampling takes 0.5 s"),
    ],
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], words: str, capsys: Capture) -> None:
    outcome = run_here(capsys, "run", *arguments)
    assert outcome.code == 2
    assert words in outcome.err
