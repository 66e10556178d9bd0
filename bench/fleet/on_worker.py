"""What runs within a worker of Dask's: small answers at once, and the measuring process in a thread's care.

The functions are called on the worker's own event loop, so none of them waits. Whoever asks is the only reason to go
on: a measurement that nobody asked after for a minute is ended.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from hashlib import sha256
from typing import IO

import msgspec

from ...kernels.errors import why_no_process
from ..isolation.endings import exit_words
from ..machine.identity import ID_DIGITS, boot_id, machine_id
from ..result.printable import printable
from .words import GO, MOST_BYTES, PROTOCOL, STOP, Ending, Inspection, State, Word, has_result

# How long nobody need ask before a measurement is given up: the leader is gone, or the network between.
LEASE_S = 60.0
WATCH_S = 1.0
# From the end of its input a measuring process has its own grace, and then this much more.
KILL_S = 20.0
KEPT_STDERR_BYTES = 4096
MOST_WORDS = 400
# What a leader may list, and how long that may take.
LISTINGS = ("devices", "meters")
LIST_S = 60.0
# CREATE_NEW_PROCESS_GROUP of Windows.
NEW_GROUP = 0x200
MODULE = "hashwatt.bench.fleet.member"


class Measuring:
    """One measuring process, from its start to its last word."""

    def __init__(self, order: bytes, arguments: tuple[str, ...] = ("-m", MODULE)) -> None:
        """Start it. Raises what the system raises where it has no process or thread for it."""
        self._asked_s = time.monotonic()
        self._stage = ""
        self._ready = False
        self._ending: Ending | None = None
        self._stderr = b""
        # A group of its own: Ctrl-C in the worker's terminal is the worker's alone.
        on_posix = os.name == "posix"
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=on_posix,
            creationflags=0 if on_posix else NEW_GROUP,
        )
        try:
            for work in (self._hear, self._keep_stderr, self._watch):
                threading.Thread(target=work, daemon=True).start()
        except BaseException:
            # Nobody would watch over it.
            self._process.kill()
            raise
        self._tell(order + b"\n")

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however."""
        return self._ending is not None

    def state(self) -> State:
        """How far it is; whoever asks wants it to go on."""
        self._asked_s = time.monotonic()
        return State(known=True, stage=self._stage, ready=self._ready, over=self.is_over)

    def ending(self) -> Ending:
        """How it ended; that it has not, before it has."""
        return self._ending or Ending(failed="it was given up before it had ended")

    def tell(self, word: str) -> None:
        """Pass a word on; one that has ended does not hear it."""
        self._tell(f"{word}\n".encode())

    def give_up(self) -> None:
        """Nobody wants its result: it ends by itself when its input does."""
        self._close_input()

    def _tell(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except (OSError, ValueError):
            return

    def _hear(self) -> None:
        assert self._process.stdout is not None
        told: Ending | None = None
        while line := self._process.stdout.readline(MOST_BYTES):
            try:
                word = msgspec.json.decode(line, type=Word)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if has_result(word) or word.failed:
                told = Ending(result=word.result, failed=word.failed)
                break
            self._ready = self._ready or word.ready
            if word.stage:
                self._stage = printable(f"{word.device}: {word.stage}", MOST_WORDS)
        self._close_input()
        self._ending = told or Ending(failed=self._how_it_died())

    def _how_it_died(self) -> str:
        code = self._wait()
        words = self._stderr.decode(errors="replace").strip().splitlines()
        last = f": {printable(words[-1], 120)}" if words else ""
        return f"its measuring process ended without a result ({exit_words(code)}){last}"

    def _wait(self) -> int:
        try:
            return self._process.wait(KILL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _keep_stderr(self) -> None:
        stream: IO[bytes] | None = self._process.stderr
        assert stream is not None
        while chunk := stream.read1(KEPT_STDERR_BYTES):  # type: ignore[attr-defined]
            self._stderr = (self._stderr + chunk)[-KEPT_STDERR_BYTES:]

    def _watch(self) -> None:
        while self._process.poll() is None:
            time.sleep(WATCH_S)
            if time.monotonic() - self._asked_s > LEASE_S:
                self._close_input()
                self._wait()

    def _close_input(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:
            return


_MEASURING: dict[str, Measuring] = {}


def inspect() -> bytes:
    """Where this worker runs, as an Inspection."""
    told = Inspection(
        protocol=PROTOCOL,
        machine=machine_id(),
        boot=sha256(boot_id().encode()).hexdigest()[:ID_DIGITS],
        name=printable(socket.gethostname(), 200),
        time_s=time.time(),
        process=os.getpid(),
    )
    return msgspec.json.encode(told)


def start(key: str, order: bytes) -> bytes:
    """Start measuring under this key; the answer is empty, or says in a sentence why it cannot be."""
    for other in [one for one, measuring in _MEASURING.items() if measuring.is_over]:
        del _MEASURING[other]
    if _MEASURING:
        return b"another fleet's run is measuring on it; wait until that has ended"
    try:
        _MEASURING[key] = Measuring(order)
    except OSError as error:
        return (why_no_process(error) or f"its measuring process cannot be started ({error.strerror})").encode()
    return b""


def poll(key: str) -> bytes:
    """How far it is, as a State."""
    measuring = _MEASURING.get(key)
    return msgspec.json.encode(State(known=False) if measuring is None else measuring.state())


def go(key: str, seconds: float) -> bytes:
    """Let it take its first sample in so many seconds."""
    return _told(key, f"{GO} {seconds:.6f}")


def stop(key: str) -> bytes:
    """Let it end as after Ctrl-C, with what it has."""
    return _told(key, STOP)


def take(key: str) -> bytes:
    """How it ended, as an Ending; it is forgotten then, and ended where it has not."""
    measuring = _MEASURING.pop(key, None)
    if measuring is None:
        return msgspec.json.encode(Ending(failed="its worker was restarted"))
    measuring.give_up()
    return msgspec.json.encode(measuring.ending())


def _told(key: str, word: str) -> bytes:
    measuring = _MEASURING.get(key)
    if measuring is not None:
        measuring.tell(word)
    return b""


async def ask(command: str) -> bytes:
    """What `hashwatt COMMAND --json` prints on this machine; empty where that fails or takes over a minute."""
    if command not in LISTINGS:
        return b""
    try:
        return (await asyncio.to_thread(_printed, command))[:MOST_BYTES]
    except (OSError, subprocess.TimeoutExpired):
        return b""


def _printed(command: str) -> bytes:
    arguments = [sys.executable, "-m", "hashwatt", command, "--json"]
    ended = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIST_S, check=False)
    return ended.stdout
