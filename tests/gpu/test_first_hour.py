"""The first hour keeps what it has learnt, whatever hangs, crashes or is not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from .carried import ROOT, Carried, wheels_in
from .first_hour import TOTAL_S, choose, ended_from_outside, first_hour, worked
from .hour import Hour
from .pipes import FORMS, MIXES, right_answers, source
from .plan import NOTHING, STEPS, Step, measured, verified

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


def step(name: str, command: list[str], limit_s: float = 30, of: str = NOTHING, **more: Any) -> Step:
    return Step(name, limit_s, lambda hour: command, of, **more)


def run(tmp_path: Path, *steps: Step, total_s: float = 60, **more: Any) -> tuple[Hour, dict[str, dict[str, Any]]]:
    hour = first_hour(tmp_path / "out", total_s=total_s, steps=steps, state=tmp_path / "state", **more)
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
        step("last", saying({"rate": 2}), of="device"),
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
    assert steps["hangs with a process of its own"]["why"] == "no answer within 4 s"
    assert steps["good"]["answer"] == {"rate": 1}


def test_without_a_device_what_needs_none_is_answered_and_the_reasons_are_kept(tmp_path: Path) -> None:
    hour, steps = run(
        tmp_path,
        step("devices", saying({"devices": [NONE, CPU]})),
        step("run", saying({}), of="device"),
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


def test_what_a_step_has_said_before_it_hangs_is_kept(tmp_path: Path) -> None:
    _, steps = run(tmp_path, step("two of three", python(TWO_ANSWERS), limit_s=4))
    assert steps["two of three"]["status"] == "timed out"
    assert steps["two of three"]["so_far"] == {"rows": [1, 2]}


def test_a_step_whose_time_is_up_may_still_say_what_it_has(tmp_path: Path) -> None:
    says = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('[1]'))); time.sleep(60)"
    _, steps = run(tmp_path, step("interrupted", python(says), limit_s=4))
    assert (steps["interrupted"]["status"], steps["interrupted"]["so_far"]) == ("timed out", [1])


@pytest.mark.parametrize(
    ("devices", "as_if", "wanted"),
    [
        ([CPU | {"id": "opencl:1"}, CARD, CUDA], None, ("OpenCL", "opencl:0", "cuda:0")),
        ([CARD, NONE], None, ("OpenCL", "opencl:0", None)),
        ([CPU, CUDA], None, ("CUDA, since no OpenCL platform shows the card", "cuda:0", None)),
        ([CPU], "opencl:0", ("as if", "opencl:0", None)),
        ([CPU, CUDA], "opencl:0,cuda:0", ("as if", "opencl:0", "cuda:0")),
    ],
    ids=["both ways", "no CUDA", "no OpenCL", "rehearsal", "rehearsal of both ways"],
)
def test_the_card_is_taken_by_opencl_else_by_cuda(
    devices: list[dict[str, Any]], as_if: str | None, wanted: tuple[str, str, str | None]
) -> None:
    path, device, second = choose({"devices": devices}, as_if)
    assert (path, device["id"], second.get("id")) == wanted


def test_where_a_run_fails_by_opencl_all_else_goes_by_cuda(tmp_path: Path) -> None:
    asked = "import sys, json; sys.exit('no kernel works') if 'opencl' in {!r} else print(json.dumps({{'by': {!r}}}))"
    hour, steps = run(
        tmp_path,
        step("devices", saying({"devices": [CARD, CUDA]}), every_time=True),
        Step("run", 30, lambda hour: python(asked.format(hour.id_of("device"), hour.id_of("device")))),
        step("verify run", saying({"verdict": "verified"}), of="device"),
        step("run second", saying({}), of="second"),
        Step("energy", 30, lambda hour: saying(hour.id_of("device"))),
    )
    assert worked(hour)
    assert steps["run by the first way"]["why"] == "exit code 1: no kernel works"
    assert steps["run"]["answer"] == {"by": "cuda:0"}
    assert steps["energy"]["answer"] == "cuda:0"
    assert steps["run second"]["why"] == "there is one way only"
    assert hour.path == "cuda, since the run by OpenCL failed"


def test_where_the_list_of_devices_hangs_the_card_that_cuda_worked_on_is_asked(tmp_path: Path) -> None:
    hangs = step("devices", python("import time; time.sleep(30)"), limit_s=3, every_time=True)
    asked = Step("expected", 30, lambda hour: saying(hour.id_of("device")))
    hour, steps = run(tmp_path, step("cuda", saying({"device": "A card (CUDA)", "driver": "13"})), hangs, asked)
    assert steps["devices"]["status"] == "timed out"
    assert steps["expected"]["answer"] == "cuda:0"
    assert hour.device["name"] == "A card (CUDA)"


def test_a_second_call_asks_what_was_not_answered_and_keeps_the_rest(tmp_path: Path) -> None:
    told = tmp_path / "told"
    counting = python(f"open({str(told)!r}, 'a').write('x'); print(1)")
    devices = step("devices", saying({"devices": [CARD]}), every_time=True)
    late = step("late", python("import sys; sys.exit(not __import__('os').path.exists('corrected'))"), of="device")
    run(tmp_path, devices, step("counted", counting, of="device"), step("late", python("raise SystemExit(1)")))
    assert told.read_text() == "x"
    _, steps = run(tmp_path, devices, step("counted", counting, of="device"), step("late", saying({"rate": 3})))
    assert told.read_text() == "x"
    assert steps["late"]["answer"] == {"rate": 3}
    run(tmp_path, devices, step("counted", counting, of="device"), again=["counted"])
    assert told.read_text() == "xx"
    other = step("devices", saying({"devices": [CARD | {"name": "Another card"}]}), every_time=True)
    run(tmp_path, other, step("counted", counting, of="device"), late)
    assert told.read_text() == "xxx", "what is known of one card is not known of another"


def test_what_has_come_back_is_three_files_that_hold_all_result_files(tmp_path: Path) -> None:
    state = tmp_path / "state"
    wrote = python(f"open({str(state / 'run.json')!r}, 'w').write('{{}}'); print('{{}}')")
    run(tmp_path, step("devices", saying({"devices": [CARD]})), step("run", wrote, of="device", stored=True))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.json", "summary.txt", "files.zip"}
    with zipfile.ZipFile(tmp_path / "out" / "files.zip") as archive:
        assert set(archive.namelist()) == {"results.json", "run.json"}


def test_a_run_that_is_killed_from_outside_has_written_all_before_and_leaves_nothing_running(tmp_path: Path) -> None:
    hangs = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(61)', 'hangs-here'])"
    )
    text = f"""
