"""A machine of a fleet that runs out of something: it is lost with that as its reason, and no mistake is spoken of."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from hashwatt.bench import api
from hashwatt.bench.fleet import loss, member, on_worker
from hashwatt.bench.fleet.link import Link, NoAnswer
from hashwatt.bench.fleet.loss import LostMachine
from hashwatt.bench.fleet.words import Order

NO_THREAD = RuntimeError("can't start new thread")
NO_FILE = OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def asked(answer: Exception) -> bytes:
    """What comes of a question that a worker answers with that error."""

    async def run(*_: object, **__: object) -> dict[str, Exception]:
        return {"a": answer}

    return asyncio.run(Link(SimpleNamespace(run=run)).call("a", on_worker.inspect))


@pytest.mark.parametrize(
    ("shortage", "words"),
    [(MemoryError(), "gave no more memory"), (NO_THREAD, "starts no more threads"), (NO_FILE, "no more files")],
)
def test_the_measuring_process_tells_a_shortage(
    shortage: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(**_: object) -> None:
        raise shortage

    monkeypatch.setattr(api, "run", starved)
    order = Order(run_id="0" * 32, trial=None, together=False, options={})
    line: Any = SimpleNamespace(say=lambda _word: None, wait_to_go=lambda: None)
    failed = member.measure(order, line).failed
    assert words in failed
    assert "mistake" not in failed


@pytest.mark.parametrize("shortage", [MemoryError(), NO_THREAD])
def test_a_worker_short_of_something_is_not_told_to_install_anew(shortage: Exception) -> None:
    with pytest.raises(LostMachine, match=r"no more (memory|threads)") as lost:
        asked(shortage)
    assert "install" not in str(lost.value)
    with pytest.raises(LostMachine, match="install it anew"):
        asked(ModuleNotFoundError("No module named 'numpy'"))


def test_a_worker_without_files_is_asked_again_and_then_lost_for_that() -> None:
    with pytest.raises(NoAnswer) as silence:
        asked(NO_FILE)
    assert "no more files can be opened" in loss.silent(30, str(silence.value))
    with pytest.raises(NoAnswer) as silence:
        asked(ConnectionResetError())
    assert "the network is cut" in loss.silent(30, str(silence.value))


def test_a_process_that_the_system_does_not_start_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(subprocess, "Popen", refused)
    assert b"no more processes" in on_worker.start("key", b"{}")


def test_a_measuring_process_that_nobody_can_watch_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Kept(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    def refused(_thread: threading.Thread) -> None:
        raise NO_THREAD

    monkeypatch.setattr(subprocess, "Popen", Kept)
    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(RuntimeError, match="new thread"):
        on_worker.Measuring(b"{}", ("-c", "import time; time.sleep(60)"))
    (process,) = started
    # Its input stays open: only a signal ends it.
    assert process.wait(30) != 0
