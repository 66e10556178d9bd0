"""What the first hour asks of kernels: a check that costs the device its process costs no other check."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hashwatt.kernels.device import Found
from hashwatt.kernels.errors import DeviceCrashed
from hashwatt.kernels.fakes.device import find

from ..kernels import conformance
from ..kernels.conformance import Subject
from .questions import kernels


def test_after_a_crash_the_next_check_gets_a_device_that_lives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = next(one for one in find() if isinstance(one, Found) and one.info.id.endswith("steady"))
    seen: list[Subject] = []

    def crashes(subject: Subject) -> None:
        seen.append(subject)
        raise DeviceCrashed("its process died")

    def is_well(subject: Subject) -> None:
        seen.append(subject)

    monkeypatch.setattr(kernels, "device_of", lambda _: replace(steady, isolate=True))
    monkeypatch.setattr(conformance, "CHECKS", (crashes, is_well, is_well))
    kernels.conformance("fake:steady")
    first, second, third = (subject.device for subject in seen)
    assert {subject.interrupted_s for subject in seen} == {conformance.WORKER_S}, "a worker ends the scan it began"
    assert first is not second
    assert second is third
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row.get("why") for row in told["checks"]] == ["DeviceCrashed: its process died", None, None]
    assert told["of"] == 3


@pytest.mark.parametrize(("backend", "widths"), [("cuda", {"x1"}), ("opencl", {"x1", "x2"})])
def test_only_kernels_that_the_way_to_the_card_has_a_form_of_are_asked(
    backend: str, widths: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = next(one for one in find() if isinstance(one, Found) and one.info.id.endswith("steady"))
    card = replace(steady, info=replace(steady.info, backend=backend, kind="gpu"))
    monkeypatch.setattr(kernels, "device_of", lambda _: card)
    monkeypatch.setattr(kernels, "_one_variant", lambda found, name: {"best_hs": 1.0})
    kernels.variants("cuda:0", "60")
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["variants"]
    assert {row["name"].partition("-")[0] for row in rows} >= widths
    assert (backend == "cuda") == all(row["name"].startswith("x1-") for row in rows)


def test_the_fastest_kernels_are_told_first_when_the_time_ends_before_the_kernels_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock_s = [0.0]

    def ten_seconds(found: object, name: str) -> dict[str, float]:
        clock_s[0] += 10
        return {"best_hs": clock_s[0]}

    monkeypatch.setattr(kernels, "device_of", lambda _: next(one for one in find() if isinstance(one, Found)))
    monkeypatch.setattr(kernels, "_one_variant", ten_seconds)
    monkeypatch.setattr(kernels, "time", SimpleNamespace(monotonic=lambda: clock_s[0]))
    kernels.variants("fake:steady", "25")
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["variants"]
    assert [row["best_hs"] for row in rows[:3]] == [30, 20, 10]
    assert {row["why"] for row in rows[3:]} == {"no time was left"}
