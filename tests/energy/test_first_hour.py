"""The first hour with a meter, on a tree whose counter runs and a file that a plug would write, in seconds."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hashwatt.bench.energy.meter import Counter, MeterFound, MeterInfo, Reading
from tests.bench.energy.meters.trees import machine, rapl_zone
from tests.bench.energy.readings import PLAIN

from . import first_hour
from .hour_steps import Asked, NothingToDo, idle, load_threads, meters, movement, sampler_cost, steps_of

PACKAGE_W, WALL_W = 40.0, 61.5


@contextmanager
def running(root: Path, wall: Path) -> Iterator[None]:
    """A package that draws 40 W by its counter, and a file that says 61.5 W again and again."""
    zone, over = rapl_zone(root, "intel-rapl:0", "package-0"), threading.Event()
    began = time.monotonic()

    def count() -> None:
        while not over.wait(0.01):
            beside = zone.folder / "energy_uj.new"
            beside.write_text(f"{round((time.monotonic() - began) * PACKAGE_W * 1e6)}\n")
            beside.replace(zone.folder / "energy_uj")
            wall.with_suffix(".new").write_text(f"{WALL_W} W\n")
            wall.with_suffix(".new").replace(wall)

    counting = threading.Thread(target=count, daemon=True)
    counting.start()
    try:
        time.sleep(0.1)
        yield
    finally:
        over.set()
        counting.join()


def hour(output: Path, *options: str) -> tuple[int, dict[str, Any]]:
    code = first_hour.main(["-o", str(output), *options])
    return code, json.loads(output.read_text()) if output.exists() else {}


@pytest.fixture(autouse=True)
def no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    # `--root` sets it for this process, too; afterwards it is as it was.
    monkeypatch.setenv("HASHWATT_ROOT", "")


# Slow: it races kernels and measures each of the processor's loads, half a minute on two quiet cores.
@pytest.mark.slow
def test_all_steps_on_a_machine_with_a_counter_and_a_plug(tmp_path: Path) -> None:
    report = hour_with_meters(tmp_path)
    kernels = {step["name"]: step for step in report["steps"]}["two kernels"]["facts"]["kernels"]
    assert len({one["kernel"] for one in kernels}) == len(kernels) == 2


def test_what_the_meters_do(tmp_path: Path) -> None:
    report = hour_with_meters(tmp_path, "--only", "counter steps", "--only", "sampler cost", "--only", "idle")
    assert [step["name"] for step in report["steps"]] == ["meters", "counter steps", "sampler cost", "idle"]


def hour_with_meters(tmp_path: Path, *only: str) -> dict[str, Any]:
    """The hour's report on a machine with a counter and a plug, held against what they were made to do."""
    root, wall = machine(tmp_path / "root"), tmp_path / "wall.txt"
    with running(root, wall):
        code, report = hour(
            tmp_path / "hour.json", "-t", "1", "--root", str(root), "--meter", f"file+wall:{wall}", "--limit", "100",
            *only,
        )  # fmt: skip
    steps = {step["name"]: step for step in report["steps"]}
    assert {name: (step["status"], step["reason"]) for name, step in steps.items()} == dict.fromkeys(
        steps, ("done", None)
    )
    assert code == 0
    assert only or list(steps)[:5] == ["meters", "counter steps", "sampler cost", "idle", "load steps"]
    found = {meter["id"]: meter for meter in steps["meters"]["facts"]["found"]}
    package, plug = "rapl:package", next(name for name in found if name.startswith("file"))
    assert (found[package]["covers_the_processor"], found[plug]["scope"]) == ("the device", "wall")
    moved = steps["counter steps"]["facts"][package]["counters"][0]
    assert moved["changes"] > 3
    assert 0 < moved["smallest_change"] < 40
    assert steps["sampler cost"]["facts"][package]["readings"] > 1
    assert steps["idle"]["facts"][package]["power_w"] == pytest.approx(PACKAGE_W, rel=0.3)
    for step in steps["load steps"]["facts"]["steps"] if "load steps" in steps else ():
        assert step["status"] == "measured"
        assert step["meters"][plug]["power_w"] == pytest.approx(WALL_W, rel=0.01)
        told = step["meters"][package]
        assert told["energy"]["low"] <= told["energy"]["value"] <= told["energy"]["high"]
        # Joules ÷ work, as the run says it: nothing is reckoned twice.
        assert told["energy"]["value"] == pytest.approx(1e12 * PACKAGE_W / step["rate_per_s"], rel=0.5)
    assert report["foreign_root"] == str(root)
    return report


