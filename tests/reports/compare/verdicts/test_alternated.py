"""Two settings alternated in one run: judged by pairs of rounds, so that what drifts meanwhile falls out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hashwatt.bench.result.measurement import Measurement, Round, Sample
from hashwatt.bench.result.model import Alternated, AlternatedPair, Result
from hashwatt.bench.result.warning import WarningCode, WarningRecord
from hashwatt.reports.compare.shown.sentences import comparison_lines
from hashwatt.reports.compare.verdicts.alternated import judge_alternated
from hashwatt.reports.compare.verdicts.comparison import Comparison

from ...factory import result, tampered, verified

Cpu = float | None


def rounds_of(rates: Sequence[float], cpu: Cpu = None, lost: Sequence[int] = ()) -> tuple[Round, ...]:
    """Rounds of ten samples of a tenth of a second at these rates; `cpu`: CPU seconds a second."""
    made = []
    for number, rate in enumerate(rates):
        samples = tuple(
            Sample(
                amount=round(rate / 10),
                seconds=0.1,
                device_s=None,
                cpu_s=None if cpu is None else cpu / 10,
                clock_hz=None,
                temperature_c=None,
                other_load=0.0,
                stolen_load=None,
            )
            for _ in range(10)
        )
        left_out = "others were busy" if number in lost else None
        made.append(
            Round(start_s=2.0 * number, warmup_s=0.1, counted=left_out is None, left_out=left_out, samples=samples)
        )
    return tuple(made)


def entry(value: str, rounds: tuple[Round, ...], *codes: WarningCode, **changes: Any) -> Measurement:
    template = verified()
    samples = [sample for one in rounds if one.counted for sample in one.samples]
    assert template.rate is not None
    amount, seconds = sum(sample.amount for sample in samples), sum(sample.seconds for sample in samples)
    return msgspec.structs.replace(
        template,
        rounds=rounds,
        amount=amount,
        seconds=seconds,
        rate=msgspec.structs.replace(template.rate, value=amount / seconds),
        rate_per_cpu_s=1.0 if samples[0].cpu_s else None,
        setting=f"kernel={value}",
        warnings=tuple(WarningRecord(code=code, text=code) for code in codes),
        **changes,
    )


def alternated(a: Measurement, b: Measurement, key: str = "kernel") -> Result:
    told = Alternated(key=key, a="a", b="b", pairs=(AlternatedPair(a=0, b=1),))  # type: ignore[arg-type]
    return msgspec.structs.replace(result(a, b), alternated=told)


def judged(a: Measurement, b: Measurement, key: str = "kernel") -> Comparison:
    (found,) = judge_alternated(alternated(a, b, key), ())
    return found


def noisy(rate: float, count: int, seed: int, scatter: float = 0.002) -> list[float]:
    chance = random.Random(seed)
    return [rate * (1 + chance.gauss(0, scatter)) for _ in range(count)]


@pytest.mark.parametrize(("rate", "judgement"), [(26e6, "faster"), (24e6, "slower"), (25e6, "same")])
def test_the_verdict_is_of_the_second_setting(rate: float, judgement: str) -> None:
    found = judged(entry("a", rounds_of(noisy(25e6, 8, 1))), entry("b", rounds_of(noisy(rate, 8, 2))))
    assert found.judgement == judgement
    assert found.name == "sha256d[cpu]: kernel b against a"
    assert any("(8 pairs of rounds)" in line for line in comparison_lines(found))


def test_what_drifts_meanwhile_meets_both_and_falls_out() -> None:
    drift = [1 - 0.05 * number for number in range(10)]
    a = [25e6 * one for one in drift]
    b = [25e6 * 1.02 * one for one in drift]
    found = judged(entry("a", rounds_of(a)), entry("b", rounds_of(b)))
    assert found.judgement == "faster"
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(1.02, rel=1e-6)


def test_pairs_that_contradict_each_other_tell_nothing() -> None:
    a, b = [25e6, 28e6, 24e6, 27e6, 25e6, 26e6], [27e6, 25e6, 27e6, 24e6, 26e6, 26e6]
    found = judged(entry("a", rounds_of(a)), entry("b", rounds_of(b)))
    assert found.judgement == "cannot tell"
    assert found.because.endswith("measure longer (-t 60)")


def test_a_pair_of_which_one_round_does_not_count_does_not_count() -> None:
    a, b = [25e6] * 6, [26e6] * 6
    b[2] = 5e6
    found = judged(entry("a", rounds_of(a)), entry("b", rounds_of(b, lost=[2])))
    assert found.base_runs == 5
    assert found.judgement == "faster"


def test_two_pairs_are_too_few() -> None:
    found = judged(entry("a", rounds_of([25e6] * 2)), entry("b", rounds_of([50e6] * 2)))
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert "fewer than 3 pairs" in found.because


def test_under_contention_work_a_cpu_second_decides() -> None:
    # The neighbour took more of the CPUs while the second setting ran.
    a, b = entry("a", rounds_of(noisy(25e6, 8, 1), 1.0), "contention"), entry("b", rounds_of(noisy(20e6, 8, 2), 0.75))
    found = judged(a, b)
    assert found.basis == "work ÷ CPU time"
    assert found.judgement == "faster"


def test_but_not_of_threads_which_differ_in_how_many_cpus_they_use() -> None:
    a, b = entry("a", rounds_of(noisy(25e6, 8, 1), 1.0), "contention"), entry("b", rounds_of(noisy(40e6, 8, 2), 2.0))
    found = judged(a, b, "threads")
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert "other programs kept CPUs busy" in found.because


def test_what_does_not_verify_is_not_judged() -> None:
    run = alternated(tampered(entry("a", rounds_of([25e6] * 6))), entry("b", rounds_of([50e6] * 6)))
    from hashwatt.reports.collect.gather import checks_of

    (found,) = judge_alternated(run, checks_of(run))
    assert found.judgement == "cannot tell"
    assert "does not verify" in found.because


def test_a_run_that_alternated_nothing_has_no_such_verdict() -> None:
    assert judge_alternated(result(), ()) == []
