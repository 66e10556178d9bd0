"""What headers derive from, and the targets that follow from amounts of work."""

from __future__ import annotations

from dataclasses import replace
from hashlib import shake_256

import pytest

from hashwatt.kernels.headers.target import MAX_TARGET
from hashwatt.kernels.workloads.proof.headers import Headers, kept_target, share_target, target_to_hex

ONE = Headers("challenge", "machine", "device", "run", "sha256d", 1 << 200, 10_000, 4, 512)


def test_a_prefix_is_what_the_form_says() -> None:
    """The form written down once more, apart from the code: lengths as 8 bytes, the lowest first."""
    parts = [
        b"hashwatt proof 2",
        b"challenge",
        b"machine",
        b"device",
        b"run",
        b"sha256d",
        (1 << 200).to_bytes(32, "big"),
    ]
    parts.append(b"".join(number.to_bytes(8, "little") for number in (10_000, 4, 512)))
    message = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    for number in (0, 1, 1 << 40):
        assert ONE.prefix(number) == shake_256(message + number.to_bytes(8, "little")).digest(76)


def test_what_moves_from_one_text_to_the_next_gives_other_headers() -> None:
    assert replace(ONE, challenge="challengem", machine="achine").prefix(0) != ONE.prefix(0)


def test_a_target_is_met_by_so_many_of_so_many_hashes() -> None:
    assert share_target(1024, 4) == 1 << 248
    assert share_target(3, 1) == int(1 / 3 * 2**60) << 196
    assert share_target(1e9, 1) == pytest.approx((1 << 256) / 1e9, rel=1e-12)


def test_targets_stay_within_what_there_is() -> None:
    assert share_target(5, 5) == share_target(5, 50) == share_target(0, 1) == MAX_TARGET
    assert share_target(1, 0.5) == 1 << 255
    assert share_target(1.5, 0.75) == 1 << 255
    assert share_target(0.25, 0.5) == 1 << 255
    assert share_target(1e300, 1e-300) == 1


def test_the_kept_target_is_the_run_s_or_a_harder_one() -> None:
    assert kept_target(1 << 240, 1024, 4) == 1 << 240
    assert kept_target(1 << 250, 1024, 4) == 1 << 248


def test_a_target_is_written_in_64_digits() -> None:
    assert target_to_hex(255) == "0" * 62 + "ff"
