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
from tests.reports.samples import unmeasured


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


def pairs(run: Result, *places: tuple[int, int], **changes: str) -> Result:
    """The run with other pairs, and with other words of its own."""
    assert run.alternated is not None
    told = tuple(AlternatedPair(a=a, b=b) for a, b in places) or run.alternated.pairs
    return msgspec.structs.replace(run, alternated=msgspec.structs.replace(run.alternated, pairs=told, **changes))


RIGHT = alternated(with_threads(1), with_threads(2))
ONE, TWO = RIGHT.results
ELSEWHERE = msgspec.structs.replace(TWO, machine="f" * 16)
OTHER_WORK = msgspec.structs.replace(TWO, workload="stream")
OTHER_PREFIXES = msgspec.structs.replace(TWO, parameters={"prefixes": 4})
OTHER_DEVICE = msgspec.structs.replace(TWO, device=msgspec.structs.replace(TWO.device, id="opencl:0"))


@pytest.mark.parametrize(
    ("run", "because"),
    [
        (pairs(RIGHT, b="1"), "the two settings are the same"),
        (pairs(RIGHT, (2, 1)), "a pair names records that are not there"),
        (pairs(RIGHT, (0, 1), (0, 1)), "a record stands in two pairs"),
        (alternated(ONE, ELSEWHERE), "did different work"),
        (alternated(ONE, OTHER_WORK), "did different work"),
        (alternated(ONE, OTHER_PREFIXES), "did different work"),
        (alternated(ONE, OTHER_DEVICE), "are not threads=1 and threads=2 of one device"),
        (pairs(RIGHT, key="device"), "two devices of a pair are one"),
        (pairs(RIGHT, key="runtime"), "two devices of a pair are one"),
        (pairs(alternated(ONE, OTHER_DEVICE), key="device"), ""),
        # The first fault is told, whatever else there is.
        (pairs(alternated(ONE, OTHER_WORK), (0, 1), (0, 7)), "did different work"),
        (pairs(RIGHT, (0, 7), (0, 7), b="1"), "the two settings are the same"),
    ],
)
def test_a_pair_is_two_records_of_the_same_work_with_the_two_settings(run: Result, because: str) -> None:
    assert because in fault(run) if because else fault(run) == ""


def test_a_run_that_alternated_nothing_is_refused() -> None:
    assert RIGHT.alternated is not None
    none = msgspec.structs.replace(RIGHT, alternated=msgspec.structs.replace(RIGHT.alternated, pairs=()))
    assert fault(none) == "two settings were alternated, and no pair of records has them"


def test_a_pair_of_which_one_did_nothing_is_not_said_to_be_measured_in_turns() -> None:
    broken = msgspec.structs.replace(unmeasured("failed", "no driver", "cpu"), setting="threads=2")
    broken = msgspec.structs.replace(broken, parameters=ONE.parameters, workload=ONE.workload, machine=ONE.machine)
    (check,) = check_alternated(alternated(ONE, broken))
    assert check.ok
    assert check.sentence == "threads 1 and 2 were not measured in turns: of no pair did both do any work"


def of_kernel(setting: str, name: str) -> Measurement:
    """A record with that setting of a run that alternated kernels, whose kernel has that name."""
    assert ONE.kernel is not None
    kernel = msgspec.structs.replace(ONE.kernel, name=name, tuning={"kernel": setting})
    return msgspec.structs.replace(ONE, setting=f"kernel={setting}", kernel=kernel)


def test_a_kernel_s_own_name_is_what_alternated_kernels_are_told_by() -> None:
    one = of_kernel("one", "one")
    run = pairs(alternated(one, of_kernel("two", "one")), key="kernel", a="one", b="two")
    assert fault(run) == "both records of a pair had kernel one"
    assert fault(msgspec.structs.replace(run, results=(one, of_kernel("two", "two")))) == ""


def test_a_record_that_does_not_tell_its_kernel_refutes_nothing() -> None:
    silent = [msgspec.structs.replace(one, kernel=None) for one in (ONE, TWO)]
    assert fault(alternated(*silent)) == ""


def test_records_without_a_setting_need_no_alternation() -> None:
    assert check_alternated(result(ONE)) != []
    assert check_alternated(result(ONE, msgspec.structs.replace(TWO, setting=None)))[0].ok is False


def test_an_ordinary_run_has_no_such_check() -> None:
    assert check_alternated(result()) == []
