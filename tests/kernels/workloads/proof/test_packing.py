"""Packed numbers: what was packed comes back, and whatever a file holds is read or refused."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.proof.packing import (
    Unreadable,
    pack_ascending,
    pack_words,
    unpack_ascending,
    unpack_words,
)

LARGEST = (1 << 63) - 1
ascending = st.sets(st.integers(0, LARGEST - 1), max_size=40).map(sorted)


@given(ascending)
def test_ascending_numbers_come_back(numbers: list[int]) -> None:
    assert unpack_ascending(pack_ascending(numbers), LARGEST).tolist() == numbers


@pytest.mark.parametrize(
    ("number", "octets"), [(0, 1), (127, 1), (128, 2), (129, 2), (16_383, 2), (16_384, 3), ((1 << 63) - 2, 9)]
)
def test_a_gap_takes_a_byte_for_each_seven_of_its_bits(number: int, octets: int) -> None:
    text = pack_ascending([number])
    assert len(base64.b64decode(text)) == octets
    assert unpack_ascending(text, LARGEST).tolist() == [number]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40))
def test_words_come_back(words: list[int]) -> None:
    assert unpack_words(pack_words(words)) == words


@given(st.binary(max_size=60), st.integers(0, LARGEST))
def test_whatever_is_packed_is_ascending_and_within_bounds_or_unreadable(packed: bytes, largest: int) -> None:
    try:
        numbers = unpack_ascending(base64.b64encode(packed).decode(), largest).tolist()
    except Unreadable:
        return
    assert all(before < after for before, after in pairwise(numbers))
    assert all(0 <= number <= largest for number in numbers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A", "not base64"),
        ("AA==\n", "not base64"),
        ("A A==", "not base64"),
        ("gA==", "cut short"),
        (base64.b64encode(b"\xff" * 10 + b"\x00").decode(), "63 bits"),
    ],
)
def test_what_is_unreadable_says_why(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        unpack_ascending(text, LARGEST)


def test_sums_beyond_63_bits_do_not_wrap_around() -> None:
    largest_gap = b"\xff" * 8 + b"\x7f"
    with pytest.raises(Unreadable, match="beyond all bounds"):
        unpack_ascending(base64.b64encode(largest_gap * 3).decode(), LARGEST)


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        # Just below 2^63 by their sum, beyond it with one more for each of them.
        ([LARGEST - 4095, *[0] * 8191], "beyond all bounds"),
        # Between 2^63 and 2^64, where 64 bits would still hold it.
        ([LARGEST, LARGEST // 2], "beyond all bounds"),
        ([LARGEST - 9000, *[0] * 10], None),
    ],
)
def test_what_counts_beyond_63_bits_is_told_from_what_is_claimed(gaps: list[int], words: str | None) -> None:
    def packed(gap: int) -> bytes:
        low, rest = gap & 0x7F, gap >> 7
        return bytes([low | 0x80]) + packed(rest) if rest else bytes([low])

    text = base64.b64encode(b"".join(map(packed, gaps))).decode()
    if words is None:
        assert len(unpack_ascending(text, LARGEST)) == len(gaps)
        return
    with pytest.raises(Unreadable, match=words):
        unpack_ascending(text, LARGEST)


def test_a_number_of_ten_bytes_is_none_and_of_nine_is_one() -> None:
    with pytest.raises(Unreadable, match="63 bits"):
        unpack_ascending(base64.b64encode(b"\x80" * 9 + b"\x00").decode(), LARGEST)
    assert unpack_ascending(base64.b64encode(b"\x80" * 8 + b"\x01").decode(), LARGEST).tolist() == [1 << 56]


def test_half_a_word_is_no_word() -> None:
    with pytest.raises(Unreadable, match="whole number"):
        unpack_words("AAA=")


def test_ten_thousand_shares_of_a_usual_run_take_a_few_bytes_each() -> None:
    assert len(pack_ascending(range(0, 10_000 * 170_000, 170_000))) <= 10_000 * 4
    # A device of 100 TH/s, ten seconds: one share in 10¹¹ hashes.
    assert len(pack_ascending(range(0, 10_000 * 10**11, 10**11))) <= 10_000 * 8
