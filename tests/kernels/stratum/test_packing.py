"""Shares as bytes, there and back."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.stratum.packing import ServedShare, pack, unpack

BITS = st.integers(0, 0xFFFF).map(lambda bits: bits << 13)


@st.composite
def rows(draw: st.DrawFn) -> list[ServedShare]:
    times = sorted(draw(st.lists(st.integers(0, 10**11), max_size=30)))
    return [
        ServedShare(
            at,
            draw(st.integers(0, 2**24)),
            draw(st.binary(min_size=4, max_size=4)),
            draw(st.integers(0, 7200)),
            draw(st.integers(0, 2**32 - 1)),
            draw(BITS),
        )
        for at in times
    ]


@given(rows())
def test_what_is_packed_comes_back(shares: list[ServedShare]) -> None:
    assert list(unpack(pack(shares, rolls=True), 4, rolls=True)) == shares


def test_a_share_takes_about_ten_bytes() -> None:
    shares = [ServedShare(20_000 * number, number // 700, bytes(4), 3, 123456789, 0) for number in range(1000)]
    assert len(base64.b64decode(pack(shares, rolls=False))) / 1000 <= 13


def test_shares_out_of_order_are_not_packed() -> None:
    late, early = ServedShare(5, 0, bytes(4), 0, 0, 0), ServedShare(4, 0, bytes(4), 0, 0, 0)
    with pytest.raises(ValueError, match="order"):
        pack([late, early], rolls=False)


@given(rows().filter(bool), st.data())
def test_what_is_cut_short_is_refused(shares: list[ServedShare], data: st.DataObject) -> None:
    packed = base64.b64decode(pack(shares, rolls=True))
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    text = base64.b64encode(cut).decode()
    try:
        found = list(unpack(text, 4, rolls=True))
    except ValueError:
        return
    # A cut between two rows leaves the rows before it.
    assert found == shares[: len(found)]
    assert len(found) < len(shares)


@given(st.binary(max_size=100))
def test_any_bytes_are_shares_or_refused(data: bytes) -> None:
    try:
        for share in unpack(base64.b64encode(data).decode(), 4, rolls=False):
            assert share.at_us >= 0
    except ValueError:
        pass
