"""One question, asked in a process of its own with a limit of its own: its answer, or why there is none."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO, Any

# Of a step's output, what is kept where it failed.
LAST_WORDS = 4000
MOST_OUTPUT = 4 << 20
# How long a step whose time is up may take to say what it has.
LAST_WORDS_S = 5.0


class GaveUp(Exception):
    """A step did not answer: the status, and why; `so_far` is what it had said until then."""

    def __init__(self, status: str, why: str, so_far: Any = None) -> None:
        super().__init__(why)
        self.status = status
        self.so_far = so_far


class Ended(GaveUp):
    """The whole hour was ended from outside while a step was under way."""


def run_step(command: Sequence[str], limit_s: float) -> Any:
    """The JSON that a command prints. Raises GaveUp, Ended; nothing of it goes on running."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            # Its own group, so that its workers end with it.
            process = subprocess.Popen(
                command, stdout=out, stderr=err, env=environment, start_new_session=os.name == "posix"
            )
        except OSError as error:
            raise GaveUp("failed", f"{command[0]} cannot be started: {error}") from error
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired as error:
            _ask_to_end(process)
            _end(process)
            last = _words(err)
            words = f"; its last words: {last}" if last else ""
            raise GaveUp("timed out", f"no answer within {limit_s:.0f} s{words}", _last_answer(_read(out))) from error
        except (SystemExit, KeyboardInterrupt) as error:
            _end(process)
            raise Ended("ended", "ended from outside", _last_answer(_read(out))) from error
        text, words = _read(out), _words(err)
    answered = _last_answer(text)
    if code:
        raise GaveUp("failed", f"exit code {code}: {words}", answered)
    if answered is None:
        raise GaveUp("failed", f"its answer is no JSON: {text[:200]!r}; {words}")
    return answered


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT).decode(errors="replace")


def _words(file: IO[bytes]) -> str:
    return _read(file).strip()[-LAST_WORDS:]


def _last_answer(text: str) -> Any:
    """The document that a text is, or the last of its lines that is one; None where there is none."""
    for part in (text, *reversed(text.splitlines())):
        try:
            return json.loads(part)
        except ValueError:
            continue
    return None


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """A run that is interrupted prints what it has measured so far: the rows that were done are not lost."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LAST_WORDS_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    # What hangs in a driver cannot even be killed: it must not keep the others waiting.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
