"""Whole verdicts are kept by the file's digest, and never turned to the better."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hashwatt.bench.api import verify
from hashwatt.bench.verification import cached
from hashwatt.bench.verification.cached import check_part, keep
from hashwatt.bench.verification.verdict import Check, Verdict
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.workloads.sha256d.workload import Sha256d

from .packed import one_moved, with_keys


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept = tmp_path / "verdicts"
    kept.mkdir()
    monkeypatch.setattr(cached, "cache_folder", lambda *_: kept)
    return kept


@pytest.fixture
def file(honest_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "result.json"
    path.write_bytes(honest_file.read_bytes())
    return path


def sentences(path: Path, most: int = 300) -> str:
    return " ".join(check.sentence for check in check_part(path, most)[0].checks)


def test_reports_look_at_some_shares_of_a_file_that_is_new_to_them(file: Path, folder: Path) -> None:
    assert "300 of " in sentences(file)
    assert not list(folder.iterdir())


def test_a_verified_file_is_not_checked_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(file).ok
    monkeypatch.setattr(Sha256d, "verify_part", lambda *_: pytest.fail("it was checked again"))
    assert "all " in sentences(file)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(pytest.fail.Exception):
        sentences(file)


def test_one_false_share_that_verify_found_stays_found(file: Path) -> None:
    document = json.loads(file.read_bytes())
    evidence = document["results"][0]["evidence"]
    with_keys(evidence, one_moved)
    file.write_text(json.dumps(document), encoding="utf-8")
    assert check_part(file, 1)[0].ok
    assert not verify(file).ok
    assert not check_part(file, 1)[0].ok


def test_what_was_found_by_doing_work_again_is_not_forgotten(file: Path, honest_file: Path) -> None:
    verdict, result = check_part(file, 10)
    assert result is not None
    refused = Verdict.of([*verdict.checks, Check(code="audit", ok=False, sentence="it was not hashed")])
    keep(file, refused, result)
    keep(file, verdict, result)
    assert verify(file).ok
    assert not check_part(file, 300)[0].ok


def test_a_verdict_on_another_file_is_not_kept(file: Path, folder: Path) -> None:
    verdict, result = check_part(file, 10)
    assert result is not None
    document = json.loads(file.read_bytes())
    document["note"] = "another"
    file.write_text(json.dumps(document), encoding="utf-8")
    keep(file, verdict, result)
    assert not list(folder.iterdir())


def test_other_code_judges_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify(file)
    monkeypatch.setattr(cached, "_judge", lambda: b"other code")
    assert "300 of " in sentences(file)


@pytest.mark.parametrize("text", ["{", '{"x":' + "[" * 100_000], ids=["cut off", "deep"])
def test_an_unreadable_verdict_is_none(file: Path, folder: Path, text: str) -> None:
    verify(file)
    (kept,) = folder.iterdir()
    kept.write_text(text, encoding="utf-8")
    assert "300 of " in sentences(file)


def test_no_more_are_kept_than_there_is_room_for(file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "MOST_KEPT", 3)
    for number in range(5):
        old = folder / f"{number}.json"
        old.write_text("{}", encoding="utf-8")
        os.utime(old, (number, number))
    verify(file)
    assert len(list(folder.iterdir())) == 3
    assert not (folder / "2.json").exists()


def test_without_a_folder_everything_is_checked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "cache_folder", lambda *_: None)
    assert verify(file).ok
    assert "300 of " in sentences(file)


def test_what_is_no_file_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        check_part(tmp_path / "nothing.json", 300)
