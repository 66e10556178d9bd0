"""`hashwatt scan` answers with every share, and refuses bad input in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

import hashwatt.bench.api
from hashwatt.bench.api import ScanResult
from hashwatt.kernels.headers.target import target_from_zero_bits

from ..terminal import run_here

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


GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)


def words_swapped(header: bytes) -> bytes:
    """As getwork gives it: the bytes of each 32-bit word turned around."""
    return b"".join(header[at : at + 4][::-1] for at in range(0, 80, 4))


def fields_swapped(header: bytes) -> bytes:
    """As somebody writes it who takes the fields for big-endian numbers."""
    hashes = header[4:36][::-1] + header[36:68][::-1]
    return header[:4][::-1] + hashes + b"".join(header[at : at + 4][::-1] for at in (68, 72, 76))


@pytest.mark.parametrize("swapped", [words_swapped, fields_swapped])
def test_a_header_that_makes_sense_only_with_its_bytes_swapped_is_hinted_at(
    asked: dict[str, Any], capsys: Capture, swapped: Any
) -> None:
    outcome = run_here(capsys, "scan", "--header", swapped(GENESIS).hex(), "--zero-bits", "8", "-q")
    assert outcome.code == 0
    assert outcome.err.count("make sense only with their bytes swapped") == 1
    assert asked["header"] == swapped(GENESIS), "it is scanned as it was given"


@pytest.mark.parametrize("header", [GENESIS.hex(), HEADER, "ff" * 80, "2c" * 80, "00000020" + GENESIS.hex()[8:]])
def test_no_other_header_is_hinted_at(asked: dict[str, Any], capsys: Capture, header: str) -> None:
    assert run_here(capsys, "scan", "--header", header, "--zero-bits", "8", "-q").err == ""


def test_getwork_s_little_endian_target_is_hinted_at(asked: dict[str, Any], capsys: Capture) -> None:
    outcome = run_here(capsys, "scan", "--header", HEADER, "--target", "f" * 56 + "0" * 8, "-q")
    assert outcome.code == 0
    assert "every second hash meets this target" in outcome.err
    assert "32 zero bits" in outcome.err


@pytest.mark.parametrize("target", ["7fffff" + "0" * 58, "0" * 8 + "f" * 56, "f" * 64, "1"])
def test_no_other_target_is_hinted_at(asked: dict[str, Any], capsys: Capture, target: str) -> None:
    assert run_here(capsys, "scan", "--header", HEADER, "--target", target, "-q").err == ""


def test_zero_bits_are_never_hinted_at(asked: dict[str, Any], capsys: Capture) -> None:
    assert run_here(capsys, "scan", "--header", HEADER, "--zero-bits", "0", "-q").err == ""


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
