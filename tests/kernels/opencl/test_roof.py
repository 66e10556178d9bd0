"""The measured limit of a device, and the streams of operations that it is measured with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain, count, repeat
from typing import ClassVar, cast

import pytest

from hashwatt.kernels.device import HasRoof
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job, roll_versions
from hashwatt.kernels.opencl import roof
from hashwatt.kernels.opencl.codegen.pipes import Pipes
from hashwatt.kernels.opencl.codegen.stream import (
    ADD,
    MULTIPLY_ADD,
    MULTIPLY_HIGH,
    ROTATE,
    STEPS,
    XOR,
    XOR3,
    XOR4,
    both_pipes_mix,
    interleaved,
    operation_mix,
)
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.roof import MOST_TRIALS, fewest_seconds

from .devices import open_first, open_here


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_a_stream_has_the_proportions_of_the_hash(three_operand_logic: bool) -> None:
    mix = operation_mix(three_operand_logic)
    total = sum(mix.values())
    counted = Counter(interleaved(mix))
    for kind, wanted in mix.items():
        assert abs(counted[kind] - STEPS * wanted / total) < 1


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_prefixes_share_the_message_schedule_once(three_operand_logic: bool) -> None:
    one, two, many = (sum(operation_mix(three_operand_logic, prefixes).values()) for prefixes in (1, 2, 1 << 16))
    shared = 2 * (one - two)
    assert 300 < shared < one / 3
    assert many == pytest.approx(one - shared, abs=0.1)
    pair = Variant(1, "rotate", "xor", pipes="pair")
    assert sum(both_pipes_mix(pair, 64).values()) < 0.9 * sum(both_pipes_mix(pair).values())


def test_the_roof_of_a_rolled_job_is_that_of_its_own_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roof, "_Meter", Meter)
    monkeypatch.setattr(roof, "has_three_operand_logic", lambda: True)
    plain, rolled = (roof.measure_roof(NOTHING, "cpu", Variant(16), 2, 0.0, prefixes) for prefixes in (1, 64))
    assert 1.1 * plain.rate_per_s < rolled.rate_per_s < 1.5 * plain.rate_per_s


@pytest.mark.own_process
def test_a_device_measures_the_roof_of_the_prefixes_that_are_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr("hashwatt.kernels.opencl.device.measure_roof", lambda *stated: told.append(stated[-1]))
    device = open_here("x4-shift-shared-standard")
    for prefixes in (1, 3):
        device.prepare(Job(roll_versions(bytes(PREFIX_BYTES), prefixes), 1))
        device.roof()
    device.close()
    assert told == [1, 3]


@pytest.mark.parametrize("three_operand_logic", [True, False])
def test_rotations_never_follow_each_other_where_a_compiler_could_fold_them(three_operand_logic: bool) -> None:
    steps = interleaved(operation_mix(three_operand_logic))
    following = zip(steps, [*steps[1:], steps[0]], strict=True)
    assert (ROTATE, ROTATE) not in set(following)


NOTHING = cast(roof.Streams, None)


class Meter:
    """A device that does four additions a cycle, two rotations, and two of its logic, as Zen 4 and 5 do on vectors."""

    cycles: ClassVar[dict[str, float]] = {ADD: 1 / 4, ROTATE: 1 / 2, XOR3: 1 / 2, XOR: 1 / 2}

    def __init__(self, *_: object) -> None:
        pass

    def rate(self, steps: list[str]) -> float:
        return 1e9 * len(steps) / sum(self.cycles[step] for step in steps)


@pytest.mark.parametrize("fuses", [True, False])
def test_more_ports_for_additions_than_for_logic_do_not_hide_logic_of_three_words(
    fuses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roof, "_Meter", Meter)
    monkeypatch.setattr(roof, "has_three_operand_logic", lambda: fuses)
    limit = roof.measure_roof(NOTHING, "cpu", Variant(16), 2, 0.0)
    operations = operation_mix(three_operand_logic=fuses)
    right = 16 * Meter().rate(interleaved(operations)) / sum(operations.values())
    assert limit.rate_per_s == pytest.approx(right)
    assert f"logic of {'three' if fuses else 'two'} words" in limit.explanation


@pytest.mark.parametrize("pipes", ["pair", "pairshr", "rot15"])
def test_the_roof_of_a_kernel_for_both_pipes_is_that_of_both_pipes(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = Variant(1, "rotate", "xor", pipes=pipes)
    mix = both_pipes_mix(variant)
    on_multiplier = mix[MULTIPLY_ADD] + mix.get(MULTIPLY_HIGH, 0)

    class Card(Meter):
        """Two pipes: one for logic, shifts and sums, one for products; half of the additions of two go to that one."""

        def rate(self, steps: list[str]) -> float:
            counted = Counter(steps)
            products = counted[MULTIPLY_ADD] + counted[MULTIPLY_HIGH]
            logic = len(steps) + counted[XOR4] - products - counted[ADD] / 2
            return 1e9 * len(steps) / max(logic, products + counted[ADD] / 2)

    monkeypatch.setattr(roof, "_Meter", Card)
    limit = roof.measure_roof(NOTHING, "gpu", variant, 132, 1.98e9)
    # What the kernel itself could reach there.
    kernel = 1e9 / max(sum(mix.values()) - on_multiplier, on_multiplier)
    assert limit.rate_per_s >= 0.97 * kernel, "a stream of 48 steps has the proportions within some percent"
    assert limit.rate_per_s >= roof.measure_roof(NOTHING, "gpu", replace(variant, pipes="none"), 132, 1.98e9).rate_per_s


# Seconds a step of one lane: a shared pipe for logic and rotations, and what becomes of additions and XORs.
GPUS = {
    "additions over two pipes, logic of three": ({ADD: 0.6, ROTATE: 1, XOR: 0.6, XOR3: 1, XOR4: 2}, True),
    "one pipe, logic of three": ({ADD: 1, ROTATE: 1, XOR: 0.6, XOR3: 1, XOR4: 2}, True),
    "logic of two only": ({ADD: 1, ROTATE: 1, XOR: 1, XOR3: 2, XOR4: 3}, False),
    "logic of two only, at half the rate of additions": ({ADD: 0.5, ROTATE: 1, XOR: 1, XOR3: 2, XOR4: 3}, False),
}


@pytest.mark.parametrize("seen", GPUS.values(), ids=GPUS.keys())
def test_a_gpus_logic_of_three_words_shows_however_its_additions_are_dealt_out(
    seen: tuple[dict[str, float], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs, fuses = seen

    class Card(Meter):
        cycles: ClassVar[dict[str, float]] = costs

    monkeypatch.setattr(roof, "_Meter", Card)
    limit = roof.measure_roof(NOTHING, "gpu", Variant(1, "rotate", "xor"), 132, 1.98e9)
    assert f"logic of {'three' if fuses else 'two'} words" in limit.explanation
    operations = operation_mix(three_operand_logic=fuses)
    at_least = Card().rate(interleaved(operations)) / sum(operations.values())
    assert limit.rate_per_s >= at_least, "a kernel of these operations is never above its roof"


def test_a_quiet_moment_counts_even_when_it_comes_late() -> None:
    times = chain([0.010] * 40, [0.005] * 1, [0.011] * 40, [0.004], repeat(0.012))
    assert fewest_seconds(lambda: next(times)) == 0.004


def test_trials_end_whatever_the_clock_says() -> None:
    falling = (1.0 / number for number in count(1))
    taken = [0]

    def trial() -> float:
        taken[0] += 1
        return next(falling)

    fewest_seconds(trial)
    assert taken[0] == MOST_TRIALS + 1


def test_a_device_measures_its_limit_for_the_kernel_it_runs() -> None:
    device = open_first()
    try:
        assert isinstance(device, HasRoof)
        assert device.roof() is None, "nothing is prepared"
        device.prepare(Job((bytes(PREFIX_BYTES),), target=1))
        limit = device.roof()
    finally:
        device.close()
    assert limit is not None
    assert limit.rate_per_s > 1e5
    assert "operations" in limit.explanation
    assert all(rate > 0 for rate in limit.throughput.values())
