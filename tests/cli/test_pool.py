"""`hashwatt serve`, `mine` and `devices --asic` as a user calls them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from hashwatt.bench.asic.fetch import NoAnswer
from hashwatt.bench.pool.measure import Address, counted
from hashwatt.bench.pool.server import Connection
from hashwatt.bench.pool.session import PoolSettings, Session, Window
from hashwatt.bench.result.file import load
from hashwatt.cli.live.workers import Watcher

from ..bench.asic import replies
from ..bench.asic.test_reading import answering
from ..bench.pool.hashlib_miner import Miner
from ..bench.pool.test_server import REAL
from ..reports.served import reported, served, served_result
from .json_paths import paths_of
from .terminal import run_apart, run_here
from .test_json_fields import documented

Capture = pytest.CaptureFixture[str]


@contextmanager
def server(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`hashwatt serve` on a free port, once it listens."""
    command = [sys.executable, "-m", "hashwatt", "serve", "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise AssertionError("it never listened")
        try:
            yield process, int(found[1])
        finally:
            process.kill()


def test_a_miner_is_measured_and_the_file_verifies(tmp_path: Path) -> None:
    with server(tmp_path, "-t", "2", "--difficulty", "1e-6", "--challenge", "c", "-o", "a.json", "--json") as (
        process,
        port,
    ):
        miner = Miner(port, "rig one")
        miner.mine(60.0)
        out, errors = process.communicate(timeout=60)
    document = json.loads(out)
    assert process.returncode == 0, errors
    (worker,) = document["workers"]
    assert set(worker) == {"name", "shares", "seconds", "rate_hs", "low_hs", "high_hs", "claim_hs"}
    assert worker["name"] == "rig one"
    assert worker["seconds"] == 2.0
    assert worker["low_hs"] < worker["rate_hs"] < worker["high_hs"]
    assert worker["claim_hs"] is None
    assert worker["shares"] > 0
    assert document["verdict"]["ok"]
    result = load(tmp_path / "a.json")
    assert result.challenge == "c"
    assert result.results[0].device.id == "worker:rig-one"
    assert result.results[0].rate is not None
    assert result.results[0].rate.origin == "measured"


@contextmanager
def speaking_for_itself(known: replies.Replies) -> Iterator[int]:
    """A miner's own API on a free port; as cgminer's it ends each answer with a zero byte and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        asked = json.loads(connection.recv(4096))["command"]
                        connection.sendall(json.dumps(known.get(asked, {})).encode() + b"\0")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_joules_and_the_miners_own_claim_stand_beside_what_its_shares_prove(tmp_path: Path) -> None:
    options = ("-t", "3", "--difficulty", "1e-6", "--meter", "exec:echo 50 W", "-o", "a.json", "-q", "--json")
    with (
        speaking_for_itself(replies.BFGMINER) as api,
        server(tmp_path, *options, "--kind", "gpu", "--beside", f"cgminer://127.0.0.1:{api}") as (process, port),
    ):
        Miner(port, "rig").mine(60.0)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    (worker,) = json.loads(out)["workers"]
    assert worker["claim_hs"] == 422_000
    entry, claim = load(tmp_path / "a.json").results
    assert claim.rate is not None
    assert (claim.rate.value, claim.rate.origin) == (422_000, "reported")
    assert (claim.device.kind, claim.device.driver) == ("gpu", "bfgminer")
    (record,) = entry.energy
    assert record.gross_j == pytest.approx(150, rel=0.02), record.reason
    assert record.window_s == pytest.approx(3.0, rel=0.01)
    assert entry.rate is not None
    assert record.efficiency is not None
    assert record.efficiency.j_per_unit.value == pytest.approx(50 / entry.rate.value, rel=0.02)


def test_a_claim_alone_is_no_success(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = replace(served(), status="failed", reason="it found no share", rate=None, rounds=(), amount=0, seconds=0.0)
    result = served_result(replace(failed, evidence=None, warnings=()), reported())
    monkeypatch.setattr("hashwatt.bench.pool.measure.serve", lambda *_: result)
    outcome = run_here(capsys, "serve", "-o", str(tmp_path / "a.json"))
    assert outcome.code == 1, outcome.err
    assert "no worker was measured: it found no share" in outcome.err


def test_a_claim_that_cannot_be_read_is_told_and_the_proof_stands(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port_of_none = gone.getsockname()[1]
    options = ("-t", "1", "--difficulty", "1e-6", "-o", "a.json", "--beside", f"cgminer://127.0.0.1:{port_of_none}")
    with server(tmp_path, *options) as (process, port):
        Miner(port, "rig").mine(60.0)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "could not be read" in out
    entry, claim = load(tmp_path / "a.json").results
    assert entry.status == "measured"
    assert (claim.status, claim.rate) == ("failed", None)
    assert claim.reason is not None
    assert "cannot be reached" in claim.reason


def test_ctrl_c_without_a_miner_is_told_in_a_sentence(tmp_path: Path) -> None:
    with server(tmp_path) as (process, _):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


def test_ctrl_c_in_a_window_keeps_no_figure_of_it(tmp_path: Path) -> None:
    with server(tmp_path, "-t", "600", "--difficulty", "1e-6", "-o", "a.json") as (process, port):
        threading.Thread(target=Miner(port, "rig").mine, args=(60.0,), daemon=True).start()
        assert process.stderr is not None
        assert any("rig: measuring" in line for line in process.stderr), "its window never began"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    entry = load(tmp_path / "a.json").results[0]
    assert (entry.status, entry.rate) == ("interrupted", None)


def test_nobody_comes(tmp_path: Path) -> None:
    with server(tmp_path, "--wait", "1") as (process, _):
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "no miner connected within 1 s" in errors


def test_nonsense_alone_is_told(tmp_path: Path) -> None:
    with server(tmp_path, "--wait", "2") as (process, port):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.recv(10)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "it speaks HTTP, not Stratum" in errors


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("::", True)])
def test_an_address_that_others_can_reach_is_told_as_such(host: str, warned: bool, capsys: Capture) -> None:
    Watcher(quiet=True).listening(Address(host, 3333))
    told = capsys.readouterr().err
    assert ("other machines can connect" in told) == warned
    assert "stratum+tcp://" in told


def a_worker(name: str, address: str, window: bool) -> Connection:
    session = Session(PoolSettings("c", 1.0), REAL, bytes(4))
    session.name = name
    if window:
        session.window = Window(bytes(16), 0.0, 0.0, 1.0, 0, True, 1.0)
    return Connection(session, address, 0.0, cast("asyncio.StreamWriter", None))


def test_a_miner_that_left_before_its_window_and_came_back_is_one_worker() -> None:
    first, again = a_worker("rig", "192.0.2.1", False), a_worker("rig", "192.0.2.1", True)
    elsewhere, other = a_worker("rig", "192.0.2.2", False), a_worker("other", "192.0.2.1", False)
    assert counted([first, elsewhere, again, other]) == [elsewhere, again, other]
    assert counted([first]) == [first]


def test_a_password_is_in_nothing_that_mine_says(tmp_path: Path) -> None:
    """Not even where the pool repeats it, and all is told that can be."""
    secret = "correct-horse"

    def refuse(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(
                    b'{"id": 2, "result": [[], "00", 4], "error": null}\n'
                    b'{"id": 3, "result": false, "error": [24, "bad %s", null]}\n' % secret.encode()
                )
                time.sleep(5)

    login = tmp_path / "login"
    login.write_text(f"ana:{secret}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=(listener,), daemon=True).start()
        url = f"127.0.0.1:{listener.getsockname()[1]}"
        outcome = run_apart("mine", url, "--login-file", str(login), "-t", "5", "-v", "--debug")
    assert outcome.code == 1
    assert "refuses the worker 'ana'" in outcome.err
    assert secret not in outcome.err + outcome.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "--listen", "nowhere:x"), "is no address"),
        (("serve", "--listen", "203.0.113.1:1"), "cannot listen"),
        (("serve", "-t", "0"), "a window takes"),
        (("serve", "-t", "nan"), "a window takes"),
        (("serve", "--wait", "-1"), "waiting takes"),
        (("serve", "--difficulty", "0"), "a difficulty of"),
        (("serve", "--difficulty", "inf"), "a difficulty of"),
        (("serve", "--challenge", "a\nb"), "challenge"),
        (("serve", "--beside", "http://x"), "is no miner"),
        (("mine", "ftp://x"), "is no pool"),
        (("mine", "http://127.0.0.1:1"), "--payout"),
        (("mine", "127.0.0.1:1", "--payout", "a"), "leave out --payout"),
        (("mine", "127.0.0.1:1", "-t", "-1"), "makes no sense"),
        (("mine", "127.0.0.1:1", "--login-file", "nowhere"), "cannot be read"),
        (("devices", "--asic", ""), "is no miner"),
        (("run", "-d", "asic:x", "--together"), "a live ASIC is only read"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments: tuple[str, ...], words: str, capsys: Capture) -> None:
    outcome = run_here(capsys, *arguments)
    code, errors = outcome.code, outcome.err
    assert code == 2
    assert words in errors
    assert len(errors.strip().splitlines()) == 1
    assert len(errors.strip()) <= 130


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, capsys: Capture) -> None:
    there = tmp_path / "a.json"
    there.write_text("mine")
    outcome = run_here(capsys, "serve", "-o", str(there))
    code, errors = outcome.code, outcome.err
    assert code == 2
    assert "--force" in errors
    assert there.read_text() == "mine"


def test_live_asics_are_shown_with_whose_word_it_is(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = answering(replies.AXEOS)
    monkeypatch.setattr("hashwatt.bench.asic.reading.read.__defaults__", (ask, ask))
    outcome = run_here(capsys, "devices", "--asic", "axeos://rig")
    code, out = outcome.code, outcome.out
    assert code == 0
    assert "reported" in out
    assert "17.9 W estimated" in out
    outcome = run_here(capsys, "devices", "--asic", "axeos://rig", "--json")
    code, out = outcome.code, outcome.out
    assert set(paths_of(json.loads(out))) == documented("devices --asic")


def test_an_asic_that_gives_no_answer_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> object:
        raise NoAnswer("rig:4028 cannot be reached (no route to host); check the host, and that its API is on")

    monkeypatch.setattr("hashwatt.bench.asic.reading.read.__defaults__", (silent, silent))
    outcome = run_here(capsys, "devices", "--asic", "rig")
    code, out, errors = outcome.code, outcome.out, outcome.err
    assert (code, out) == (1, "")
    assert "cannot be reached" in errors


def test_a_live_asic_in_a_run_is_reported_and_verifies(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = answering(replies.AXEOS)
    monkeypatch.setattr("hashwatt.bench.asic.reading.read.__defaults__", (ask, ask))
    path = str(tmp_path / "a.json")
    outcome = run_here(capsys, "run", "-d", "axeos://rig", "-t", "0.5", "--meter", "none", "-o", path)
    code, out, errors = outcome.code, outcome.out, outcome.err
    assert code == 0, errors
    assert "reported" in out
    entry = load(path).results[0]
    assert entry.rate is not None
    assert entry.rate.origin == "reported"
    outcome = run_here(capsys, "verify", path)
    code, out = outcome.code, outcome.out
    assert code == 0
    assert "Nothing here is proven" in out


def test_what_serve_and_mine_print_is_documented(tmp_path: Path) -> None:
    with server(tmp_path, "-t", "1", "--difficulty", "1e-4", "-o", "a.json", "--json") as (process, port):
        mined = run_apart("mine", f"127.0.0.1:{port}", "--user", "me", "-t", "8", "--json")
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    served = {path for path in paths_of(json.loads(out)) if not path.startswith(("result.", "verdict."))}
    assert served == documented("serve")
    document = mined.document
    assert set(paths_of(document)) == documented("mine")
    assert document["accepted"] > 0
    assert document["hashes"] > 0
