"""`hashwatt workloads` lists what can be measured, and `run --workload` measures it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import hashwatt.bench.api
from hashwatt.kernels.workloads.quantity import Quantity
from hashwatt.kernels.workloads.registry import workload_names
from hashwatt.kernels.workloads.stream.workload import Stream

from ..terminal import run_here

Capture = pytest.CaptureFixture[str]


def test_every_workload_is_listed_with_what_it_counts(capsys: Capture) -> None:
    outcome = run_here(capsys, "workloads")
    assert outcome.code == 0
    for name in workload_names():
        assert name in outcome.out


def test_the_document_has_a_line_for_each(capsys: Capture) -> None:
    document = json.loads(run_here(capsys, "workloads", "--json").out)
    assert document["workloads"][:2] == [
        {"name": "sha256d", "unit": "hash", "evidence": "shares", "binds": "logic"},
        {"name": "stream", "unit": "byte", "evidence": "checked", "binds": "memory"},
    ]


def test_another_distributions_words_are_shown_harmlessly(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    class Hostile(Stream):
        name = "evil"
        summary = "\x1b[31mred [bold]and bold"
        quantity = Quantity("x\u202e", "x\u202e", "x/s", "rate", 1.0, "J/x", 1.0, "x/J")

    monkeypatch.setattr(hashwatt.bench.api, "workloads", lambda: [Hostile()])
    out = run_here(capsys, "workloads").out
    assert "[bold]" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def run(_devices: object, **options: Any) -> None:
        calls.append(options["workloads"])
        raise hashwatt.InputError("enough seen")

    monkeypatch.setattr(hashwatt.bench.api, "run", run)
    return calls


@pytest.mark.parametrize(
    ("arguments", "workloads"),
    [((), None), (("--workload", "stream"), ["stream"]), (("--workload", "a", "--workload", "b"), ["a", "b"])],
)
def test_run_is_asked_for_the_workloads_that_are_named(
    arguments: tuple[str, ...], workloads: list[str] | None, asked: list[Any], capsys: Capture
) -> None:
    run_here(capsys, "run", *arguments)
    assert asked == [workloads]


def test_an_unknown_workload_is_bad_input_and_names_those_there_are(capsys: Capture) -> None:
    outcome = run_here(capsys, "run", "--workload", "nonsense", "-d", "cpu")
    assert outcome.code == 2
    assert "there is no workload 'nonsense'; there are sha256d, stream" in outcome.err
