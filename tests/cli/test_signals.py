"""Real processes and real signals: whatever ends a run, what was measured is kept, and nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import pytest

from hashwatt.bench.api import verify
from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.measurement import Measurement

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

FAKE_COMMAND = Path(__file__).with_name("fake_command.py")
# Far above what a command takes to start and to end on a busy machine.
HANG_S = 120.0
# Five rounds of three seconds: in the second one there are the samples of the first, and there is time to end it.
LONG = ("run", "-d", "fake:steady", "-t", "15", "--meter", "none", "-o", "result.json")


@dataclass
class Run:
    """A command under way."""

    process: subprocess.Popen[str]
    folder: Path

    def wait_for(self, word: str) -> None:
        """Until progress names that stage."""
        stream: IO[str] | None = self.process.stderr
        assert stream is not None
        for line in stream:
            if word in line:
                return
        raise AssertionError(f"ended before {word}")

    def send(self, *signals: signal.Signals, gap_s: float = 0.05) -> None:
        for number in signals:
            self.process.send_signal(number)
            time.sleep(gap_s)

    def end(self, timeout_s: float = HANG_S) -> tuple[int, str]:
        _, err = self.process.communicate(timeout=timeout_s)
        assert "Traceback" not in err
        assert "Exception ignored" not in err
        return self.process.returncode, err

    @property
    def entry(self) -> Measurement:
        """The only device in the only file, which verifies."""
        assert [path.name for path in self.folder.iterdir()] == ["result.json"]
        verdict = verify(self.folder / "result.json")
        assert [check.sentence for check in verdict.checks if not check.ok] == []
        from hashwatt.bench.api import load

        (entry,) = load(self.folder / "result.json").results
        return entry


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Run]]:
    runs: list[Run] = []
    yield runs
    for run in runs:
        run.process.kill()
        run.process.wait()


def start(
    runs: list[Run],
    folder: Path,
    arguments: Sequence[str] = LONG,
    command: Sequence[str] = (sys.executable, str(FAKE_COMMAND)),
    **options: object,
) -> Run:
    process = subprocess.Popen(  # type: ignore[call-overload]
        [*command, *arguments],
        cwd=folder,
        **{
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "start_new_session": True,
            **options,
        },
    )
    run = Run(process, folder)
    runs.append(run)
    return run


# Windows has no SIGHUP, and these tests are not run there.
SIGHUP = getattr(signal, "SIGHUP", signal.SIGTERM)
ENDINGS = {
    (signal.SIGINT,): 130,
    (signal.SIGINT, signal.SIGINT, signal.SIGINT): 130,
    (signal.SIGTERM, signal.SIGTERM): 143,
    (SIGHUP, signal.SIGTERM): 129,
}


def test_what_was_measured_until_a_signal_is_stored_and_proven(started: list[Run], tmp_path: Path) -> None:
    """All at the same time: each takes seconds, most of them to start."""
    for number in range(len(ENDINGS)):
        (tmp_path / str(number)).mkdir()
        start(started, tmp_path / str(number))
    for run in started:
        run.wait_for("sampling, round 2")
    for run, signals in zip(started, ENDINGS, strict=True):
        run.send(*signals)
    for run, code in zip(started, ENDINGS.values(), strict=True):
        ended, err = run.end()
        assert ended == code
        assert "hashwatt: interrupted" in err
        assert run.entry.status == "interrupted"
        assert len(counted_samples(run.entry)) >= 3


def test_a_run_that_ends_before_its_first_samples_says_so_in_its_file(started: list[Run], tmp_path: Path) -> None:
    run = start(started, tmp_path)
    run.wait_for("opening")
    run.send(signal.SIGINT, signal.SIGINT, gap_s=0.0)
    assert run.end()[0] == 130
    assert counted_samples(run.entry) == ()


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.4])
def test_an_interrupt_while_the_command_is_still_starting_is_one_sentence(
    after_s: float, started: list[Run], tmp_path: Path
) -> None:
    run = start(started, tmp_path, ("run", "-d", "cpu"), (sys.executable, "-m", "hashwatt"))
    # Python's own start is nobody's to handle: wait until it is over, however busy the machine is.
    limit = time.monotonic() + HANG_S
    while not catches_ctrl_c(run.process.pid) and time.monotonic() < limit:
        time.sleep(0.002)
    time.sleep(after_s)
    run.send(signal.SIGINT, signal.SIGINT)
    ended, err = run.end()
    assert ended == 130
    assert err.splitlines()[-1].startswith("hashwatt: interrupted")


INTERRUPTED_IMPORT = """
import sys
class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from hashwatt.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["hashwatt.bench", "hashwatt.bench.interrupts", "hashwatt.cli.app", "click"])
def test_an_interrupt_in_the_midst_of_an_import_is_one_sentence(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, "hashwatt: interrupted\n")


