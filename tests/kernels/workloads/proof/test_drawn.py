"""Which shares are looked at: drawn by the system, each set as likely as any other, in few calls."""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import combinations

import pytest

from hashwatt.kernels.workloads.proof.verify import drawn


@pytest.mark.parametrize(("total", "most"), [(1, 1), (5, 5), (301, 300), (10_000, 300), (1 << 40, 300)])
def test_so_many_different_ones_are_drawn_in_order(total: int, most: int) -> None:
    found = drawn(total, most).tolist()
    assert found == sorted(set(found))
    assert len(found) == most
    assert 0 <= found[0] <= found[-1] < total


def test_every_set_is_as_likely_as_any_other() -> None:
    tries = 6000
    often = Counter(tuple(drawn(6, 3).tolist()) for _ in range(tries))
    expected = tries / 20
    # Chi-square with 19 degrees of freedom: beyond 64 once in a million.
    chi_square = sum((often[each] - expected) ** 2 / expected for each in combinations(range(6), 3))
    assert chi_square < 64


def test_one_call_of_the_system_draws_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = secrets.token_bytes, list[int]()

    def counted(size: int) -> bytes:
        asked.append(size)
        return real(size)

    monkeypatch.setattr(secrets, "token_bytes", counted)
    drawn(10_000, 300)
    assert asked == [4800]


def test_what_lies_beyond_the_last_whole_multiple_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """2⁶⁴ − 1 is a multiple of 3: the last word of all would make 0 likelier, and the one before it counts."""
    words = iter([(1 << 64) - 1, (1 << 64) - 2])
    monkeypatch.setattr(secrets, "token_bytes", lambda size: next(words).to_bytes(8, "little") * (size // 8))
    assert drawn(3, 1).tolist() == [2]
