"""A run that alternates two settings: rounds in turns, a record each with evidence of its own, a verdict on both."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from hashwatt.bench import api
from hashwatt.bench.api import load, save, verify
from hashwatt.bench.result.model import Result
from hashwatt.bench.run.alternation import Alternation
from hashwatt.kernels.device import AnyDevice, DeviceOptions, Found
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import VirtualClock
from hashwatt.reports.compare.verdicts.alternated import judge_alternated

from ..fakes import Repeatable, fake, this_machine


def alternated(*names: str, ab: Alternation, seconds: float = 5.0) -> Result:
    """Fake devices on a virtual clock, which take every option that the real ones take."""
    clock = VirtualClock()

    def found(behaviour: str) -> Found:
        def opened(options: DeviceOptions) -> AnyDevice:
            if options.kernel not in (None, "hashlib", "also"):
                raise InputError(f"the fake device has no kernel {options.kernel!r:.80}; it has hashlib")
            return fake(behaviour, clock).open(DeviceOptions())

        return Found(fake(behaviour, clock).info, opened)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "secrets", Repeatable())
        patch.setattr(api, "describe_machine", this_machine)
        return api.measure([found(name) for name in names], alternation=ab, seconds=seconds, idle_s=0, clock=clock.now)


THREADS = Alternation("threads", "1", "2")


def test_rounds_are_made_in_turns_and_none_overlaps_another() -> None:
    result = alternated("steady", ab=THREADS)
    one, two = result.results
    assert [entry.setting for entry in result.results] == ["threads=1", "threads=2"]
    assert len(one.rounds) == len(two.rounds) >= 5
    moments = sorted((start.start_s or 0.0, who) for who, entry in enumerate(result.results) for start in entry.rounds)
    # Each pair of rounds has one of each, in either order.
    for number in range(0, len(moments), 2):
        assert {who for _, who in moments[number : number + 2]} == {0, 1}
    assert all(before[0] < after[0] for before, after in pairwise(moments))


def test_it_is_stored_and_verifies_though_a_device_stands_twice(tmp_path: Path) -> None:
    result = alternated("steady", ab=THREADS)
    save(result, tmp_path / "ab.json")
    assert load(tmp_path / "ab.json") == result
    verdict = verify(tmp_path / "ab.json")
    assert verdict.ok, [check.sentence for check in verdict.checks if not check.ok]
    shares = [str(entry.evidence) for entry in result.results]
    assert shares[0] != shares[1]


def test_the_verdict_on_one_code_twice_is_the_same() -> None:
    result = alternated("steady", ab=THREADS, seconds=10)
    (found,) = judge_alternated(result, verify(result).checks)
    assert found.judgement == "same"
    assert found.base_runs == len(result.results[0].rounds)


def test_two_devices_are_alternated_without_a_setting() -> None:
    result = alternated("steady", "roofless", ab=Alternation("device", "fake:steady", "fake:roofless"))
    assert [entry.setting for entry in result.results] == [None, None]
    assert result.alternated is not None
    assert verify(result).ok


@pytest.mark.parametrize("ab", [Alternation("kernel", "nope", "hashlib"), Alternation("kernel", "hashlib", "nope")])
def test_a_kernel_that_is_not_there_ends_the_run_before_a_round_is_made(ab: Alternation) -> None:
    with pytest.raises(InputError, match="has no kernel 'nope'; it has hashlib"):
        alternated("steady", ab=ab)


def test_a_device_that_fails_leaves_the_other_its_figure_and_the_verdict_open() -> None:
    result = alternated("steady", "broken", ab=Alternation("device", "fake:steady", "fake:broken"))
    assert [entry.status for entry in result.results] == ["measured", "failed"]
    (found,) = judge_alternated(result, verify(result).checks)
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert "fake:broken has no figure" in found.because
