"""Any lab meter: a command (`exec:COMMAND`) or a file (`file:PATH`) that gives one line such as `61.5 W` or `1234.5 J`.

The command is split into words as a shell would and started without one; on Windows it is given on as it stands, since
there each program splits its own line. Where the figure's scope is
known it can be said: `exec+wall:COMMAND`, `file+board:PATH`.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import PureWindowsPath
from typing import IO, cast, get_args

from ....kernels.errors import InputError
from ....kernels.system.windows.jobs import SUSPENDED, Job
from ..meter import Counter, Coverage, MeterError, MeterFound, MeterInfo, Reading, Scope
from .plausible import checked_j, checked_w

DEADLINE_S = 5.0
# A stopped command's pipe closes at once, unless a process has left its group and keeps it.
CLOSE_S = 0.2
MOST_BYTES = 4096
PLAUSIBLE_W = 1e6
LINE = re.compile(
    r"(?P<number>\d{1,20}(\.(?P<decimals>\d{0,12}))?([eE][+-]?\d{1,2})?)\s*(?P<unit>[A-Za-z]{1,3})", re.ASCII
)
WATTS = {"mW": 1e-3, "W": 1.0, "kW": 1e3}
JOULES = {"mJ": 1e-3, "J": 1.0, "kJ": 1e3, "mWh": 3.6, "Wh": 3600.0, "kWh": 3.6e6}
BOUND_SOURCE = "step as printed, value up to one reading (1 s) old; the meter's own accuracy is not known to hashwatt"
# A file that was written longer ago says nothing about now.
STALE_S = 3.0
FILE_BOUND_SOURCE = "step as printed, value up to 3 s old; the meter's own accuracy is not known to hashwatt"
# These are written while they are read, whatever time they state.
MADE_WHEN_READ = ("/sys/", "/proc/")
ON_WINDOWS = os.name == "nt"

Ask = Callable[[], tuple[str, float]]


@dataclass(frozen=True)
class Figure:
    """One line understood: watts, or joules counted so far; `step` is what its last digit is worth."""

    value: float
    step: float
    is_energy: bool


def parse_line(text: str, who: str) -> Figure:
    """One number with its unit, and nothing besides. Raises MeterError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    match = LINE.fullmatch(lines[0]) if len(lines) == 1 else None
    factor = match and (WATTS | JOULES).get(match["unit"])
    if not (match and factor):
        raise MeterError(f"{who} gave {text.strip()!r:.40}; it must give one number with its unit, such as 61.5 W")
    value = float(match["number"]) * factor
    is_energy = match["unit"] in JOULES
    step = factor * 10.0 ** -len(match["decimals"] or "")
    return Figure(checked_j(value, who) if is_energy else checked_w(value, who), step, is_energy)


@dataclass(frozen=True)
class Command:
    """What is started: a line as Windows takes it, or words; `program` is the first of them."""

    line: str | list[str]
    program: str

    @property
    def meter_id(self) -> str:
        """The program's name and a mark of all: the arguments may be secret, and results are shown around."""
        whole = self.line if isinstance(self.line, str) else "\0".join(self.line)
        mark = sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:6]
        name = PureWindowsPath(self.program).name if isinstance(self.line, str) else os.path.basename(self.program)
        return f"exec:{name}-{mark}"


def command_of(text: str, on_windows: bool = ON_WINDOWS) -> Command:
    """The command that a text means. Raises InputError."""
    if on_windows:
        line = text.strip()
        program = line[1:].partition('"')[0] if line.startswith('"') else line.partition(" ")[0]
        command = Command(line, program)
    else:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise InputError(f"--meter exec:{text!r:.60} cannot be split into words: {error}") from None
        command = Command(words, words[0] if words else "")
    if not command.program:
        raise InputError("--meter exec: needs a command that prints watts or joules; try --meter 'exec:cat power.txt'")
    return command


def command_from_text(text: str, scope: Scope | None) -> MeterFound:
    """The meter of `--meter exec:COMMAND`: runs it once to learn what it tells. Raises InputError."""
    command = command_of(text)
    return from_first_answer(command.meter_id, scope, partial(run, command, DEADLINE_S, MOST_BYTES))


def file_from_text(text: str, scope: Scope | None) -> MeterFound:
    """The meter of `--meter file:PATH`: reads it once to learn what it tells. Raises InputError."""
    if not text:
        raise InputError("--meter file: needs a path; try --meter file:/run/meter/power")
    found = from_first_answer(f"file:{text}", scope, partial(read_file, text))
    info = replace(found.info, update_s=STALE_S, bound_source=FILE_BOUND_SOURCE)
    return MeterFound(info, partial(LineMeter, info, partial(read_file, text)))


def parse_scope(text: str) -> Scope:
    """A scope's name. Raises InputError."""
    if text not in get_args(Scope):
        raise InputError(f"there is no scope {text!r:.40}; the scopes are {', '.join(get_args(Scope))}")
    return cast(Scope, text)


