"""Races are remembered on disk, and nothing that stands there can do harm."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hashwatt.kernels.device import NO_ANSWER, STARVED, Candidate
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.setting import Tuning
from hashwatt.kernels.opencl.tuning import cache as memory
from hashwatt.kernels.opencl.tuning.cache import Key, recall, remember
from hashwatt.kernels.opencl.tuning.tuner import NOT_YET, Outcome

from .devices import open_here

KEY = Key("a device", "a driver", 2)
OUTCOME = Outcome(
    Tuning(Variant(16, "shift", "shared", "scheduled"), 64, 1),
    36.5e6,
    (Candidate("opencl-x16", 36.5e6, 1.2), Candidate("opencl-x1", None, None, "its compiler refuses the kernel")),
    (Tuning(Variant(8), 64, 1), Tuning(Variant(4), 256, 1, refined=True)),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / memory.FOLDER
    folder.mkdir()
    monkeypatch.setattr(memory, "cache_folder", lambda *_: folder)
    return folder


def test_a_race_is_recalled_for_the_same_device_driver_and_generator() -> None:
    assert recall(KEY) is None
    remember(KEY, OUTCOME)
    assert recall(KEY) == OUTCOME
    assert recall(Key("a device", "a newer driver", 2)) is None


def test_an_edited_generator_races_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(KEY, OUTCOME)
    monkeypatch.setattr(memory, "generator_sha256", lambda: "another")
    assert recall(KEY) is None


def test_a_later_race_replaces_an_earlier_one() -> None:
    remember(KEY, replace(OUTCOME, hashrate_hs=1e6))
    remember(KEY, OUTCOME)
    assert recall(KEY) == OUTCOME


@pytest.mark.own_process
def test_retuning_races_although_a_race_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    races: list[Outcome] = []

    def run(*_: object) -> Outcome:
        races.append(Outcome(Tuning(Variant(4), 64, 1), 1e6, OUTCOME.candidates))
        return races[-1]

    monkeypatch.setattr("hashwatt.kernels.opencl.raced.Race.run", run)
    for retune in (False, False, True):
        device = open_here(retune=retune)
        device.prepare(Job((bytes(PREFIX_BYTES),), target=1))
        device.close()
    assert len(races) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        "\x00\xff",
        '{"key": {"device": "a device", "driver": "a driver", "compute_units": 2}}',
    ],
)
def test_a_damaged_file_is_as_good_as_none(folder: Path, text: str) -> None:
    remember(KEY, OUTCOME)
    (file,) = folder.iterdir()
    file.write_text(text, encoding="latin-1")
    assert recall(KEY) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"refined": true', '"refined": 1'),
        ('"local_size": 1', '"local_size": 0'),
        ('"local_size": 1', '"local_size": 1e9'),
        ('"vectors_per_item": 64', '"vectors_per_item": "64"'),
        ("x16-shift", "x17-shift"),
        ("36500000.0", "NaN"),
        ("36500000.0", "-1"),
        ("36500000.0", "9" * 400),
        ('"compile_s": 1.2', '"compile_s": "soon"'),
    ],
)
def test_an_odd_value_is_as_good_as_none(folder: Path, before: str, after: str) -> None:
    remember(KEY, OUTCOME)
    (file,) = folder.iterdir()
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    assert recall(KEY) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_in_a_file_s_place_is_not_waited_for(folder: Path) -> None:
    remember(KEY, OUTCOME)
    (file,) = folder.iterdir()
    file.unlink()
    os.mkfifo(file)
    assert recall(KEY) is None
    remember(KEY, OUTCOME)
    assert recall(KEY) == OUTCOME


def test_a_cache_that_cannot_be_written_is_not_missed(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    remember(KEY, OUTCOME)
    assert recall(KEY) is None


HUNG = replace(
    OUTCOME,
    candidates=(
        Candidate("opencl-x4", 1e6, 1.2),
        Candidate("opencl-x16", None, None, f"the process that tried it {NO_ANSWER} 20 s"),
        Candidate("opencl-x8", None, None, "the process that tried it died (signal SIGSEGV)"),
    ),
)


@pytest.mark.parametrize("later_s", [0.0, 6 * 86_400.0])
def test_a_kernel_that_hung_is_left_out_for_a_week(later_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(KEY, HUNG)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + later_s)
    assert recall(KEY) == HUNG


@pytest.mark.parametrize("later_s", [8 * 86_400.0, -86_400.0])
def test_after_a_week_or_by_a_clock_that_was_set_back_a_kernel_that_hung_gets_a_second_chance(
    later_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(KEY, HUNG)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + later_s)
    outcome = recall(KEY)
    assert outcome is not None
    assert outcome.likelier == ("opencl-x16",)
    assert [one.reason for one in outcome.candidates] == [None, NOT_YET, HUNG.candidates[2].reason], "what died, does"


def test_a_kernel_whose_process_was_starved_is_not_known_to_fail() -> None:
    reason = f"the process that tried it {NO_ANSWER} 20 s{STARVED}"
    assert replace(OUTCOME, candidates=(Candidate("opencl-x16", None, None, reason),)).failures == {}