import signal, sys, pathlib
sys.path.insert(0, {str(ROOT)!r})
from tests.gpu import first_hour as hour
signal.signal(signal.SIGTERM, hour.ended_from_outside)
steps = [hour.Step("one", 30, lambda _: [sys.executable, "-c", "print(1)"], hour.NOTHING),
         hour.Step("two", 60, lambda _: [sys.executable, "-c", {hangs!r}], hour.NOTHING)]
hour.first_hour(pathlib.Path({str(tmp_path)!r}), steps=steps)
"""
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "one" in process.stdout.readline()

    def children() -> list[Any]:
        return [one for one in psutil.process_iter(["cmdline"]) if "hangs-here" in (one.info["cmdline"] or ())]

    while not children():
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=30)
    assert not children()
    one, two = json.loads((tmp_path / "results.json").read_text())["steps"]
    assert one["answer"] == 1
    assert (two["status"], two["why"]) == ("ended", "ended from outside")


def test_where_all_is_killed_at_once_what_is_on_disk_names_the_step_under_way(tmp_path: Path) -> None:
    text = f"""
import os, signal, sys, pathlib
sys.path.insert(0, {str(ROOT)!r})
from tests.gpu import first_hour as hour
kills = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
steps = [hour.Step("one", 30, lambda _: [sys.executable, "-c", "print(1)"], hour.NOTHING),
         hour.Step("two", 60, lambda _: [sys.executable, "-c", kills], hour.NOTHING)]
