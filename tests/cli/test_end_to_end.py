"""The command line with nothing replaced: a real device, real files, a real Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits
from tests.bench.verification.packed import with_checksums, with_keys
from tests.kernels.headers import known_blocks

from .terminal import run_apart, run_here

Capture = pytest.CaptureFixture[str]
Tamper = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def device() -> str:
    """The first device of this machine."""
    outcome = run_apart("devices", "--json")
    assert outcome.code == 0, outcome.err
    ids = [entry["id"] for entry in outcome.document["devices"] if entry["available"]]
    if not ids:
        pytest.skip("this machine has no device at all")
    return str(ids[0])


@pytest.fixture(scope="module")
def measured(device: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result file of a short run."""
    path = tmp_path_factory.mktemp("run") / "result.json"
    outcome = run_apart("run", "-d", device, "-t", "2", "--challenge", "Ana, 12 May", "-o", str(path))
    assert outcome.code == 0, outcome.err
    assert "verified" in outcome.out
    return path


def test_a_result_verifies(measured: Path, capsys: Capture) -> None:
    outcome = run_here(capsys, "verify", str(measured))
    assert outcome.code == 0
    assert "✗" not in outcome.out


def test_chunks_recompute(measured: Path) -> None:
    assert run_apart("verify", str(measured), "--recompute", "2").code == 0


def first(result: dict[str, Any]) -> dict[str, Any]:
    device: dict[str, Any] = result["results"][0]
    return device


def share_that_misses_its_target(result: dict[str, Any]) -> None:
    with_keys(first(result)["evidence"], lambda keys: [keys[0] ^ 1, *keys[1:]])


def share_outside_the_claimed_range(result: dict[str, Any]) -> None:
    first(result)["evidence"]["spans"][0]["start"] += 1 << 20


def header_of_another_challenge(result: dict[str, Any]) -> None:
    result["challenge"] = "Bob, 12 May"


def most_shares_gone(result: dict[str, Any]) -> None:
    with_keys(first(result)["evidence"], lambda keys: keys[::3])


def rate_twice_as_high(result: dict[str, Any]) -> None:
    for bound in ("value", "low", "high"):
        first(result)["rate"][bound] *= 2


def unknown_field(result: dict[str, Any]) -> None:
    result["verdict"] = "trust me"