def test_a_machine_without_sensors_is_told_so_step_by_step(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, report = hour(tmp_path / "hour.json", "-t", "1", "--root", str(machine(tmp_path / "root")))
    assert code == 1
    assert [step["status"] for step in report["steps"]] == ["nothing to do"] * 6
    assert "no energy source" in report["steps"][0]["reason"]
    assert report["machine"]["python"]
    assert capfd.readouterr().out.count("nothing to do") == 6


def test_a_step_that_hangs_is_cut_off_and_the_others_go_on(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("a command of POSIX")
    code, report = hour(
        tmp_path / "hour.json", "-t", "1", "--root", str(machine(tmp_path / "root")), "--meter", "exec:sleep 60",
        "--limit", "1",
    )  # fmt: skip
    assert code == 1
    assert {step["status"] for step in report["steps"]} <= {"out of time", "failed"}
    assert all(step["seconds"] < 60 for step in report["steps"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-t", "0"], "no time for a measurement"),
        (["--limit", "nan"], "no time for a step"),
        (["--root", "/nowhere/at/all"], "HASHWATT_ROOT names no folder"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(
    options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = hour(tmp_path / "hour.json", *options)
    assert (code, report) == (2, {})
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_no_file_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "hour.json"
    output.write_text("{}")
    assert first_hour.main(["-o", str(output)]) == 2
    assert output.read_text() == "{}"
    assert "exists already" in capsys.readouterr().err


class Stepping:
    """A meter whose counter steps by 0.5 J every 20 ms, and whose watts never change."""

    info: MeterInfo = PLAIN

    def read(self) -> Reading:
        return Reading((time.perf_counter() // 0.02 * 0.5,), 25.0)

    def close(self) -> None:
        """Nothing is held."""


def test_steps_and_ages_are_those_of_the_meter() -> None:
    info = MeterInfo(
        id="x", name="x", scope="package", coverage=PLAIN.coverage, update_s=0.1, bound_source="us",
        counters=(Counter("it", 1e-3, 1e3),), power_step_w=0.1,
    )  # fmt: skip
    facts = steps_of(MeterFound(info, Stepping), 1.0)
    (counter,) = facts["counters"]
    assert counter["smallest_change"] == pytest.approx(0.5)
    assert counter["stated_step_j"] == 1e-3
    # Another program may have the core for a while: never less than the meter's own step, and rarely much more.
    assert 0.015 < counter["median_s_between_changes"] < 0.5
    assert facts["watts"]["changes"] == 0
    assert facts["failed"] == 0


def test_movement_of_nothing_is_nothing() -> None:
    assert movement([]) == movement([(0.0, 1.0), (1.0, None)])
    assert movement([])["smallest_change"] is None


def test_load_goes_from_one_thread_to_all() -> None:
    assert [load_threads(cpus) for cpus in (1, 2, 3, 16)] == [[1], [1, 2], [1, 3], [1, 8, 16]]


@pytest.mark.parametrize("step", [meters, idle, sampler_cost])
def test_without_a_meter_a_step_says_why(step: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHWATT_ROOT", str(machine(tmp_path)))
    with pytest.raises(NothingToDo, match="no energy source"):
        step(Asked((), 1.0, ()))
