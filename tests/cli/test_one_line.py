"""Whatever words a command line has, what is wrong with them is one sentence that fits on a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hashwatt.bench.api
from hashwatt.cli.app import hashwatt as program
from hashwatt.cli.one_line import LONGEST, on_one_line
from hashwatt.kernels.errors import InputError
from hashwatt.reports.wording.visible import visible

from .terminal import Outcome, run_here
from .test_help import every_command

Capture = pytest.CaptureFixture[str]
# Longer than any file's or host's name, and full of what a terminal obeys.
PLAIN = "x" * 10_000
HOSTILE = {"plain": PLAIN, "controls": "\x1b[2J\u202e\u200f" * 1_000 + ".json", "number": "9" * 10_000}
# These read nothing that they are given, and do a long piece of work where all that they are given is taken.
NOTES = {"--note", "--challenge", "--kernel", "--user", "--beside"}


def refused(outcome: Outcome) -> None:
    assert outcome.code == 2, outcome.err[-300:]
    assert "Traceback" not in outcome.err
    (line,) = outcome.err.splitlines()
    assert len(line) <= LONGEST
    assert visible(line) == line


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stop(*given: object, **settings: object) -> None:
        raise InputError(f"there is no device {PLAIN!r:.80}; this machine has cpu, opencl:0 (see `hashwatt devices`)")

    monkeypatch.chdir(tmp_path)
    for name in ("run", "devices", "scan"):
        monkeypatch.setattr(hashwatt.bench.api, name, stop)


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command = program
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


def lines_of(path: tuple[str, ...], word: str) -> Iterator[tuple[str, ...]]:
    """Command lines with a hostile word in every place that there is."""
    yield (*path, f"--{word}")
    yield (*path, f"--json={word}")
    yield (*path, *[word] * 5, "--nothing")
    command = command_of(path)
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    if arguments and all(each.type.name in ("path", "text") for each in arguments) and path[0] != "fleet":
        yield (*path, *(word for each in arguments))
    for option in command.params:
        if isinstance(option, click.Option) and not option.is_flag and option.opts[-1] not in NOTES:
            yield (*path, option.opts[-1], word, *(word for each in arguments if each.required))


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("path", list(every_command()), ids=lambda path: " ".join(path) or "hashwatt")
def test_words_of_any_length_are_refused_in_one_line(path: tuple[str, ...], kind: str, capsys: Capture) -> None:
    lines = [line for line in lines_of(path, HOSTILE[kind]) if path or line]
    assert lines
    for line in lines:
        refused(run_here(capsys, *line))


@pytest.mark.parametrize(
    "line",
    [
        ("report", PLAIN),
        ("history", PLAIN),
        ("ladder", PLAIN),
        ("claims", PLAIN),
        ("mine", PLAIN),
        ("serve", "--listen", PLAIN),
        ("devices", "--asic", PLAIN),
        ("rtl", "synth", "--liberty", PLAIN),
    ],
)
def test_names_too_long_for_a_file_or_a_host_are_bad_input(line: tuple[str, ...], capsys: Capture) -> None:
    refused(run_here(capsys, *line))


def test_the_quoted_word_is_cut_and_what_is_said_of_it_is_not() -> None:
    words = ["verify", "a" * 200 + ".json"]
    line = on_one_line(f"there is no file {words[1]!r}; give another", " (see `hashwatt verify --help`)", words)
    assert line.startswith("there is no file 'aaaaaa")
    assert line.endswith(".json'; give another (see `hashwatt verify --help`)")
    assert len(line) <= LONGEST


def test_of_a_path_its_end_is_kept_which_is_the_name() -> None:
    path = f"{'folder/' * 30}result.json"
    line = on_one_line(f"{path} cannot be read (Permission denied); choose another", " (see help)", [path])
    assert len(line) <= LONGEST
    assert "/result.json cannot be read" in line
    assert line.endswith("(see help)")


def test_what_fits_stays_as_it_is() -> None:
    assert on_one_line("no such file 'a.json'", " (see help)", ["a.json"]) == "no such file 'a.json' (see help)"


@given(st.text(max_size=300), st.text(max_size=60), st.lists(st.text(max_size=300), max_size=4), st.booleans())
def test_no_words_make_more_than_a_line(sentence: str, hint: str, words: list[str], quoted: bool) -> None:
    line = on_one_line(" ".join([sentence, *map(repr, words)]) if quoted else sentence, "x" * len(hint), words)
    assert len(line) <= LONGEST
    assert visible(line) == line
