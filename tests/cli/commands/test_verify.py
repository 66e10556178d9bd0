"""`hashwatt verify` lists every check and says what they prove together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import hashwatt.bench.api
from hashwatt.bench.verification.verdict import STATEMENT, Check, Verdict
from hashwatt.kernels.errors import DeviceError
from tests.reports.samples import BAD, GOOD

from ..terminal import run_apart, run_here

Capture = pytest.CaptureFixture[str]


def answer_with(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> list[Any]:
    asked: list[Any] = []

    def verify(*given: Any, **named: Any) -> Verdict:
        asked.extend((*given[:2], named))
        return verdict

    monkeypatch.setattr(hashwatt.bench.api, "verify", verify)
    return asked


def test_a_good_result_shows_each_check_and_what_it_proves(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, GOOD)
    outcome = run_here(capsys, "verify", "mine.json")
    assert outcome.code == 0
    assert outcome.out == f"✓ the file fits the result model\n{STATEMENT}\n"


def test_how_many_figures_no_check_covers_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    answer_with(monkeypatch, replace(GOOD, trusted=("/created", "/note")))
    outcome = run_here(capsys, "verify", "mine.json")
    assert "2 of its figures and texts no check covers" in outcome.out


@pytest.mark.parametrize(
    ("options", "effort_s", "challenge"),
    [
        ([], 0.3, None),
        (["--effort", "60", "--challenge", "said on the phone"], 60.0, "said on the phone"),
        (["--effort", "0"], 0.0, None),
        (["--recompute", "3"], 0.0, None),
        (["--recompute", "3", "--effort", "2"], 2.0, None),
    ],
)
def test_effort_and_challenge_reach_the_harness(
    options: list[str], effort_s: float, challenge: str | None, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    asked = answer_with(monkeypatch, GOOD)
    run_here(capsys, "verify", "mine.json", *options)
    assert (asked[2]["effort_s"], asked[2]["challenge"]) == (effort_s, challenge)


def test_where_nothing_can_be_done_again_the_rest_is_checked(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def verify(*_given: Any, effort_s: float = 0.0, **_named: Any) -> Verdict:
        if effort_s:
            raise DeviceError("Numba is broken; reinstall it")
        return GOOD

    monkeypatch.setattr(hashwatt.bench.api, "verify", verify)
    outcome = run_here(capsys, "verify", "mine.json")
    assert outcome.code == 0
    assert "Nothing was done again: Numba is broken; reinstall it" in outcome.out
    assert run_here(capsys, "verify", "mine.json", "--effort", "1").code != 0


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
