"""Whole commands where something that Linux usually has is missing, denied or different."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.device import DeviceOptions
from hashwatt.kernels.fakes import device as fakes

from .imitation import KERNEL, LIMIT_S, SCAN, imitate

pytestmark = pytest.mark.elsewhere
posix_only = pytest.mark.skipif(os.name != "posix", reason="takes away what POSIX has")

DENIED_AFFINITY = """
import os
def denied(*_):
    raise PermissionError(1, "Operation not permitted")
os.sched_getaffinity = os.sched_setaffinity = denied
"""
# What Windows' Python lacks, and can be taken away before anything asks for it.
LESS = """
import os, signal
for module, names in ((os, "killpg getpgrp getpgid setsid sched_getaffinity sched_setaffinity waitid"),
                      (signal, "SIGHUP SIGKILL SIGUSR1 SIGALRM")):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""
# The process's clock of CPU time steps as Windows' does, for it and for each of its threads.
COARSE = """
import math, time
def coarse(fine):
    return lambda: math.floor(fine() / 0.015625) * 0.015625
time.thread_time, time.process_time = coarse(time.thread_time), coarse(time.process_time)
"""


@pytest.fixture(scope="module")
def usual_answer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return imitate(tmp_path_factory.mktemp("usual"), "", SCAN).stdout


@posix_only
@pytest.mark.parametrize("shim", [DENIED_AFFINITY, LESS], ids=["affinity denied", "what POSIX alone has is missing"])
def test_a_scan_answers_the_same(shim: str, tmp_path: Path, usual_answer: bytes) -> None:
    here = imitate(tmp_path, shim, SCAN)
    assert here.returncode == 0, here.stderr.decode()
    assert here.stdout == usual_answer


@pytest.mark.parametrize("shim", [COARSE, DENIED_AFFINITY], ids=["coarse clocks", "affinity denied"])
@pytest.mark.slow  # a whole run takes some seconds, and their parts are in the default tests
def test_a_run_is_measured_and_proven(shim: str, tmp_path: Path) -> None:
    arguments = ("run", "-q", "-d", "cpu", "--kernel", KERNEL, "-t", "1", "-o", "r.json")
    ran = imitate(tmp_path, shim, arguments)
    assert ran.returncode == 0, ran.stderr.decode()
    (entry,) = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["results"]
    assert entry["status"] == "measured"
    assert entry["rate"]["value"] < 1e9
    assert imitate(tmp_path, shim, ("verify", "r.json")).returncode == 0


# Accented letters, dashes and box drawings: what the help and the tables have.
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_every_console_can_carry_help_and_tables(encoding: str, tmp_path: Path) -> None:
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONWARNDEFAULTENCODING": "1"}
    for arguments in (("--help",), ("verify", "nowhere-–-ü.json"), *([("meters",)] if encoding == "cp437" else [])):
        ended = imitate(tmp_path, "", arguments, environment)
        assert ended.returncode == (2 if arguments[0] == "verify" else 0), ended.stderr
        # click takes a terminal that says ASCII for one that is set up wrongly, and writes UTF-8 there.
        told = (ended.stdout + ended.stderr).decode("utf-8" if encoding == "ascii" else encoding)
        assert "Traceback" not in told
        assert "EncodingWarning" not in told, "a file of ours was opened in the system's encoding"


@posix_only
def test_a_launcher_in_pythons_place_does_not_hide_who_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a virtual environment's python.exe on Windows: it starts the interpreter and waits for it.
    launcher = tmp_path / "python"
    launcher.write_text(LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)
    monkeypatch.setenv("TRUE_PYTHON", sys.executable)
    monkeypatch.setattr(sys, "executable", str(launcher))
    device = IsolatedDevice(fakes.fake_info("steady"), fakes.__name__, DeviceOptions())
    try:
        started = device._worker._process.pid
        assert device.process_id != started
        assert parent_of(device.process_id) == started
    finally:
        device.close()
    limit = time.monotonic() + 10
    while runs(device.process_id) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not runs(device.process_id)


LAUNCHER = """#!/bin/sh
# Standard input of a process in the background would be /dev/null.
exec 3<&0
"$TRUE_PYTHON" "$@" <&3 &
wait $!
"""


def parent_of(process_id: int) -> int:
    import psutil

    return int(psutil.Process(process_id).ppid())


def runs(process_id: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def namespaces(*options: str) -> list[str]:
    """A command that runs another in namespaces of its own. Skips where that is not allowed."""
    command = ["unshare", *options]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this system makes no namespaces for us")
    return command


@posix_only
@pytest.mark.slow  # a run of some seconds
def test_sigterm_ends_a_run_that_is_process_1_and_keeps_what_it_has(tmp_path: Path) -> None:
    inside = [*namespaces("--pid", "--fork", "--mount-proc"), sys.executable, "-m", "hashwatt"]
    arguments = ["run", "-d", "cpu", "--kernel", KERNEL, "-t", "60", "-o", "r.json"]
    with (tmp_path / "err").open("wb") as errors:
        process = subprocess.Popen([*inside, *arguments], cwd=tmp_path, stdout=errors, stderr=errors)
    try:
        limit = time.monotonic() + LIMIT_S
        while b"sampling" not in (tmp_path / "err").read_bytes() and time.monotonic() < limit:
            time.sleep(0.1)
        time.sleep(1.5)
        (child,) = children_of(process.pid)
        os.kill(child, signal.SIGTERM)
        process.wait(60)
    finally:
        for child in children_of(process.pid):
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["results"], (tmp_path / "err").read_text()


def children_of(process_id: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(process_id).children()]
    except psutil.NoSuchProcess:
        return []


READ_ONLY = """
mount --bind / / && mount -o remount,ro,bind / && mount -t tmpfs none {work} && cd {work} && exec "$@"
"""


@posix_only
@pytest.mark.slow  # without a cache every kernel is compiled and raced anew
@pytest.mark.parametrize("temporary", [True, False], ids=["with a temporary folder", "without one"])
def test_a_read_only_root_costs_the_caches_and_nothing_else(temporary: bool, tmp_path: Path) -> None:
    namespace = namespaces("--mount", "--propagation", "private")
    work = tmp_path / "work"
    work.mkdir()
    script = READ_ONLY.format(work=work)
    if subprocess.run([*namespace, "sh", "-c", script, "sh", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets us mount nothing")
    nowhere = "/nowhere"
    environment = {**os.environ, "HOME": nowhere, "TMPDIR": str(work) if temporary else nowhere}
    environment.pop("XDG_CACHE_HOME", None)
    command = [*namespace, "sh", "-c", script, "sh", sys.executable, "-m", "hashwatt", *SCAN]
    if not temporary:
        # Not even the folder that it runs in.
        command[command.index("-c") + 1] = script.replace(f"mount -t tmpfs none {work} &&", "")
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT_S, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    assert ended.stdout == imitate(tmp_path, "", SCAN).stdout
