"""Results from anywhere are merged: re-runs grouped, lies and failures set apart, nothing averaged."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.bench.result.model import Result
from hashwatt.kernels.errors import InputError
from hashwatt.reports.collect.gather import Collection, comparable_rates, expanded, gather, gather_results
from hashwatt.reports.layout.device_row import row_of
from hashwatt.reports.layout.work_words import variant_text

from ..factory import by_median, machine, on_machine, result, showcase, streaming, tampered, verified
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
    assert group.newest.rate.value == pytest.approx(25e6, rel=0.01)


def test_the_same_device_in_another_machine_is_another_device(tmp_path: Path) -> None:
    other = machine(cpu_model="Other CPU")
    runs = result(verified(run=0), run=0), result(verified(run=1), run=1, machines=(other,))
    assert len(gather([saved(tmp_path, *runs)]).groups) == 2


def test_other_kinds_of_work_are_ranked_apart() -> None:
    collection = gather_results([result(verified(), streaming(), verified("opencl:0", prefixes=16))])
    assert [(ranking.workload, ranking.unit, len(ranking.groups)) for ranking in collection.rankings] == [
        ("sha256d", "hash", 1),
        ("sha256d", "hash", 1),
        ("stream", "byte", 1),
    ]
    assert [group.newest.device.parameters.get("prefixes") for group in collection.groups] == [1, 16, None]


def test_a_workload_that_is_not_installed_here_is_shown_unverified_and_not_ranked() -> None:
    foreign = msgspec.structs.replace(streaming(), workload="elsewhere", parameters={"size": 3})
    collection = gather_results([result(verified(), foreign)])
    assert names(collection) == ["Test CPU"]
    (entry,) = collection.apart
    assert "there is no workload 'elsewhere'" in entry.faults[0]
    assert variant_text(entry.device) == "size = 3"


def test_a_lie_about_one_work_of_a_device_does_not_touch_its_other() -> None:
    collection = gather_results([result(verified(), tampered(streaming()))])
    assert [group.key.workload for group in collection.groups] == ["sha256d"]
    assert [entry.device.workload for entry in collection.apart] == ["stream"]


def test_machines_of_one_file_are_devices_of_their_own() -> None:
    other = machine(id="fedcba9876543210")
    twins = verified(), on_machine(verified(), other.id)
    collection = gather_results([msgspec.structs.replace(result(*twins), machines=(machine(), other))])
    assert {group.key.machine_id for group in collection.groups} == {machine().id, other.id}
    assert [f"machine {group.key.machine_id}" in row_of(group).place for group in collection.groups] == [True, True]
    assert "machine " not in row_of(gather_results([result()]).groups[0]).place


def test_rates_of_several_versions_are_ranked_by_one_rule() -> None:
    new = result(verified(run=0, scatter=0.5, name="New"), run=0)
    old = by_median(result(verified(run=1, scatter=0.5, seed=1, name="Old"), run=1))
    collection = gather_results([new, old])
    entries = [group.newest for group in collection.groups]
    assert {entry.result.written_as for entry in entries} == {1, 2}
    for entry, rate in zip(entries, comparable_rates(entries), strict=True):
        assert rate.value == pytest.approx(entry.device.amount / entry.device.seconds)
    assert [rate.value for rate in comparable_rates([e for e in entries if e.result.written_as == 1])] == [
        entry.rate.median for entry in entries if entry.result.written_as == 1
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


def test_a_rolled_run_that_is_relabelled_as_a_plain_one_is_refused() -> None:
    rolled = verified(prefixes=16)
    collection = gather_results([result(msgspec.structs.replace(rolled, parameters={"prefixes": 1}))])
    assert collection.groups == ()
    assert "1 prefixes are stated, 16 were hashed" in collection.apart[0].faults[0]


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_name_does_not_stand_for_the_folder_here(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "result.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert expanded(["."]) == [Path("result.json")]
    with pytest.raises(InputError, match="is empty"):
        expanded(["result.json", empty])


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


@pytest.mark.elsewhere
def test_a_pattern_that_the_shell_has_left_is_expanded(tmp_path: Path) -> None:
    for name in ("hashwatt-2.json", "hashwatt-1.json", "other.json", "a[1].json"):
        (tmp_path / name).touch()
    assert [path.name for path in expanded([tmp_path / "hashwatt-*.json"])] == ["hashwatt-1.json", "hashwatt-2.json"]
    assert [path.name for path in expanded([tmp_path / "a[1].json"])] == ["a[1].json"], "a file of that very name"
    assert expanded([tmp_path / "no*.json"]) == [tmp_path / "no*.json"], "named in the error as it was given"