def from_first_answer(meter_id: str, scope: Scope | None, ask: Ask) -> MeterFound:
    """A meter of what the first answer shows: joules or watts, and how fine. Raises InputError."""
    try:
        figure = parse_line(ask()[0], meter_id)
    except MeterError as error:
        raise InputError(f"--meter {error}") from None
    info = MeterInfo(
        id=meter_id,
        name=meter_id,
        scope=scope,
        coverage=Coverage("named by hand"),
        update_s=1.0,
        bound_source=BOUND_SOURCE,
        interval_s=1.0,
        deadline_s=DEADLINE_S,
        by_default=False,
    )
    if figure.is_energy:
        info = replace(info, counters=(Counter(meter_id, figure.step, PLAUSIBLE_W),))
    else:
        info = replace(info, power_step_w=figure.step)
    return MeterFound(info, partial(LineMeter, info, ask))


class LineMeter:
    """A meter that gives a line of text."""

    def __init__(self, info: MeterInfo, ask: Ask) -> None:
        self.info = info
        self._ask = ask

    def read(self) -> Reading:
        """Its joules or watts. Raises MeterError."""
        text, cpu_s = self._ask()
        figure = parse_line(text, self.info.id)
        if figure.is_energy != bool(self.info.counters):
            raise MeterError(f"{self.info.id} changed between joules and watts")
        return Reading((figure.value,), child_cpu_s=cpu_s) if figure.is_energy else Reading((), figure.value, cpu_s)

    def close(self) -> None:
        """Nothing is held."""


def read_file(path: str) -> tuple[str, float]:
    """The text of a file, which must be a regular one (a pipe would keep us waiting), and fresh. Raises MeterError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise MeterError(f"{path} is no regular file; use exec: for anything else")
            data = os.read(descriptor, MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise MeterError(f"{path} cannot be read: {error.strerror}") from None
    if time.time() - status.st_mtime > STALE_S and not os.path.realpath(path).startswith(MADE_WHEN_READ):
        written = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise MeterError(f"{path} was not written since {written}; its writer must do so every {STALE_S:g} s or sooner")
    return as_text(data, path), 0.0


def as_text(data: bytes, who: str) -> str:
    """A short piece of text. Raises MeterError."""
    if len(data) > MOST_BYTES:
        raise MeterError(f"{who} gives more than {MOST_BYTES} bytes; expected one line such as 61.5 W")
    return data.decode("utf-8", "replace")


def run(command: Command, deadline_s: float, most_bytes: int) -> tuple[str, float]:
    """What a command prints, and the CPU seconds it took; without a shell. Raises MeterError."""
    before = children_cpu_s()
    try:
        process = subprocess.Popen(
            command.line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
            creationflags=SUSPENDED if ON_WINDOWS else 0,
        )
    except (OSError, ValueError) as error:
        raise MeterError(f"{command.program} cannot be started: {error}") from None
    job = Job(process) if ON_WINDOWS else None
    output = Output(cast(IO[bytes], process.stdout), most_bytes)
    code = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(deadline_s)
        # What it has left in the background may hold the pipe for ever; what itself has printed is here by now.
        output.join(CLOSE_S)
    end(process, job)
    output.stop()
    if code is None:
        raise MeterError(f"{command.program} did not end within {deadline_s:g} s and was stopped")
    text = as_text(output.data, command.program)
    if code != 0:
        raise MeterError(f"{command.program} ended with exit code {code}; run it by hand to see why")
    return text, children_cpu_s() - before


class Output(threading.Thread):
    """Reads what a command prints, up to a byte more than it may print, and closes the pipe."""

    def __init__(self, stream: IO[bytes], most_bytes: int) -> None:
        super().__init__(daemon=True, name="meter command")
        self._stream = stream
        self._most_bytes = most_bytes
        self._stopped = threading.Event()
        self.data = b""
        self.start()

    def run(self) -> None:
        """Read to the end, to the bound or until told to stop. A command that prints on then meets a closed pipe."""
        with contextlib.suppress(OSError, ValueError), self._stream as stream:
            while len(self.data) <= self._most_bytes and not self._stopped.is_set():
                # Only sockets can be waited for on Windows; there the pipe's end must come.
                if os.name == "posix" and not select.select([stream], [], [], CLOSE_S / 4)[0]:
                    continue
                part = os.read(stream.fileno(), self._most_bytes + 1 - len(self.data))
                if not part:
                    return
                self.data += part

    def stop(self) -> None:
        """End the reading, whoever still holds the pipe."""
        self._stopped.set()
        self.join(CLOSE_S)


def end(process: subprocess.Popen[bytes], job: Job | None = None) -> None:
    """Stop a command and what it has started, also where the command itself has ended."""
    if job is not None:
        job.end()
    if os.name == "posix":
        # It leads a group of its own, whose number is not given away as long as one of it runs.
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
        process.wait()


def children_cpu_s() -> float:
    """CPU seconds of all ended children of this process."""
    times = os.times()
    return times.children_user + times.children_system
