"""`hashwatt scan` answers with every share, and refuses bad input in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

import hashwatt.bench.api
from hashwatt.bench.api import ScanResult
from hashwatt.kernels.headers.target import target_from_zero_bits

from .terminal import run_here

Capture = pytest.CaptureFixture[str]
HEADER = "00" * 80


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the harness is asked for; it always finds nonces 7 and 9."""
    asked: dict[str, Any] = {}

    def scan(header: bytes, start: int, count: int, target: int, device: str | None, progress: object) -> ScanResult:
        asked.update(header=header, start=start, count=count, target=target, device=device)
        return ScanResult(device="cpu", start=start, count=count, hashes=count, nonces=[7, 9], seconds=0.5, xor_h7=0xAB)

    monkeypatch.setattr(hashwatt.bench.api, "scan", scan)
    return asked


def test_nonces_stand_one_a_line_on_stdout_and_the_summary_on_stderr(asked: dict[str, Any], capsys: Capture) -> None:
    outcome = run_here(capsys, "scan", "--header", HEADER, "--zero-bits", "8", "--count", "1000")
    assert outcome.out == "7\n9\n"
    assert "1,000 hashes in 0.50 s (2.000 kH/s), 2 shares, xor_h7 0x000000ab" in outcome.err


def test_json_has_the_fields_that_scripts_rely_on(asked: dict[str, Any], capsys: Capture) -> None:
    document = run_here(capsys, "scan", "--header", HEADER, "--zero-bits", "8", "--count", "10", "--json").document
    assert document == {
        "device": "cpu",
        "start": 0,
        "count": 10,
        "hashes": 10,
        "nonces": [7, 9],
        "seconds": 0.5,
        "xor_h7": 0xAB,
        "complete": True,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--start 5", (5, (1 << 32) - 5)),
        ("--start 0x80000000 --count 0x10", (1 << 31, 16)),
        ("--start 0XFF --count 007", (255, 7)),
        ("--count 4294967296", (0, 1 << 32)),
    ],
)
def test_numbers_are_decimal_or_hexadecimal(
    asked: dict[str, Any], capsys: Capture, options: str, expected: tuple[int, int]
) -> None:
    assert run_here(capsys, "scan", "--header", HEADER, "--zero-bits", "8", *options.split()).code == 0
    assert (asked["start"], asked["count"]) == expected


def test_a_target_is_what_bitcoin_prints(asked: dict[str, Any], capsys: Capture) -> None:
    run_here(capsys, "scan", "--header", HEADER, "--target", "00000000" + "f" * 56)
    assert asked["target"] == target_from_zero_bits(32)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "no threshold"),
        ("--zero-bits 8 --target ff", "one of them"),
        ("--zero-bits -1", "zero bits"),
        ("--zero-bits 256", "zero bits"),
        ("--target 0", "target is 0"),
        ("--target 1" + "0" * 64, "over 256 bits"),
        ("--target xyz", "not a hexadecimal"),
        ("--target -5", "not a hexadecimal"),
        ("--zero-bits 8 --start abc", "not an integer"),
        ("--zero-bits 8 --start 1_000", "not an integer"),
        ("--zero-bits 8 --start 1.5", "not an integer"),
        ("--zero-bits 8 --start 0x", "not an integer"),
        ("--zero-bits 8 --count " + "9" * 5_000, "not an integer"),
        ("--zero-bits 8 --count ٣", "not an integer"),
    ],
)
def test_bad_thresholds_and_numbers_are_refused(
    asked: dict[str, Any], capsys: Capture, options: str, words: str
) -> None:
    outcome = run_here(capsys, "scan", "--header", HEADER, *options.split())
    assert outcome.code == 2
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert asked == {}


@pytest.mark.parametrize("header", ["", "  ", "zz" * 80, "00" * 79, "00" * 81, "0" * 159, "é" * 160])
def test_bad_headers_are_refused(asked: dict[str, Any], capsys: Capture, header: str) -> None:
    outcome = run_here(capsys, "scan", "--header", header, "--zero-bits", "8")
    assert outcome.code == 2
    assert "header" in outcome.err
    assert asked == {}


@pytest.mark.parametrize("option", ["-v", "--json"])
def test_an_interrupted_scan_gives_what_it_has_and_says_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, option: str
) -> None:
    part = ScanResult(
        device="cpu", start=0, count=10, hashes=10, nonces=[7, 9], seconds=0.5, xor_h7=0xAB, complete=False
    )
    monkeypatch.setattr(hashwatt.bench.api, "scan", lambda *_: part)
    outcome = run_here(capsys, "scan", "--header", HEADER, "--zero-bits", "8", "--count", "1000", option)
    assert outcome.code == 130
    assert "interrupted after 10 of 1,000 nonces" in outcome.err
    if option == "--json":
        assert (outcome.document["count"], outcome.document["complete"]) == (10, False)
    else:
        assert outcome.out == "7\n9\n"
