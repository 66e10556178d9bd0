"""Which work a run is asked for: rows, sizes and times by workload."""

from __future__ import annotations

import pytest

from hashwatt.bench.run.asked import AskedWork
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.workloads.registry import BUILT_IN, load_workload
from hashwatt.kernels.workloads.stream.counts import OPERATIONS
from hashwatt.kernels.workloads.suite import Size, rows_of, size_text, suite_of


def named(asked: AskedWork) -> list[str]:
    return [work.workload.name for work in asked.works()]


def test_unless_told_otherwise_it_is_the_first_workload_alone() -> None:
    assert named(AskedWork()) == [BUILT_IN[0]]


def test_a_workload_stands_for_all_its_rows() -> None:
    works = AskedWork(["stream"]).works()
    assert [work.parameters["operation"] for work in works] == list(OPERATIONS)
    assert [work.seconds for work in works] == [None] * len(OPERATIONS)


def test_parameters_choose_among_the_rows() -> None:
    assert [work.parameters for work in AskedWork(["stream"], {"operation": "dot"}).works()] == [
        {"operation": "dot", "number": "float64"}
    ]
    sweep = AskedWork(["peak"], {"number": "float64"}).works()
    assert [work.parameters.get("intensity") for work in sweep] == [None, 0.125, 0.5, 2.0, 8.0]
    # What no row has is refused by the workload.
    with pytest.raises(InputError, match="float64, float32"):
        AskedWork(["peak"], {"number": "float80"}).works()


def test_at_once_a_workload_stands_for_its_usual_row() -> None:
    (work,) = AskedWork(["stream"], usual_only=True).works()
    assert work.parameters == load_workload("stream").parameters_of({})


def test_a_suite_is_every_workload_that_has_a_part_in_it_each_for_its_own_time() -> None:
    works = AskedWork(suite=True).works()
    expected = [
        (name, suite.seconds)
        for name in BUILT_IN
        if (suite := suite_of(load_workload(name))) is not None
        for _ in rows_of(load_workload(name))
    ]
    assert [(work.workload.name, work.seconds) for work in works] == expected
    assert {"sha256d", "stream", "peak"} <= set(named(AskedWork(suite=True)))


def test_times_are_for_all_or_by_name() -> None:
    assert {work.seconds for work in AskedWork(suite=True, seconds=5.0).works()} == {None}
    works = AskedWork(suite=True, seconds={"stream": 7.5}).works()
    assert {work.seconds for work in works if work.workload.name == "stream"} == {7.5}
    assert {work.seconds for work in works if work.workload.name == "peak"} == {1.0}


def test_a_time_for_all_leaves_some_their_own() -> None:
    asked = AskedWork(suite=True, seconds={"": 0.5, "stream": 5.0})
    assert asked.common_seconds == 0.5
    # None: as the run's plan says, which is the common time.
    assert {work.seconds for work in asked.works() if work.workload.name == "stream"} == {5.0}
    assert {work.seconds for work in asked.works() if work.workload.name != "stream"} == {None}


def test_a_size_becomes_a_parameter_in_every_row_that_has_one() -> None:
    works = AskedWork(["stream", "peak"], sizes={"stream": "64MiB", "peak": "1GiB"}).works()
    assert {work.parameters["size"] for work in works if work.workload.name == "stream"} == {64 << 20}
    sized = [work.parameters.get("size") for work in works if "intensity" in work.parameters]
    assert set(sized) == {1 << 30}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (AskedWork(["stream"], {"prefixes": 4}), "stream has no parameter 'prefixes'"),
        (AskedWork(["stream"], rolled=4), "stream has no versions to roll"),
        (AskedWork(["stream"], sizes={"peak": "1GiB"}), "'peak' is not measured here"),
        (AskedWork(["stream"], seconds={"gems": 3.0}), "'gems' is not measured here"),
        (AskedWork(["stream"], seconds={"stream": -3.0}), "sampling takes"),
        (AskedWork(["sha256d"], sizes={"sha256d": "4"}), "sha256d has no size"),
        (AskedWork(["stream"], sizes={"stream": "large"}), "'large' is no size for stream"),
        (AskedWork(["stream"], sizes={"stream": "1"}), "stream takes 64 KiB to 1 TiB an array"),
        (AskedWork(["stream"], sizes={"stream": "9" * 15 + "GiB"}), "stream takes 64 KiB to 1 TiB an array"),
        (AskedWork(["nonsense"]), "there is no workload 'nonsense'"),
    ],
)
def test_what_cannot_be_had_is_refused_in_a_sentence(asked: AskedWork, words: str) -> None:
    with pytest.raises(InputError, match=words):
        asked.works()


def test_a_size_is_told_exactly_in_its_largest_unit() -> None:
    told = [size_text(size) for size in (4 << 30, 1536 << 20, 1 << 16, (1 << 16) + 1)]
    assert told == ["4 GiB", "1536 MiB", "64 KiB", "65537 bytes"]
    ends = {"stream": "1 GiB an array", "gups": "a table of 1 GiB"}
    works = AskedWork(list(ends), sizes=dict.fromkeys(ends, "1GiB")).works()
    assert all(work.label.endswith(ends[work.workload.name]) for work in works)


def test_units_are_for_bytes_only() -> None:
    size = Size("rows", 1, 100)
    assert size.parsed("w", "7") == 7
    for text in ("7KiB", "-7", "7.5", "", "٧"):
        with pytest.raises(InputError, match="is no size for w; give rows, like w=1"):
            size.parsed("w", text)
    assert Size("bytes", 1, 1 << 40, is_bytes=True).parsed("w", "3MiB") == 3 << 20


def test_the_largest_and_the_smallest_size_are_told_as_they_can_be_given() -> None:
    size = Size("bytes an array", 1 << 16, 1 << 40, is_bytes=True)
    for text in ("65535", "2TiB", "0"):
        with pytest.raises(InputError, match=r"^w takes 64 KiB to 1 TiB an array, not \d+$"):
            size.parsed("w", text)
    assert (size.parsed("w", "64KiB"), size.parsed("w", "1TiB")) == (size.smallest, size.largest)
    with pytest.raises(InputError, match="w takes 16 to 99 rows, not 15"):
        Size("rows", 16, 99).parsed("w", "15")
