from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.headers.job import PREFIX_BYTES, roll_versions, rolled_prefix
from hashwatt.kernels.headers.target import MAX_TARGET, share_probability
from hashwatt.kernels.workloads.proof.headers import Headers, kept_target, share_target, target_to_hex
from hashwatt.kernels.workloads.sha256d.version1.headers import derive_prefix

texts = st.text(max_size=8)


def headers(**changes: Any) -> Headers:
    """The headers of one proof, changed."""
    return replace(
        Headers("challenge", "00" * 8, "cpu", "00" * 16, "sha256d", MAX_TARGET >> 16, 10_000, 1, 4096), **changes
    )


def test_the_derivation_never_changes() -> None:
    # Stored results would no longer verify.
    prefix = headers().prefix(0)
    assert len(prefix) == PREFIX_BYTES
    assert prefix.hex().startswith("83220d78b034855e")
    assert derive_prefix("challenge", "cpu", "00" * 16, 0).hex().startswith("0a3f4456aacc28e7")


@pytest.mark.parametrize("field", [field.name for field in fields(Headers)])
def test_everything_that_a_proof_depends_on_gives_other_headers(field: str) -> None:
    value = getattr(headers(), field)
    other = value + ("x" if isinstance(value, str) else 1)
    assert headers(**{field: other}).prefix(0) != headers().prefix(0)


@given(st.tuples(*[texts] * 5, st.integers(0, 9)), st.tuples(*[texts] * 5, st.integers(0, 9)))
def test_different_inputs_give_different_headers(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    def prefix(challenge: str, machine: str, device: str, run: str, workload: str, number: int) -> bytes:
        return Headers(challenge, machine, device, run, workload, 7, 1, 1, 1).prefix(number)

    assert (prefix(*one) == prefix(*other)) == (one == other)


def test_moving_a_character_between_inputs_gives_another_header() -> None:
    assert headers(challenge="ab", machine="c").prefix(0) != headers(challenge="a", machine="bc").prefix(0)
    assert derive_prefix("ab", "c", "d", 0) != derive_prefix("a", "bc", "d", 0)


@given(st.binary(min_size=PREFIX_BYTES, max_size=PREFIX_BYTES), st.integers(0, 300))
def test_a_single_rolled_prefix_is_the_one_of_the_whole_list(prefix: bytes, index: int) -> None:
    assert rolled_prefix(prefix, index) == roll_versions(prefix, index + 1)[-1]


def test_the_last_rolled_prefix_is_the_one_of_the_whole_list() -> None:
    prefix = bytes(range(PREFIX_BYTES))
    assert rolled_prefix(prefix, 65535) == roll_versions(prefix, 65536)[-1]


@given(st.floats(1.0, 1e25), st.integers(1, 50_000))
def test_the_share_target_gives_as_many_shares_as_are_wanted(hashes: float, wanted: int) -> None:
    target = share_target(hashes, wanted)
    assert 1 <= target <= MAX_TARGET
    assert hashes * share_probability(target) == pytest.approx(min(float(wanted), hashes), rel=1e-9)
    assert len(target_to_hex(target)) == 64


@given(st.integers(1, 1 << 62), st.integers(1, 50_000), st.integers(0, 60))
def test_no_more_shares_are_kept_than_wanted_and_all_of_fewer(hashes: int, wanted: int, zero_bits: int) -> None:
    target = MAX_TARGET >> zero_bits
    kept = kept_target(target, hashes, wanted)
    assert kept <= target
    assert hashes * share_probability(kept) <= wanted * (1 + 1e-9)
    if hashes * share_probability(target) < wanted * (1 - 1e-9):
        assert kept == target
