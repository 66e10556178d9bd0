"""However a command ends, it has its exit code and one sentence, and never a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import hashwatt.bench.api
from hashwatt.kernels.errors import CheckFailed, DeviceError, InputError

from .terminal import run_here

Capture = pytest.CaptureFixture[str]


def raising(error: BaseException) -> object:
    def devices() -> None:
        raise error

    return devices


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("the file is empty; give another"), 2),
        (CheckFailed("the proof does not hold"), 1),
        (DeviceError("the device is gone; plug it in"), 1),
        (KeyboardInterrupt(), 130),
        (MemoryError(), 1),
        (RuntimeError("can't start new thread"), 1),
        (OSError(errno.EMFILE, "Too many open files", "/proc/stat"), 1),
        (OSError(errno.ENOSPC, "No space left on device", "/var/x"), 1),
        (RuntimeError("oops"), 70),
    ],
)
def test_each_error_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, error: BaseException, code: int
) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "devices", raising(error))
    outcome = run_here(capsys, "devices")
    assert outcome.code == code
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


def test_an_error_for_the_user_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "devices", raising(InputError("the file is empty; give another")))
    assert run_here(capsys, "devices").err == "hashwatt: the file is empty; give another\n"


def test_a_mistake_of_ours_says_how_to_report_it(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "devices", raising(RuntimeError("oops")))
    outcome = run_here(capsys, "devices")
    assert "a mistake in hashwatt" in outcome.err
    assert "RuntimeError: oops" in outcome.err
    assert "--debug" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_debug_adds_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "devices", raising(RuntimeError("oops")))
    assert "Traceback" in run_here(capsys, "devices", "--debug").err
    monkeypatch.setenv("HASHWATT_DEBUG", "1")
    assert "Traceback" in run_here(capsys, "devices").err


@pytest.mark.parametrize("error", [InputError("no"), RuntimeError("oops"), KeyboardInterrupt()])
def test_json_prints_one_document_also_for_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, error: BaseException
) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "devices", raising(error))
    outcome = run_here(capsys, "devices", "--json")
    assert list(outcome.document) == ["error"]
    assert outcome.err


@pytest.mark.parametrize("arguments", [["nothing"], ["run", "--nothing"], ["verify"], ["scan"], ["run", "-t", "soon"]])
def test_wrong_usage_is_one_sentence_that_points_to_help(capsys: Capture, arguments: list[str]) -> None:
    outcome = run_here(capsys, *arguments)
    assert outcome.code == 2
    assert "--help`)" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_no_command_at_all_shows_the_help(capsys: Capture) -> None:
    outcome = run_here(capsys)
    assert outcome.code == 2
    assert "Examples:" in outcome.err


def test_control_characters_in_an_argument_do_not_reach_the_terminal(capsys: Capture) -> None:
    outcome = run_here(capsys, "verify", "\x1b[2J\u202e.json")
    assert outcome.code == 2
    assert "\x1b" not in outcome.err
    assert "\u202e" not in outcome.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE to imitate")
def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "hashwatt", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert ended.returncode == 141
    assert ended.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["devices"], ["devices", "--json"]])
def test_an_answer_that_cannot_be_written_is_no_success(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "hashwatt", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 1
    assert (
        ended.stderr == "hashwatt: the answer cannot be written (No space left on device); send it to another place\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="closes a stream in the way of POSIX shells")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_error(redirection: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m hashwatt devices {redirection}"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_words_that_nobody_reads_any_more_do_not_change_the_exit_code() -> None:
    code = (
        "import sys; import hashwatt.cli.app as app; from hashwatt.__main__ import main\n"
        "app.execute = lambda _: sys.stdout.write('words') and 3\n"
        "sys.stdin.read(); main()"
    )
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=buffered, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.close()
    assert process.wait(20) == 3
