"""Faults of whole machines, on hosts with addresses of their own: what is lost is told, and the others' results stand.

Slow because each host compiles its kernel anew beside the others, on the cores of one machine.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashwatt.bench.api import verify
from hashwatt.bench.fleet.fleet import Fleet
from hashwatt.bench.result.model import Result

from .hosts import Bridge, Host, bridge, wait_until, why_not

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Bridge]:
    if reason := why_not():
        pytest.skip(reason)
    pytest.importorskip("distributed", reason="the extra fleet is not installed")
    with bridge(tmp_path) as made:
        yield made


class Script:
    """A fleet's progress that does something to a host when its machine comes to a stage."""

    def __init__(self, **faults: tuple[str, Callable[[], object]]) -> None:
        self.faults = faults
        self.told_all: list[tuple[str, str]] = []
        self.done_to: dict[str, threading.Thread] = {}

    def begin(self, machines: int, lost: int) -> None:
        self.machines = machines

    def told(self, machine: str, stage: str) -> None:
        self.told_all.append((machine, stage))
        when, fault = self.faults.get(machine, ("", None))
        if fault is not None and when in stage and machine not in self.done_to:
            self.done_to[machine] = threading.Thread(target=fault)
            self.done_to[machine].start()

    def done(self) -> None:
        """Nothing."""


def kill(host: Host) -> Callable[[], None]:
    """kill -9 for the worker (not for what it has started: that must end by itself)."""

    def fault() -> None:
        for process in host.worker_processes():
            if "dask_worker" in " ".join(process.cmdline()):
                process.send_signal(signal.SIGKILL)

    return fault


def reasons(result: Result) -> dict[str, str]:
    assert result.fleet is not None
    return {lost.name: lost.reason for lost in result.fleet.lost}


def measured(result: Result) -> list[str]:
    assert result.fleet is not None
    good = {entry.machine for entry in result.results if entry.status == "measured"}
    return sorted(member.name for member in result.fleet.members if member.machine in good)


def test_killed_cut_off_and_of_another_version_are_lost_and_the_fourth_stands(hosts: Bridge, tmp_path: Path) -> None:
    other = tmp_path / "another"
    (other / "hashwatt-9.9.dist-info").mkdir(parents=True)
    (other / "hashwatt-9.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hashwatt\nVersion: 9.9\n")
    hosts.host("good")
    killed, cut = hosts.host("killed"), hosts.host("cut")
    hosts.host("other", environment={"PYTHONPATH": str(other)})
    hosts.wait_for_workers()
    script = Script(killed=("sampling", kill(killed)), cut=("sampling", cut.cut))
    with Fleet(hosts.address) as fleet:
        result = fleet.run(["cpu"], seconds=6.0, progress=script, silent_s=8.0)
    assert script.machines == 3
    assert measured(result) == ["good"]
    lost = reasons(result)
    assert "has gone" in lost["killed"]
    assert "not answered" in lost["cut"]
    assert "has hashwatt 9.9" in lost["other"]
    assert not any("task" in reason for reason in lost.values())
    assert verify(result).ok
    # Nobody waits for the measurement that was cut off from its worker: it ends with it.
    wait_until("the killed worker's measurement has ended", lambda: not left_over(killed))


def left_over(host: Host) -> list[str]:
    """Measuring processes in the host's namespace."""
    inside = subprocess.run(["ip", "netns", "pids", host.namespace], capture_output=True, text=True, check=True)
    found = []
    for number in inside.stdout.split():
        try:
            command = Path(f"/proc/{number}/cmdline").read_bytes().decode()
        except OSError:
            continue
        if "hashwatt.bench.fleet.member" in command:
            found.append(command)
    return found


def test_restarted_and_hanging_workers_are_lost_and_a_wrong_clock_costs_nothing(hosts: Bridge, tmp_path: Path) -> None:
    ahead = tmp_path / "ahead.py"
    ahead.write_text(
        "import types, time\n"
        "import hashwatt.bench.fleet.on_worker as on_worker\n"
        "def dask_setup(worker):\n"
        "    on_worker.time = types.SimpleNamespace(\n"
        "        time=lambda: time.time() + 3600, monotonic=time.monotonic, sleep=time.sleep)\n"
    )
    hosts.host("ahead", "--preload", str(ahead))
    hosts.host("good")
    restarted, hangs = hosts.host("restarted", nanny=True), hosts.host("hangs")
    hosts.wait_for_workers()

    def stop() -> None:
        for process in hangs.worker_processes():
            process.suspend()

    def restart() -> None:
        # Its nanny starts another one.
        (worker,) = {process.ppid() for process in restarted.measuring()}
        restarted_worker = next(one for one in restarted.worker_processes() if one.pid == worker)
        restarted_worker.send_signal(signal.SIGKILL)

    script = Script(restarted=("sampling", restart), hangs=("sampling", stop))
    with Fleet(hosts.address) as fleet:
        result = fleet.run(["cpu"], seconds=6.0, together=True, progress=script, silent_s=8.0)
    assert measured(result) == ["ahead", "good"]
    lost = reasons(result)
    assert "has gone" in lost["restarted"] or "restarted" in lost["restarted"]
    assert "not answered" in lost["hangs"]
    assert result.fleet is not None
    wrong = next(member for member in result.fleet.members if member.name == "ahead")
    assert wrong.clock_ahead_s == pytest.approx(3600, abs=5)
    assert "3,600 s ahead" in wrong.warnings[0].text
    # All hosts are one machine's, which is told, too.
    assert all(any(warning.code == "shared_cores" for warning in member.warnings) for member in result.fleet.members)
    # Let go at the same moment by the leader's clock, whatever their own say.
    starts = {member.started_s for member in result.fleet.members}
    assert len(starts) == 1
    assert result.fleet.spread_s is not None
    assert result.fleet.spread_s < 2
    assert verify(result).ok


def test_a_full_disk_and_a_machine_without_opencl_measure_all_the_same(hosts: Bridge, tmp_path: Path) -> None:
    full = tmp_path / "disk"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=True)
    try:
        (full / "room").mkdir()
        with pytest.raises(OSError, match="space"), (full / "filling").open("wb") as filling:
            filling.write(b"\0" * (1 << 20))
        nowhere = {"TMPDIR": str(full / "room"), "HOME": str(full / "room"), "XDG_CACHE_HOME": str(full / "room")}
        hosts.host("full", environment=nowhere)
        (tmp_path / "without" / "pyopencl").mkdir(parents=True)
        (tmp_path / "without" / "pyopencl" / "__init__.py").write_text("raise ImportError('no OpenCL here')\n")
        hosts.host("bare", environment={"PYTHONPATH": str(tmp_path / "without")})
        hosts.wait_for_workers()
        with Fleet(hosts.address) as fleet:
            listing = fleet.devices()
            result = fleet.run(["cpu"], seconds=1.0)
            with_opencl = fleet.run(["opencl:0"], seconds=1.0)
    finally:
        subprocess.run(["umount", "-l", str(full)], check=False)
        shutil.rmtree(full, ignore_errors=True)
    assert measured(result) == ["bare", "full"]
    assert verify(result).ok
    told = {host.name: answer for host, answer in listing.machines}
    assert "opencl" in [entry["backend"] for entry in told["bare"]["devices"] if not entry["available"]]
    assert "opencl:0" in reasons(with_opencl)["bare"]
    # A driver's compiler that finds no room is a device's failure with its reason, as in any run.
    assert [entry.device.id for entry in with_opencl.results] == ["opencl:0"]
