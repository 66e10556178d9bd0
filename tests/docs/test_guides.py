"""The commands in the documents work: each is understood, those of the guides are run in order, on a fake device."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from hashwatt.cli import exits
from hashwatt.cli.app import hashwatt
from hashwatt.cli.output import Output
from hashwatt.kernels import registry

from ..cli.terminal import run_here
from .test_examples import TREE, Example, examples

GUIDES = ("measure", "compare", "gate", "publish")
# Two settings of one device are more than the fake one has.
ONLY_READ = ("--ab", "ab.json")


def commands(example: Example) -> list[list[str]]:
    """The lines of a block that call hashwatt, as their words; several may stand in one line."""
    lines = [part.strip() for line in example.text.splitlines() for part in re.split(r";|&&", line)]
    words = [shlex.split(line) for line in lines if line.startswith(("hashwatt ", "mkdir -p "))]
    return [each if each[0] == "mkdir" else each[1:] for each in words]


SHELL = [one for one in examples("sh") if commands(one)]


@pytest.mark.parametrize("example", SHELL, ids=lambda example: example.place)
def test_a_command_in_a_document_is_one_that_there_is(example: Example) -> None:
    for words in commands(example):
        if words[0] == "mkdir":
            continue
        group: click.Command = hashwatt
        context = click.Context(group, obj=Output(as_json=False, debug=False))
        while isinstance(group, click.Group):
            name, group, words = _step(group, context, words)
            context = click.Context(group, parent=context, info_name=name)
        # Raises what an unknown option or a missing argument raises.
        group.make_context(context.info_name or "", list(words), parent=context.parent)


def _step(group: click.Group, context: click.Context, words: list[str]) -> tuple[str, click.Command, list[str]]:
    name, command, rest = group.resolve_command(context, list(words))
    assert command is not None, words
    return str(name), command, rest


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_can_be_followed(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "BACKENDS", {"cpu": registry.BACKENDS["cpu"], "fake": ".fakes.device"})
    followed = 0
    for example in SHELL:
        if example.place.startswith(f"docs/{guide}.md:"):
            for words in commands(example):
                if words[0] == "mkdir":
                    for name in words[2:]:
                        Path(name).mkdir()
                elif not any(word in ONLY_READ for word in words):
                    outcome = run_here(capsys, *_short(words))
                    # Beside other tests the conditions may forbid a verdict.
                    may_end = (exits.DONE, exits.UNTOLD) if words[0] == "compare" else (exits.DONE,)
                    assert outcome.code in may_end, f"{words}: {outcome.err}"
                    followed += 1
    assert followed >= 2


def _short(words: list[str]) -> list[str]:
    """The same for the fake device, and within moments: long enough for 200 shares beside busy programs."""
    to = {"cpu": "fake:steady", "5": "1.5"}
    return [to.get(word, word) for word in words]


def test_there_is_a_guide_for_each_audience() -> None:
    index = (TREE / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (*GUIDES, "figures"):
        assert f"({page}.md)" in index
        assert f"(docs/{page}.md)" in (TREE / "README.md").read_text(encoding="utf-8")
