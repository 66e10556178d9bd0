"""A trial on this machine, by Dask's LocalCluster. Slow: its workers start anew, and compile on the same cores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hashwatt.bench.api import verify
from hashwatt.bench.result.file import load

from ..cli.terminal import run_apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
pytest.importorskip("distributed", reason="the extra fleet is not installed")


def test_a_trial_is_marked_verified_and_not_totalled(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    outcome = run_apart(
        "fleet", "run", "--local", "2", "-d", "cpu", "-t", "1", "--together", "-o", str(path), "--json", timeout_s=400
    )
    assert outcome.code == 0, outcome.err
    document = outcome.document
    assert list(document) == ["file", "verdict", "result", "totals", "lost"]
    assert document["totals"] == document["lost"] == []
    assert document["verdict"]["ok"]
    result = load(path)
    assert json.loads(path.read_text()) == document["result"]
    assert result.fleet is not None
    assert result.fleet.trial
    assert len({machine.id for machine in result.machines}) == 2
    assert [entry.machine for entry in result.results] == [machine.id for machine in result.machines]
    assert result.fleet.spread_s is not None


@pytest.mark.skipif(os.name != "posix", reason="a terminal's Ctrl-C is for its whole process group")
def test_ctrl_c_ends_all_workers_runs_and_keeps_what_they_have(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    command = [
        sys.executable,
        "-m",
        "hashwatt",
        "fleet",
        "run",
        "--local",
        "2",
        "-d",
        "cpu",
        "-t",
        "60",
        "-o",
        str(path),
    ]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True
    )
    # Whatever hangs, the test ends.
    ender = threading.Timer(500, process.kill)
    ender.start()
    try:
        assert process.stderr is not None
        sampling: set[str] = set()
        told = ""
        for line in process.stderr:
            told += line
            if "sampling" in line:
                sampling.add(line.partition(":")[0])
            if len(sampling) == 2:
                break
        os.killpg(process.pid, signal.SIGINT)
        told += process.stderr.read()
        assert process.wait() == 130, told
    finally:
        ender.cancel()
        process.kill()
    result = load(path)
    assert [entry.status for entry in result.results] == ["interrupted", "interrupted"]
    assert all(entry.rate is not None for entry in result.results), "what was measured until then is kept"
    assert verify(result).ok