def escape_sequence_in_a_name(result: dict[str, Any]) -> None:
    first(result)["device"]["name"] = "\x1b[2Jevil"


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (share_that_misses_its_target, "meet"),
        (share_outside_the_claimed_range, "range"),
        (header_of_another_challenge, "challenge"),
        (most_shares_gone, "expected"),
        (rate_twice_as_high, "stated"),
        (unknown_field, "verdict"),
        (escape_sequence_in_a_name, "name"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_tampered_result_is_refused(
    measured: Path, tmp_path: Path, capsys: Capture, tamper: Tamper, words: str
) -> None:
    result = json.loads(measured.read_text(encoding="utf-8"))
    tamper(result)
    tampered = tmp_path / "tampered.json"
    tampered.write_text(json.dumps(result), encoding="utf-8")
    outcome = run_here(capsys, "verify", str(tampered))
    assert outcome.code == 1
    assert any(words in line for line in outcome.out.splitlines() if line.startswith("✗"))


def test_a_wrong_checksum_is_refused_when_recomputed(measured: Path, tmp_path: Path, capsys: Capture) -> None:
    result = json.loads(measured.read_text(encoding="utf-8"))
    with_checksums(first(result)["evidence"], lambda words: [word ^ 1 for word in words])
    tampered = tmp_path / "tampered.json"
    tampered.write_text(json.dumps(result), encoding="utf-8")
    assert run_here(capsys, "verify", str(tampered)).code == 0
    outcome = run_here(capsys, "verify", str(tampered), "--recompute", "1")
    assert outcome.code == 1
    assert "checksum" in outcome.out


def no_file(path: Path) -> None:
    pass


def a_folder(path: Path) -> None:
    path.mkdir()


def empty(path: Path) -> None:
    path.touch()


def a_gigabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def written(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "make",
    [
        no_file,
        a_folder,
        empty,
        a_gigabyte,
        pytest.param(written("hello"), id="not_json"),
        pytest.param(written("[" * 200_000), id="deeply_nested"),
        pytest.param(written('{"schema_version": 999}'), id="newer_schema"),
        pytest.param(written('{"schema_version": 1, "created": NaN}'), id="nan"),
    ],
    ids=lambda make: make.__name__,
)
def test_a_file_that_is_no_result_is_bad_input(tmp_path: Path, capsys: Capture, make: Callable[[Path], None]) -> None:
    path = tmp_path / "file.json"
    make(path)
    outcome = run_here(capsys, "verify", str(path))
    assert outcome.code == 2
    assert "file.json" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_truncated_result_is_bad_input(measured: Path, tmp_path: Path, capsys: Capture) -> None:
    content = measured.read_bytes()
    path = tmp_path / "cut.json"
    path.write_bytes(content[: len(content) // 2])
    assert run_here(capsys, "verify", str(path)).code == 2


def test_scan_finds_what_hashlib_finds(device: str, capsys: Capture) -> None:
    genesis = known_blocks()[0]
    start = genesis.nonce - 1_234
    options = f"--header {genesis.header.hex()} --zero-bits 8 --start {start} --count 2501 -d {device} --json"
    document = run_here(capsys, "scan", *options.split()).document
    hits, xor_h7 = reference_scan(Job((genesis.prefix,), target_from_zero_bits(8)), range(start, start + 2_501))
    assert document["nonces"] == [nonce for _, nonce in hits]
    assert document["xor_h7"] == xor_h7
    assert document["hashes"] == 2_501


@pytest.mark.parametrize(
    "options",
    [
        "--count 0",
        "--count -1",
        "--count 4294967297",
        "--start -1",
        "--start 4294967296",
        "--start 4294967295 --count 2",
        "-d nothing",
    ],
)
def test_scan_refuses_a_bad_range_or_device(capsys: Capture, options: str) -> None:
    outcome = run_here(capsys, "scan", "--header", "00" * 80, "--zero-bits", "8", *options.split())
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        "-d nothing",
        "-t 0",
        "-t -1",
        "-t nan",
        "-t inf",
        "--threads 0",
        "--rolled 0",
        "--rolled 65537",
        "--kernel no-such-kernel",
        "--threads x",
    ],
)
def test_run_refuses_bad_options_and_leaves_no_file(device: str, tmp_path: Path, capsys: Capture, options: str) -> None:
    path = tmp_path / "result.json"
    chosen = [] if options.startswith("-d") else ["-d", device]
    outcome = run_here(capsys, "run", "-q", "-o", str(path), *chosen, *options.split())
    assert outcome.code == 2, outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console, this test included")
def test_ctrl_c_keeps_what_was_measured(device: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "result.json"
    command = [sys.executable, "-m", "hashwatt", "run", "-d", device, "-t", "10", "-o", str(path)]
    import pty

    # Only a terminal is told of each round: two of five have the shares that a proof needs.
    master, slave = pty.openpty()
    told = b""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "COLUMNS": "200"}) as run:
        os.close(slave)
        # Linux ends a terminal that nobody writes to any more with an error.
        with suppress(OSError):
            while some := os.read(master, 65536):
                if b"round 3" in told + some and b"round 3" not in told:
                    run.send_signal(signal.SIGINT)
                told += some
    os.close(master)
    assert run.returncode == 130, told
    assert b"interrupted" in told
    assert b"Traceback" not in told
    result = json.loads(path.read_text(encoding="utf-8"))
    assert first(result)["status"] == "interrupted"
    assert first(result)["amount"] > 0
    assert run_here(capsys, "verify", str(path)).code == 0
