"""`hashwatt verify` lists every check and says what they prove together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hashwatt.bench.api
from hashwatt.bench.verification.verdict import STATEMENT, Check, Verdict
from tests.reports.samples import BAD, GOOD

from .terminal import run_apart, run_here

Capture = pytest.CaptureFixture[str]


def answer_with(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> list[Any]:
    asked: list[Any] = []

    def verify(*given: Any) -> Verdict:
        asked.extend(given)
        return verdict

    monkeypatch.setattr(hashwatt.bench.api, "verify", verify)
    return asked


def test_a_good_result_shows_each_check_and_what_it_proves(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, GOOD)
    outcome = run_here(capsys, "verify", "mine.json")
    assert outcome.code == 0
    assert outcome.out == f"✓ the file fits the result model\n{STATEMENT}\n"


def test_a_refused_result_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, BAD)
    outcome = run_here(capsys, "verify", "mine.json")
    assert outcome.code == 1
    assert "✗ cpu: share 3 does not meet the target" in outcome.out
    assert "mine.json is refused: 1 of 2 checks failed" in outcome.err


def test_json_is_one_document_also_for_a_refused_result(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, BAD)
    outcome = run_here(capsys, "verify", "mine.json", "--json")
    assert outcome.code == 1
    assert outcome.document["ok"] is False
    assert outcome.document["file"] == "mine.json"
    assert [check["code"] for check in outcome.document["checks"]] == ["schema", "share_target"]


def test_the_number_of_chunks_to_recompute_reaches_the_harness(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    asked = answer_with(monkeypatch, GOOD)
    run_here(capsys, "verify", "mine.json", "--recompute", "20")
    assert asked[:2] == ["mine.json", 20]


def test_quiet_says_nothing_where_all_is_well(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, GOOD)
    outcome = run_here(capsys, "verify", "-q", "mine.json")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_a_sentence_from_a_file_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    hostile = Check(code="schema", ok=False, sentence="\x1b]0;evil\x07\u202e", device="c\x1b[2Jpu")
    answer_with(monkeypatch, Verdict.of([hostile]))
    outcome = run_here(capsys, "verify", "mine.json")
    assert not set("\x1b\x07\u202e") & set(outcome.out + outcome.err)


def test_marks_are_words_where_the_console_has_no_such_signs(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"schema_version": 1}', encoding="utf-8")
    outcome = run_apart("verify", str(tmp_path / "broken.json"), PYTHONIOENCODING="cp1252")
    assert outcome.code == 1
    assert "FAILED" in outcome.out
