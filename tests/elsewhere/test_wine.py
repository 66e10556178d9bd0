"""The calls of Windows' libraries, and a whole run, on CPython for Windows with true wheels under Wine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import wine

pytestmark = [
    pytest.mark.elsewhere,
    pytest.mark.timeout(1800),
    pytest.mark.slow,  # downloads 200 MB and runs for a minute
    pytest.mark.skipif(wine.why_not() is not None, reason=str(wine.why_not())),
]

# Each line is one fact of that system, as Windows' own libraries tell it.
FACTS = """
import json, os, sys, time
from hashwatt.bench.energy.meters import command
from hashwatt.bench.energy.meters.registry import find
from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.cpu.cores import affinity, caches, clock, topology
from hashwatt.kernels.device import DeviceOptions
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.system import processor
from hashwatt.kernels.system.translation import translator
import psutil

if __name__ == "__main__":
    before = set(psutil.pids())
    sleeps = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    child = f"import subprocess, sys; {sleeps}; print('61.5 W')"
    started = time.monotonic()
    text, _ = command.run(command.command_of(f'"{sys.executable}" -c "{child}"'), 30.0, 4096)
    seconds = time.monotonic() - started
    time.sleep(1)
    left = [pid for pid in set(psutil.pids()) - before]
    device = IsolatedDevice(fakes.fake_info("steady"), fakes.__name__, DeviceOptions())
    worker = device.process_id
    device.close()
    time.sleep(1)
    found = topology.read_topology()
    print(json.dumps({
        "os": os.name, "cores": len(found.cores), "cpus": found.cpus, "caches": len(caches.cpu_caches()),
        "pinned": affinity.pin_to(found.cpus[-1]), "clock": clock.thread_seconds is time.perf_counter,
        "name": processor.cpu_name(), "vendor": processor.cpu_vendor(), "translator": translator(),
        "text": text.strip(), "seconds": seconds, "left": left, "worker_runs": psutil.pid_exists(worker),
        "meters": {entry.id: entry.reason for entry in find() if hasattr(entry, "reason")},
    }))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    try:
        made = wine.make(tmp_path_factory.mktemp("windows"))
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"the Windows Python cannot be made ({error!s:.200})")
    yield made
    wine.close(made)


def test_what_windows_libraries_tell_is_understood(python: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.py").write_text(FACTS, encoding="utf-8")
    ended = wine.run(python, ["facts.py"], tmp_path)
    assert ended.code == 0, ended.err[-2000:]
    facts = json.loads(ended.out.strip().splitlines()[-1])
    assert facts["os"] == "nt"
    assert facts["cores"] >= 1
    assert facts["caches"] >= 1
    assert facts["pinned"]
    assert facts["name"]
    assert facts["translator"] is None
    assert (facts["text"], facts["left"]) == ("61.5 W", []), "the job took along what the command had left"
    assert facts["seconds"] < 30
    assert not facts["worker_runs"]
    assert "nvml.dll" in facts["meters"]["nvml"]
    assert "battery" in facts["meters"]["battery"]


def test_a_run_is_measured_and_proven_and_its_kernel_is_kept(python: Path, tmp_path: Path) -> None:
    ran = wine.run(python, ["-m", "hashwatt", "run", "-q", "-d", "cpu", "-t", "1", "-o", "r.json"], tmp_path)
    assert ran.code == 0, ran.err[-2000:]
    result = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert result["machines"][0]["os"].startswith("Windows")
    assert result["results"][0]["status"] == "measured"
    assert wine.run(python, ["-m", "hashwatt", "verify", "r.json"], tmp_path).code == 0
    again = wine.run(python, ["-m", "hashwatt", "run", "-q", "-d", "cpu", "-t", "1", "-o", "s.json"], tmp_path)
    assert again.code == 0
    tuning = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["results"][0]["kernel"]["tuning"]
    assert tuning["compiled"] == "from the cache"
    # The shells of Windows leave patterns to the program.
    history = wine.run(python, ["-m", "hashwatt", "history", "*.json"], tmp_path)
    assert history.code == 0, history.err