hour.first_hour(pathlib.Path({str(tmp_path)!r}), steps=steps)
"""
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, check=False).returncode == -signal.SIGKILL
    kept = json.loads((tmp_path / "results.json").read_text())
    assert ([one["name"] for one in kept["steps"]], kept["under_way"]) == (["one"], "two")
    assert "UNDER WAY when this was written: two" in (tmp_path / "summary.txt").read_text()


def test_what_a_step_had_said_when_all_was_ended_is_kept_and_a_later_call_asks_it_again(tmp_path: Path) -> None:
    ends = (
        f"import os, signal\n{TWO_ANSWERS.replace('time.sleep', 'os.kill(os.getppid(), signal.SIGTERM); time.sleep')}"
    )
    before = signal.signal(signal.SIGTERM, ended_from_outside)
    try:
        with pytest.raises(SystemExit, match="ended from outside"):
            run(tmp_path, step("two of three", python(ends)), step("later", saying(1)))
    finally:
        signal.signal(signal.SIGTERM, before)
    (kept,) = json.loads((tmp_path / "out" / "results.json").read_text())["steps"]
    assert (kept["status"], kept["so_far"]) == ("ended", {"rows": [1, 2]})
    _, steps = run(tmp_path, step("two of three", saying(3)), step("later", saying(1)))
    assert steps["two of three"]["answer"] == 3


def test_what_a_step_needs_and_is_not_there_skips_it(tmp_path: Path) -> None:
    _, steps = run(
        tmp_path,
        step("devices", saying({"devices": [CARD]})),
        step("verify run", saying({}), of="device", needs="run.json"),
    )
    assert steps["verify run"] | {"seconds": 0} == {
        "name": "verify run",
        "status": "skipped",
        "seconds": 0,
        "limit_s": 30,
        "why": "there is no run.json",
    }


def test_carried_packages_are_used_where_the_machines_own_do_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "nvidia" / "nvidia" / "cuda_nvrtc" / "lib").mkdir(parents=True)
    wheel = tmp_path / "cuda_core-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("cuda/core/__init__.py", "")
    carried = Carried(tmp_path / "lacking", tmp_path / "nvidia", tuple(wheels_in(tmp_path)))
    works = "import os, json; print(json.dumps(os.environ['LD_LIBRARY_PATH']))"
    hour, steps = run(tmp_path, step("cuda", python(works)), step("later", python(works)), carried=carried)
    assert hour.packages == "carried"
    assert steps["cuda"]["answer"] == steps["later"]["answer"] == str(tmp_path / "nvidia/nvidia/cuda_nvrtc/lib")
    assert os.environ["PYTHONPATH"] == str(tmp_path / "nvidia")
    hour, steps = run(tmp_path / "other", step("cuda", python("raise SystemExit('no')")), carried=carried)
    assert hour.packages == "the machine's own"
    assert steps["cuda"]["why"] == "exit code 1: no"


def test_the_steps_that_decide_fit_into_the_time_and_each_reads_what_another_wrote() -> None:
    names = [one.name for one in STEPS]
    first = STEPS[: names.index("verify first") + 1]
    assert sum(one.limit_s for one in first) < TOTAL_S, "even where each takes as long as it may"
    written = {f"{one.name.replace(' ', '-')}.json": place for place, one in enumerate(STEPS) if one.stored}
    for place, one in enumerate(STEPS):
        assert one.needs is None or written[one.needs] < place
    hour = Hour(Path("there"), device=CARD, second=CUDA)
    assert measured("run second", 9, 9, of="second").command(hour)[5:7] == ["cuda:0", "-t"]
    assert verified("run second", 9, "second").command(hour)[-1].endswith("run-second.json")


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