def catches_ctrl_c(pid: int) -> bool:
    """Whether the process has its handler of SIGTERM: one that Python itself does not have."""
    if not Path("/proc/self/status").exists():
        time.sleep(0.3)
        return True
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return bool(int(fields["SigCgt"], 16) & 1 << (signal.SIGTERM - 1))


def has_ended(pid: int) -> bool:
    for _ in range(600):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_no_worker_outlives_a_run_that_is_killed(started: list[Run], tmp_path: Path) -> None:
    run = start(started, tmp_path)
    run.wait_for("sampling")
    (worker,) = psutil.Process(run.process.pid).children()
    run.send(signal.SIGKILL)
    run.process.wait(HANG_S)
    assert has_ended(worker.pid)


COMPILING = """
import ctypes, os, subprocess, sys
from hashwatt.bench.isolation.lifeline import Lifeline
lifeline = Lifeline()
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1], *lifeline.arguments], pass_fds=lifeline.descriptors,
                          stdout=subprocess.PIPE, text=True, start_new_session=True)
lifeline.passed_on()
print(worker.pid, worker.stdout.readline(), flush=True)
os.kill(os.getpid(), 9)
"""
# Holds Python's lock for an hour, as a driver's call may, while a compiler that it has started works on.
STUCK = """
import ctypes, subprocess, sys
from hashwatt.bench.isolation.lifeline import hold
hold(int(sys.argv[1]))
compiler = subprocess.Popen(["sleep", "3600"])
print(compiler.pid, flush=True)
ctypes.PyDLL(None).sleep(3600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked to end a whole group")
def test_a_worker_that_is_stuck_in_a_driver_ends_with_its_parent_and_so_does_its_compiler() -> None:
    parent = subprocess.run([sys.executable, "-c", COMPILING, STUCK], capture_output=True, text=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    for pid in map(int, parent.stdout.split()):
        assert has_ended(pid)


def test_a_terminal_that_is_closed_ends_the_run_and_keeps_it(started: list[Run], tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    # The terminal of a session of its own, as a terminal window gives it.
    command = ("setsid", "--ctty", sys.executable, str(FAKE_COMMAND)) if Path("/usr/bin/setsid").exists() else ()
    if not command:
        pytest.skip("this system has no setsid")
    run = start(started, tmp_path, LONG, command, stdin=slave, stdout=slave, stderr=slave, start_new_session=False)
    os.close(slave)
    seen = b""
    while b"round 2" not in seen:
        seen += os.read(master, 65536)
    os.close(master)
    run.process.wait(HANG_S)
    assert run.process.returncode in (129, 0), "0 where setsid had to fork"
    assert len(counted_samples(run.entry)) >= 3


def test_a_reader_that_goes_away_in_the_midst_of_a_run_costs_it_nothing(started: list[Run], tmp_path: Path) -> None:
    arguments = (*LONG[:4], "1", *LONG[5:])
    run = start(started, tmp_path, arguments)
    run.wait_for("warming up")
    assert run.process.stdout is not None
    assert run.process.stderr is not None
    run.process.stdout.close()
    run.process.stderr.close()
    run.process.wait(HANG_S)
    # 141: what was left to say found nobody to listen, which is no fault of the measurement.
    assert run.process.returncode == 141
    assert run.entry.status == "measured"


def test_closed_streams_cost_a_run_nothing(started: list[Run], tmp_path: Path) -> None:
    arguments = ("sh", sys.executable, str(FAKE_COMMAND), *LONG[:4], "0.5", *LONG[5:])
    run = start(started, tmp_path, ("-c", 'exec "$@" <&- >&- 2>&-', *arguments), ("sh",))
    run.process.communicate(timeout=HANG_S)
    assert run.process.returncode == 0
    assert run.entry.status == "measured"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' limit on the size of files")
def test_a_disk_that_is_full_at_the_end_costs_a_run_nothing(started: list[Run], tmp_path: Path) -> None:
    """No file may have a single byte, anywhere: as if every disk were full."""
    arguments = (*LONG[:4], "0.5", *LONG[5:])
    limited = f"ulimit -f 0; exec {sys.executable} {FAKE_COMMAND} {' '.join(arguments)}"
    run = start(started, tmp_path, ("-c", limited), ("sh",))
    out, err = run.process.communicate(timeout=HANG_S)
    assert run.process.returncode == 1
    assert "cannot be written" in err
    assert json.loads(out)["results"][0]["status"] == "measured"
    assert list(tmp_path.iterdir()) == []
