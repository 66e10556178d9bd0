"""What an alternated run says of itself is checked: settings, pairs, and inputs of its own for each."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Alternated, AlternatedPair, Result
from hashwatt.bench.run_id import setting_run_id
from hashwatt.bench.verification.alternated import check_alternated
from hashwatt.bench.verification.checks import check_result
from tests.reports.factory import proof_of, result, run_id_of, verified


def with_threads(count: int) -> Measurement:
    """A verified record of a run that alternated threads, on inputs of its own."""
    setting = f"threads={count}"
    one = verified(run=0, rate=25e6 * count)
    assert one.kernel is not None
    evidence = proof_of("Ana", "cpu", setting_run_id(run_id_of(0), setting), len(one.rounds[0].samples))
    kernel = msgspec.structs.replace(one.kernel, tuning={"threads": count})
    return msgspec.structs.replace(one, setting=setting, evidence=evidence, kernel=kernel)


def alternated(*entries: Measurement, a: int = 0, b: int = 1) -> Result:
    told = Alternated(key="threads", a="1", b="2", pairs=(AlternatedPair(a=a, b=b),))
    return msgspec.structs.replace(result(*entries), alternated=told)


def fault(run: Result) -> str:
    (check,) = check_alternated(run)
    return "" if check.ok else check.sentence


def test_two_settings_of_a_device_verify_though_the_device_stands_twice() -> None:
    verdict, _ = check_result(alternated(with_threads(1), with_threads(2)))
    assert verdict.ok, [check.sentence for check in verdict.checks if not check.ok]
    assert "threads 1 and 2 were measured in turns" in [check.sentence for check in verdict.checks]


def test_each_setting_works_on_inputs_of_its_own_so_that_none_can_lend_its_evidence() -> None:
    one, two = with_threads(1), with_threads(2)
    verdict, _ = check_result(alternated(one, msgspec.structs.replace(two, evidence=one.evidence)))
    assert not verdict.ok


def test_a_record_counts_once_under_one_setting() -> None:
    verdict, _ = check_result(alternated(with_threads(1), with_threads(1)))
    assert any("stands twice" in check.sentence for check in verdict.checks if not check.ok)


@pytest.mark.parametrize(
    ("run", "because"),
    [
        (alternated(with_threads(1), with_threads(2), b=7), "a pair names records that are not there"),
        (alternated(with_threads(1), with_threads(2), b=0), "a pair names records that are not there"),
        (alternated(with_threads(2), with_threads(1)), "are not threads=1 and threads=2 of one device"),
        (msgspec.structs.replace(result(with_threads(1))), "has a setting, and the run alternated none"),
    ],
)
def test_what_was_not_measured_in_turns_is_refused(run: Result, because: str) -> None:
    assert because in fault(run)


def test_a_kernel_that_says_otherwise_refutes_the_setting() -> None:
    two = with_threads(2)
    assert two.kernel is not None
    liar = msgspec.structs.replace(two, kernel=msgspec.structs.replace(two.kernel, tuning={"threads": 1}))
    assert fault(alternated(with_threads(1), liar)) == "both records of a pair had threads 1"


def test_an_ordinary_run_has_no_such_check() -> None:
    assert check_alternated(result()) == []
