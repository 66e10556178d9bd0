"""`report`, `ladder`, `claims`, `compare` and `history` as their users call them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hashwatt.bench.result.file import save
from tests.reports import hostile
from tests.reports.factory import machine, result, tampered, verified

from ..reports.compare.verdicts.test_alternated import alternated, entry, rounds_of
from .terminal import run_here

Capture = pytest.CaptureFixture[str]
COMMANDS = ("report", "ladder", "claims", "compare", "history")
# Of bench/ only what handles signals is there from the first moment on.
HEAVY = {
    "numpy", "matplotlib", "jinja2", "rich", "msgspec", "hashwatt.bench.api", "hashwatt.bench.result.model",
    "hashwatt.reports.document.report",
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy_and_teaches_by_example(command: str, capsys: Capture) -> None:
    code = f"import sys\nfrom hashwatt.cli.app import execute\nexecute([{command!r}, '--help'])\nprint(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(told.split())
    assert f"hashwatt {command}" in told.partition("Examples:")[2]


class TestReport:
    """`hashwatt report`."""

    def test_the_terminal_shows_verdict_table_and_what_stands_apart(self, results: Path, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", str(results))
        assert outcome.code == 0
        assert outcome.out.startswith("Fastest of 2 devices: Radeon RX 6800")
        assert outcome.out.index("Test CPU") < outcome.out.index("Wonder chip")
        assert "does not verify" in outcome.out or "refused because" in outcome.out

    def test_several_files_are_written_at_once(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        # Those with pictures take seconds: TestLadder has all six at once.
        wanted = [tmp_path / f"out.{suffix}" for suffix in ("html", "md", "csv", "json")]
        outcome = run_here(capsys, "report", str(results), *(part for path in wanted for part in ("-o", str(path))))
        assert outcome.code == 0
        assert all(path.stat().st_size > 1000 for path in wanted)

    def test_a_written_file_has_the_usual_permissions_and_no_other_is_left(
        self, results: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        run_here(capsys, "report", str(results), "-o", str(tmp_path / "x.md"))
        mask = os.umask(0)
        os.umask(mask)
        if os.name == "posix":
            assert stat.S_IMODE((tmp_path / "x.md").stat().st_mode) == 0o666 & ~mask
        assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "x.md"]

    def test_json_is_one_document(self, results: Path, capsys: Capture) -> None:
        document = run_here(capsys, "report", str(results), "--json").document
        assert [entry["rank"] for entry in document["devices"]] == [1, 2, None, None, None]
        assert document["devices"][3]["verified"] == "no"

    def test_an_unknown_format_is_said_before_anything_is_read(self, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", "missing.json", "-o", "x.pdf")
        assert outcome.code == 2
        assert "end it with one of" in outcome.err

    def test_an_unwritable_place_is_refused(self, results: Path, tmp_path: Path, capsys: Capture) -> None:
        outcome = run_here(capsys, "report", str(results), "-o", str(tmp_path / "no" / "x.html"))
        assert outcome.code == 2
        assert "cannot be written" in outcome.err

    @pytest.mark.parametrize(
        ("content", "sentence"), [(None, "does not exist"), ("", "is empty"), ("{", "ends too early")]
    )
    def test_a_bad_file_is_one_sentence(
        self, tmp_path: Path, capsys: Capture, content: str | None, sentence: str
    ) -> None:
        if content is not None:
            (tmp_path / "bad.json").write_text(content)
        outcome = run_here(capsys, "report", str(tmp_path / "bad.json"))
        assert outcome.code == 2
        assert sentence in outcome.err
        assert outcome.err.count("\n") == 1

    @pytest.mark.parametrize("day", ["2100-01-01", "soon"])
    def test_a_bad_date_is_refused(self, results: Path, capsys: Capture, day: str) -> None:
        outcome = run_here(capsys, "report", str(results), "--date", day)
        assert outcome.code == 2
        assert day in outcome.err

    def test_a_stranger_s_text_reaches_no_terminal(self, tmp_path: Path, capsys: Capture) -> None:
        for number, one in enumerate(hostile.results()):
            save(one, tmp_path / f"{number}.json")
        out = run_here(capsys, "report", str(tmp_path)).out
        assert not any(character in out for character in "\x1b\x9b\u200b\u200f\u061c\ufeff")
        assert "[bold red]rich[/]" in out.replace("\n", "")


class TestLadder:
    """`hashwatt ladder` and `hashwatt claims`."""

    def test_it_needs_no_result(self, capsys: Capture) -> None:
        out = run_here(capsys, "ladder").out
        assert all(
            rung in out
            for rung in ("CPU", "GPU", "FPGA", "ASIC", "÷ 25", "÷ 9.7", "÷ 44", "AMD Radeon HD 4870", "X6500")
        )

    def test_own_devices_have_their_place_on_the_chosen_day(self, results: Path, capsys: Capture) -> None:
        document = run_here(capsys, "ladder", str(results), "--date", "2013-06-30", "--json").document
        place = next(place for place in document["places"][0]["places"] if place["date"] == "2013-06-30")
        assert place["share"] == pytest.approx(6.2e9 / place["network_hs"], rel=0.01)
        assert sum(point["origin"] == "measured" for point in document["points"]) == 2

    def test_every_format_holds_the_ladder_even_without_results(self, tmp_path: Path, capsys: Capture) -> None:
        wanted = [tmp_path / f"l.{suffix}" for suffix in ("html", "md", "csv", "json", "svg", "png")]
        outcome = run_here(capsys, "ladder", *(part for path in wanted for part in ("-o", str(path))))
        assert outcome.code == 0
        assert [path.suffix for path in wanted if path.stat().st_size <= 20_000] == []
        assert b"From CPU to ASIC" in wanted[0].read_bytes()

    def test_its_json_has_the_rungs_the_best_so_far_and_the_given_devices(self, results: Path, capsys: Capture) -> None:
        document = run_here(capsys, "ladder", str(results), "--json").document
        assert [(rung["kind"], rung["from"], rung["to"], rung["devices"]) for rung in document["rungs"]] == [
            ("cpu", 2004, 2011, 12), ("gpu", 2008, 2012, 16), ("fpga", 2011, 2012, 7), ("asic", 2013, 2014, 14),
        ]  # fmt: skip
        assert [one["device"] for one in document["own"]] == ["Radeon RX 6800", "Test CPU"]
        assert document["frontier"][0]["kind"] == "cpu"
        assert document["frontier"][-1]["kind"] == "asic"

    def test_a_day_without_data_is_refused_even_without_devices(self, capsys: Capture) -> None:
        assert run_here(capsys, "ladder", "--date", "2100-01-01").code == 2

    @pytest.mark.parametrize("command", ["report", "ladder"])
    @pytest.mark.parametrize("given", ["the file", "its folder"])
    def test_a_given_result_is_never_written_over(
        self, results: Path, capsys: Capture, command: str, given: str
    ) -> None:
        target = results / "0.json"
        before = target.read_bytes()
        source = target if given == "the file" else results
        outcome = run_here(capsys, command, str(source), "-o", str(target))
        assert outcome.code == 2
        assert "is one of the inputs" in outcome.err
        assert target.read_bytes() == before

    def test_a_page_beside_the_results_can_be_written_again(self, results: Path, capsys: Capture) -> None:
        for _ in range(2):
            assert run_here(capsys, "ladder", str(results), "-o", str(results / "page.md")).code == 0

    def test_claims_have_verdicts(self, results: Path, capsys: Capture) -> None:
        alone = run_here(capsys, "claims", "--json").document["claims"]
        own = run_here(capsys, "claims", str(results), "--json").document["claims"]
        assert (alone[0]["id"], alone[0]["finding"]["judgement"]) == ("ladder", "reproduced")
        assert (own[0]["id"], own[0]["finding"]["judgement"]) == ("ladder", "reproduced")

    def test_claims_are_told_in_the_terminal(self, capsys: Capture) -> None:
        out = run_here(capsys, "claims").out
        assert "✗ not reproduced: the share is 17.5 %" in out


class TestCompare:
    """`hashwatt compare`."""

    @pytest.fixture
    def pair(self, tmp_path: Path) -> tuple[str, str]:
        save(result(verified(run=0), run=0), tmp_path / "base.json")
        save(result(verified(run=1, rate=20e6, driver="new one"), run=1), tmp_path / "new.json")
        return str(tmp_path / "base.json"), str(tmp_path / "new.json")

    def test_the_verdict_the_interval_and_what_differs(self, pair: tuple[str, str], capsys: Capture) -> None:
        outcome = run_here(capsys, "compare", *pair)
        assert outcome.code == 0
        assert "sha256d[cpu]: slower" in outcome.out
        assert "95 % interval" in outcome.out
        assert "differs: driver: test 1 → new one" in outcome.out

    @pytest.mark.parametrize(("percent", "code"), [("10", 1), ("30", 0)])
    def test_the_limit_sets_the_exit_code(
        self, pair: tuple[str, str], capsys: Capture, percent: str, code: int
    ) -> None:
        assert run_here(capsys, "compare", *pair, "--fail-if-slower", percent).code == code

    def test_a_result_that_does_not_verify_fails_the_limit(self, tmp_path: Path, capsys: Capture) -> None:
        save(result(verified(run=0), run=0), tmp_path / "a.json")
        save(result(tampered(verified(run=1)), run=1), tmp_path / "b.json")
        outcome = run_here(
            capsys, "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--fail-if-slower", "5"
        )
        assert outcome.code == 1
        assert "does not verify" in outcome.err

    @pytest.mark.parametrize("percent", ["-1", "100", "nan"])
    def test_a_limit_that_makes_no_sense_is_refused(self, pair: tuple[str, str], capsys: Capture, percent: str) -> None:
        assert run_here(capsys, "compare", *pair, "--fail-if-slower", percent).code == 2

    def test_json_is_one_document(self, pair: tuple[str, str], capsys: Capture) -> None:
        (comparison,) = run_here(capsys, "compare", *pair, "--json").document["comparisons"]
        assert comparison["judgement"] == "slower"
        assert comparison["ratio"]["low"] < 0.8 < comparison["ratio"]["high"]
        assert comparison["scatter"]["source"] == "prior"

    def test_a_threshold_says_what_is_the_same(self, tmp_path: Path, capsys: Capture) -> None:
        for run in (0, 1):
            save(result(verified(run=run), run=run), tmp_path / f"{run}.json")
        pair = (str(tmp_path / "0.json"), str(tmp_path / "1.json"))
        assert "sha256d[cpu]: cannot tell" in run_here(capsys, "compare", *pair).out
        assert "sha256d[cpu]: same" in run_here(capsys, "compare", *pair, "--threshold", "8").out
        assert run_here(capsys, "compare", *pair, "--threshold", "-1").code == 2

    def test_folders_patterns_and_further_runs(self, tmp_path: Path, capsys: Capture) -> None:
        for name, rate, first in (("base", 25e6, 0), ("new", 24e6, 10)):
            (tmp_path / name).mkdir()
            for run in range(first, first + 4):
                save(result(verified(run=run, rate=rate), run=run), tmp_path / name / f"{run}.json")
        folders = run_here(capsys, "compare", str(tmp_path / "base"), str(tmp_path / "new"))
        assert "sha256d[cpu]: slower" in folders.out
        assert "(4 runs → 4 runs)" in folders.out
        assert run_here(capsys, "compare", f"{tmp_path}/base/*.json", f"{tmp_path}/new/*").out == folders.out
        ids = [str(tmp_path / "base" / f"{run}.json") for run in range(4)]
        more = [part for path in ids[1:] for part in ("--base", path)]
        assert run_here(capsys, "compare", ids[0], str(tmp_path / "new"), *more).out == folders.out

    def test_another_processor_is_exit_3_of_a_limit(self, tmp_path: Path, capsys: Capture) -> None:
        for run, name in enumerate(("EPYC 9354", "Xeon 8370C")):
            where = machine(cpu_model=name)
            save(result(verified(run=run, rate=50e6 / (run + 1)), run=run, machines=(where,)), tmp_path / f"{run}.json")
        pair = (str(tmp_path / "0.json"), str(tmp_path / "1.json"))
        outcome = run_here(capsys, "compare", *pair, "--fail-if-slower", "5")
        assert outcome.code == 3
        assert "cannot tell (another processor" in outcome.out
        assert "differs: processor: EPYC 9354 → Xeon 8370C" in outcome.out
        assert "another processor" in outcome.err
        assert run_here(capsys, "compare", *pair).code == 0

    def test_it_is_written_down(self, pair: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
        written = [str(tmp_path / "out" / name) for name in ("c.md", "c.json")]
        (tmp_path / "out").mkdir()
        outcome = run_here(
            capsys, "compare", *pair, "-o", written[0], "-o", written[1], "--json", "--fail-if-slower", "10"
        )
        assert outcome.code == 1
        text = Path(written[0]).read_text(encoding="utf-8")
        assert text.startswith("### hashwatt: 1 slower – fails\n")
        assert "| sha256d\\[cpu\\] | slower | −20." in text
        assert json.loads(Path(written[1]).read_text(encoding="utf-8")) == outcome.document

    @pytest.mark.parametrize(
        ("name", "because"),
        [("x.html", "no known format"), ("base.json", "is one of the inputs"), ("no/x.md", "cannot be written")],
    )
    def test_where_it_cannot_be_written_is_said_before(
        self, pair: tuple[str, str], tmp_path: Path, capsys: Capture, name: str, because: str
    ) -> None:
        before = Path(pair[0]).read_bytes()
        outcome = run_here(capsys, "compare", *pair, "-o", str(tmp_path / name))
        assert outcome.code == 2
        assert because in outcome.err
        assert Path(pair[0]).read_bytes() == before

    def test_a_measurement_found_by_a_pattern_is_not_written_over(
        self, pair: tuple[str, str], tmp_path: Path, capsys: Capture
    ) -> None:
        pattern = f"{tmp_path}/n*.json"
        outcome = run_here(capsys, "compare", pair[0], pattern, "-o", pair[1])
        assert outcome.code == 2
        assert "is one of the inputs" in outcome.err

    def test_a_run_that_alternated_two_settings_is_judged_by_itself(self, tmp_path: Path, capsys: Capture) -> None:
        run = alternated(entry("a", rounds_of([25e6] * 5)), entry("b", rounds_of([24e6] * 5)))
        save(run, tmp_path / "ab.json")
        outcome = run_here(capsys, "compare", str(tmp_path / "ab.json"), "-o", str(tmp_path / "ab.md"))
        assert outcome.code == 0
        # Its evidence is made up, and a verdict needs one that holds.
        assert "kernel b against a: cannot tell (kernel a does not verify" in outcome.out
        assert f"hashwatt compare {tmp_path}/ab.json" in (tmp_path / "ab.md").read_text(encoding="utf-8")

    def test_one_side_alone_that_alternated_nothing_is_an_error(self, pair: tuple[str, str], capsys: Capture) -> None:
        for more in ([], ["--base", pair[1]]):
            outcome = run_here(capsys, "compare", pair[0], *more)
            assert outcome.code == 2
            assert outcome.err.count("\n") == 1
        assert "alternated nothing" in run_here(capsys, "compare", pair[0]).err


class TestHistory:
    """`hashwatt history`."""

    @pytest.fixture
    def runs(self, tmp_path: Path) -> str:
        for run in range(8):
            device = verified(run=run, rate=25e6 if run < 4 else 20e6, scatter=0.002, driver=f"version {run // 4}")
            save(result(device, run=run, day=1 + run), tmp_path / f"{run}.json")
        return str(tmp_path)

    def test_it_shows_the_runs_and_the_step(self, runs: str, capsys: Capture) -> None:
        out = run_here(capsys, "history", runs).out
        assert out.count("2025-05-0") >= 8
        assert "stepped −20." in out
        assert "differs: driver: version 0 → version 1" in out

    def test_json_is_one_document(self, runs: str, capsys: Capture) -> None:
        (history,) = run_here(capsys, "history", runs, "--json").document["histories"]
        assert [step["index"] for step in history["steps"]] == [4]
        assert len(history["runs"]) == 8
