"""The first hour keeps what it has learnt, whatever hangs, crashes or is not there."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .first_hour import Hour, Step, choose, first_hour, worked
from .pipes import FORMS, MIXES, right_answers, source
from .wheels import commands, requirements

CARD = {"id": "opencl:0", "backend": "opencl", "kind": "gpu", "available": True, "name": "A card"}
CUDA = {"id": "cuda:0", "backend": "cuda", "kind": "gpu", "available": True, "name": "A card (CUDA)"}
CPU = {"id": "opencl:0", "backend": "opencl", "kind": "cpu", "available": True, "name": "PoCL"}
TWO_ANSWERS = """
import time
print('{"rows": [1]}', flush=True)
print('{"rows": [1, 2]}', flush=True)
print('{"rows": [1, 2', end="", flush=True)
time.sleep(60)
"""
NONE = {"backend": "cuda", "available": False, "reason": "no NVIDIA driver is here"}


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def saying(answer: Any) -> list[str]:
    return python(f"print({json.dumps(answer)!r})")


def step(name: str, command: list[str], limit_s: float = 30, needs_device: bool = False) -> Step:
    return Step(name, limit_s, lambda hour: command, needs_device)


def run(tmp_path: Path, *steps: Step, total_s: float = 60) -> tuple[Hour, dict[str, dict[str, Any]]]:
    hour = first_hour(tmp_path / "out", total_s=total_s, steps=steps)
    kept = json.loads((tmp_path / "out" / "results.json").read_text())
    return hour, {one["name"]: one for one in kept["steps"]}


def test_each_answer_is_kept_and_what_fails_costs_itself_only(tmp_path: Path) -> None:
    sleeping = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    started = time.monotonic()
    _, steps = run(
        tmp_path,
        step("devices", saying({"devices": [CARD]})),
        step("good", saying({"rate": 1})),
        step("hangs with a process of its own", python(sleeping), limit_s=4),
        step("crashes", python("import os; os.abort()")),
        step("complains", python("import sys; sys.exit('no such card')")),
        step("is no JSON", python("print('hello')")),
        step("is not there", ["/nowhere/python"]),
        step("last", saying({"rate": 2}), needs_device=True),
    )
    assert time.monotonic() - started < 50
    assert {name: one["status"] for name, one in steps.items()} == {
        "devices": "done",
        "good": "done",
        "hangs with a process of its own": "timed out",
        "crashes": "failed",
        "complains": "failed",
        "is no JSON": "failed",
        "is not there": "failed",
        "last": "done",
    }
    assert "no such card" in steps["complains"]["why"]
    assert "hello" in steps["is no JSON"]["why"]
    assert steps["good"]["answer"] == {"rate": 1}


def test_without_a_device_what_needs_none_is_answered_and_the_reasons_are_kept(tmp_path: Path) -> None:
    hour, steps = run(
        tmp_path,
        step("devices", saying({"devices": [NONE, CPU]})),
        step("run", saying({}), needs_device=True),
        step("machine", saying({"python": "3"})),
    )
    assert steps["devices"]["status"] == "failed"
    assert "no NVIDIA driver is here" in steps["devices"]["why"]
    assert steps["run"]["status"] == "skipped"
    assert steps["machine"]["status"] == "done"
    assert not worked(hour)


def test_no_step_begins_when_the_time_is_up(tmp_path: Path) -> None:
    _, steps = run(tmp_path, step("slow", python("import time; time.sleep(30)")), step("late", saying({})), total_s=5)
    assert steps["slow"]["status"] == "timed out"
    assert steps["late"]["status"] == "skipped"
    assert steps["late"]["why"] == "no time was left"


def test_every_further_kind_of_work_gets_a_step_of_its_own(tmp_path: Path) -> None:
    listed = {"workloads": [{"name": "sha256d"}, {"name": "stream"}, {"name": "other"}]}
    _, steps = run(tmp_path, step("workloads", saying(listed)))
    assert {name: one["why"] for name, one in steps.items() if "why" in one} == {
        "workload stream": "there is no device to ask",
        "workload other": "there is no device to ask",
    }


def test_what_a_step_has_said_before_it_hangs_is_kept(tmp_path: Path) -> None:
    _, steps = run(tmp_path, step("two of three", python(TWO_ANSWERS), limit_s=4))
    assert steps["two of three"]["status"] == "timed out"
    assert steps["two of three"]["so_far"] == {"rows": [1, 2]}


@pytest.mark.parametrize(
    ("devices", "as_if", "wanted"),
    [
        ([CPU | {"id": "opencl:1"}, CARD, CUDA], None, ("OpenCL", "opencl:0")),
        ([CPU, CUDA], None, ("CUDA, since no OpenCL platform shows the card", "cuda:0")),
        ([CPU], "opencl:0", ("as if", "opencl:0")),
    ],
    ids=["OpenCL", "no OpenCL", "rehearsal"],
)
def test_the_card_is_taken_by_opencl_else_by_cuda(
    devices: list[dict[str, Any]], as_if: str | None, wanted: tuple[str, str]
) -> None:
    path, device = choose({"devices": devices}, as_if)
    assert (path, device["id"]) == wanted


@pytest.mark.parametrize("mix", MIXES, ids="-".join)
def test_a_stream_of_a_pipe_is_what_numpy_computes(mix: list[str]) -> None:
    """Each line of the source, read as Python over words of 32 bits."""
    items, turns = 3, 2
    lines = [line.strip() for line in source(mix).splitlines() if line.startswith("        x")]
    for item in range(items):
        names: dict[str, Any] = {"bits": 7, "factor": 3, "large": 0x80000001}
        names["rotate"] = lambda x, n: ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF
        names["mul_hi"] = lambda x, y: x * y >> 32
        names |= {f"x{chain}": (item * 0x9E3779B9 + chain) & 0xFFFFFFFF for chain in range(8)}
        for _ in range(turns):
            for line in lines:
                name, _, formula = line.rstrip(";").partition(" = ")
                names[name] = eval(formula, names) & 0xFFFFFFFF
        total = 0
        for chain in range(8):
            total += names[f"x{chain}"]
        assert int(right_answers(mix, items, turns)[item]) == total & 0xFFFFFFFF


def test_no_stream_comes_to_rest() -> None:
    """A stream whose words have all become zero could be computed by nobody, and still be fast."""
    for kind in set(FORMS) - {"mul_hi"}:
        assert len(np.unique(right_answers([kind], 64, 20))) > 32, kind


def test_wheels_are_collected_for_cuda_and_the_other_machines_python() -> None:
    assert any(one.startswith("cuda-core") for one in requirements())
    download, wheel = commands(Path("wheels"), "3.12", "x86_64")
    assert "--python-version=3.12" in download
    assert "--platform=manylinux_2_28_x86_64" in download
    assert wheel[-1].endswith(str(Path(__file__).resolve().parents[2]))
