from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.headers.job import PREFIX_BYTES, roll_versions, rolled_prefix
from hashwatt.kernels.headers.target import MAX_TARGET, share_probability
from hashwatt.kernels.workloads.sha256d.headers import derive_prefix, share_target, target_to_hex

texts = st.text(max_size=8)


def test_the_derivation_never_changes() -> None:
    # Stored results would no longer verify.
    prefix = derive_prefix("challenge", "cpu", "00" * 16, 0)
    assert len(prefix) == PREFIX_BYTES
    assert prefix.hex().startswith("0a3f4456aacc28e7")


@given(st.tuples(texts, texts, texts, st.integers(0, 9)), st.tuples(texts, texts, texts, st.integers(0, 9)))
def test_different_inputs_give_different_headers(
    one: tuple[str, str, str, int], other: tuple[str, str, str, int]
) -> None:
    assert (derive_prefix(*one) == derive_prefix(*other)) == (one == other)


def test_moving_a_character_between_inputs_gives_another_header() -> None:
    assert derive_prefix("ab", "c", "d", 0) != derive_prefix("a", "bc", "d", 0)


@given(st.binary(min_size=PREFIX_BYTES, max_size=PREFIX_BYTES), st.integers(0, 300))
def test_a_single_rolled_prefix_is_the_one_of_the_whole_list(prefix: bytes, index: int) -> None:
    assert rolled_prefix(prefix, index) == roll_versions(prefix, index + 1)[-1]


def test_the_last_rolled_prefix_is_the_one_of_the_whole_list() -> None:
    prefix = bytes(range(PREFIX_BYTES))
    assert rolled_prefix(prefix, 65535) == roll_versions(prefix, 65536)[-1]


@given(st.floats(1.0, 1e25))
def test_the_share_target_gives_about_256_shares_in_the_planned_hashes(planned: float) -> None:
    target = share_target(planned)
    assert 1 <= target <= MAX_TARGET
    expected = planned * share_probability(target)
    assert abs(expected - min(256.0, planned)) < 0.01
    assert len(target_to_hex(target)) == 64
