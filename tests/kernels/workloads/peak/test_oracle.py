"""The closed forms, held against the steps themselves in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.peak.formats import FORMATS, STEPS, SWEEP_STEPS
from hashwatt.kernels.workloads.peak.oracle import after, after_sweep, beginnings, constants
from hashwatt.kernels.workloads.peak.plain import VALUES_AN_ITEM, bfloat16

REALS = [name for name, form in FORMATS.items() if form.is_flop]
SEED = ("a challenge", "cpu", "a run")


def stepped(number: str, x: int, turns: int, launches: int, m: int, c: int) -> int:
    """One number after so many launches, step by step in whole numbers without bounds."""
    for _ in range(launches):
        for step in range(turns * STEPS):
            if number == "bfloat16":
                x += (-1) ** (step % 2) * (c + (step % STEPS != STEPS - 1))
                continue
            x = x * m + c + (step % STEPS == STEPS - 1)
            x = x % (1 << 32) if number == "int32" else x
        x += 1 - turns if number != "int32" else 0
    return x


@given(st.sampled_from([*REALS, "int32"]), st.integers(1, 20), st.integers(0, 4), st.text(max_size=5))
def test_a_launch_is_what_its_steps_make(number: str, turns: int, launches: int, challenge: str) -> None:
    m, c = constants(number, challenge, "cpu", "run")
    first = beginnings(number, 8, challenge, "cpu", "run")
    right = [stepped(number, int(x), turns, launches, m, c) for x in first]
    assert [int(x) for x in after(number, first, turns, launches, m, c)] == right


@pytest.mark.parametrize("number", REALS)
def test_no_number_on_the_way_is_rounded(number: str) -> None:
    """The largest are c + 1 and x + turns; whole numbers of so many bits are exact."""
    form = FORMATS[number]
    # Sums of products of bfloat16 are of float32.
    bits = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 24}[number]
    largest = (1 << form.seed_bits) + 1 + form.turns * form.host_factor + form.launches
    assert largest <= 1 << bits
    assert float(constants(number, *SEED)[0]) == -1.0


@given(st.text(max_size=5))
def test_what_pairs_are_made_of_has_no_more_bits_than_a_bfloat16(challenge: str) -> None:
    _, c = constants("bfloat16", challenge, "cpu", "run")
    assert np.float32(c).view(np.uint32) & 0xFFFF == 0


def test_plain_python_makes_the_numbers_of_the_closed_form() -> None:
    m, c = constants("bfloat16", *SEED)
    first = beginnings("bfloat16", 2 * VALUES_AN_ITEM, *SEED)
    numbers = first.copy()
    bfloat16(numbers, 3, m, c, 0, 2)
    assert numbers.tobytes() == after("bfloat16", first, 3, 1, m, c).tobytes()


def test_bytes_are_multiplied_without_a_sign_and_added_up() -> None:
    m, c = constants("int8", *SEED)
    assert all(0 < byte < 128 for byte in m.to_bytes(4, "little"))
    first = beginnings("int8", 5, *SEED)
    right = []
    for x in (int(each) for each in first):
        for _ in range(2 * STEPS):
            products = zip(x.to_bytes(4, "little"), m.to_bytes(4, "little"), strict=True)
            x = (x + sum(one * other for one, other in products)) % (1 << 32)
        right.append(x)
    # Each launch begins anew, so that the number of launches changes nothing.
    for launches in (1, 7):
        assert [int(each) for each in after("int8", first, 2, launches, m, c)] == right


@pytest.mark.parametrize("steps", SWEEP_STEPS)
def test_a_pass_of_the_sweep_is_what_its_steps_make(steps: int) -> None:
    c = 77
    first = np.arange(1.0, 9.0)
    for passes in range(5):
        values = [Fraction(float(x)) for x in first]
        for _ in range(passes):
            for step in range(steps):
                values = [-x + c + (step == steps - 1) for x in values]
        assert [float(x) for x in values] == list(after_sweep(first, steps, passes, c))


def test_inputs_derive_from_the_challenge() -> None:
    for number in FORMATS:
        first = beginnings(number, 100, *SEED)
        assert np.array_equal(first, beginnings(number, 100, *SEED))
        assert not np.array_equal(first, beginnings(number, 100, "another", *SEED[1:]))
        assert len(set(first.tolist())) > 20
