"""The sides of a comparison: files, folders and patterns, in which a run counts once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.kernels.errors import InputError
from hashwatt.reports.compare.sides.sides import Source, read_side

from ...factory import machine, result, verified


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for run in range(3):
        save(result(verified(run=run), run=run), tmp_path / f"run-{run}.json")
    return tmp_path


def test_a_folder_a_pattern_and_its_files_are_the_same_side(folder: Path) -> None:
    files: list[Source] = [folder / f"run-{run}.json" for run in range(3)]
    every: tuple[list[Source], ...] = (
        [folder],
        [f"{folder}/run-*.json"],
        files,
        [*files[:2], f"{folder}/run-2.js?n"],
    )
    for sources in every:
        side = read_side(sources)
        assert len(side.runs) == 3
        assert side.left_out == ()


def test_copies_of_a_run_count_once_whatever_note_or_processor_they_carry(folder: Path) -> None:
    one = result(verified(run=0), run=0)
    for number, copy in enumerate((msgspec.structs.replace(one, note="again"), one)):
        save(copy, folder / f"copy-{number}.json")
    save(msgspec.structs.replace(one, machines=(machine(cpu_model="Another"),)), folder / "copy-2.json")
    side = read_side([folder])
    assert len(side.runs) == 3
    assert len(side.left_out) == 3
    assert all("a copy is no second run" in sentence for sentence in side.left_out)


def test_a_run_whose_times_were_written_anew_is_the_same_run(folder: Path) -> None:
    other = verified(run=0, seed=99)
    save(result(other, run=0), folder / "again.json")
    assert len(read_side([folder]).runs) == 3


def test_what_a_folder_holds_and_is_no_result_is_left_out_and_named(folder: Path) -> None:
    (folder / "note.json").write_text("{}")
    (folder / "._run-0.json").write_bytes(b"\0\0")
    side = read_side([folder])
    assert len(side.runs) == 3
    assert any("note.json" in sentence for sentence in side.left_out)


@pytest.mark.parametrize("name", ["none.json", "none-*.json", "note.json"])
def test_what_was_named_and_is_no_result_is_an_error(folder: Path, name: str) -> None:
    (folder / "note.json").write_text("{}")
    with pytest.raises(InputError, match=r"none|note\.json"):
        read_side([folder / name])


def test_a_folder_without_a_result_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputError, match=r"a\.json is not a valid result"):
        read_side([tmp_path])


def test_a_name_with_brackets_is_a_name_where_there_is_such_a_file(folder: Path) -> None:
    (folder / "run-0.json").rename(folder / "run[0].json")
    assert len(read_side([folder / "run[0].json"]).runs) == 1
