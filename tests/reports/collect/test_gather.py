"""Results from anywhere are merged: re-runs grouped, lies and failures set apart, nothing averaged."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.bench.result.model import Result
from hashwatt.kernels.errors import InputError
from hashwatt.reports.collect.gather import Collection, gather, gather_results

from ..factory import machine, result, showcase, tampered, verified
from ..samples import unmeasured


def saved(folder: Path, *results: Result) -> Path:
    for number, one in enumerate(results):
        save(one, folder / f"{number}.json")
    return folder


def names(collection: Collection) -> list[str]:
    return [group.key.name for group in collection.groups]


def test_devices_are_ranked_by_rate(tmp_path: Path) -> None:
    slow, fast = verified("cpu", rate=1e6), verified("opencl:0", rate=9e6, name="Fast")
    assert names(gather([saved(tmp_path, result(slow, fast))])) == ["Fast", "Test CPU"]


def test_reruns_of_a_device_are_one_group_whose_newest_run_speaks(tmp_path: Path) -> None:
    runs = [result(verified(run=run, rate=rate), run=run, day=10 + run) for run, rate in enumerate((30e6, 20e6, 25e6))]
    (group,) = gather([saved(tmp_path, *runs)]).groups
    assert [entry.result.created[:10] for entry in group.entries] == ["2025-05-12", "2025-05-11", "2025-05-10"]
    assert group.newest.rate.value_hs == pytest.approx(25e6, rel=0.01)


def test_the_same_device_in_another_machine_is_another_device(tmp_path: Path) -> None:
    other = machine(cpu_model="Other CPU")
    runs = result(verified(run=0), run=0), result(verified(run=1), run=1, machine=other)
    assert len(gather([saved(tmp_path, *runs)]).groups) == 2


def test_other_kinds_of_work_are_ranked_apart() -> None:
    memory = msgspec.structs.replace(verified("opencl:1", rate=9e9), workload="memory", unit="byte")
    collection = gather_results([result(verified(), memory)])
    assert [(ranking.workload, ranking.unit) for ranking in collection.rankings] == [
        ("memory", "byte"),
        ("sha256d", "hash"),
    ]


def test_what_does_not_verify_stands_apart_with_the_reason_and_is_not_ranked() -> None:
    collection = gather_results(showcase())
    assert "Wonder chip" not in names(collection)
    (entry,) = collection.apart
    assert "not the stated 9e+12" in entry.faults[0]


def test_a_lie_about_one_device_does_not_touch_the_others_of_the_run() -> None:
    collection = gather_results([result(verified(), tampered(verified("opencl:0", name="Liar")))])
    assert names(collection) == ["Test CPU"]
    assert [entry.device.device.name for entry in collection.apart] == ["Liar"]


def test_a_device_that_stands_twice_refuses_the_whole_file() -> None:
    collection = gather_results([result(verified(), verified())])
    assert collection.groups == ()
    assert len(collection.apart) == 2


def test_a_failed_device_is_listed_with_its_reason() -> None:
    collection = gather_results([result(verified(), unmeasured("failed", "no answer"))])
    assert [entry.device.reason for entry in collection.unmeasured] == ["no answer"]


def test_the_same_run_given_twice_counts_once(tmp_path: Path) -> None:
    folder = saved(tmp_path, result(), result())
    (group,) = gather([folder, folder / "0.json"]).groups
    assert len(group.entries) == 1


def test_another_result_under_the_same_run_id_is_kept_and_judged_by_itself(tmp_path: Path) -> None:
    collection = gather([saved(tmp_path, result(), result(tampered(verified())))])
    assert (len(collection.groups), len(collection.apart)) == (1, 1)


def test_a_file_that_is_no_result_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    saved(tmp_path, result())
    (tmp_path / "other.json").write_text('{"schema_version": 1, "surprise": true}')
    collection = gather([tmp_path])
    assert len(collection.groups) == 1
    assert "other.json is not a valid result" in collection.unreadable[0]


@pytest.mark.parametrize("content", ["", "{", "[1", "\x00", '{"a": NaN}'])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=r"x\.json"):
        gather([tmp_path / "x.json"])


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        gather([tmp_path / "gone.json"])
    with pytest.raises(InputError, match=r"holds no \.json file"):
        gather([tmp_path])


def test_nothing_given_is_refused() -> None:
    with pytest.raises(InputError, match="no result"):
        gather_results([])


def test_a_result_in_memory_is_held_against_the_model_too() -> None:
    huge = result(verified(name="x" * 10_000_000))
    collection = gather_results([huge])
    assert collection.groups == ()
    assert len(collection.apart[0].faults[0]) <= 400
