"""The pictures in the documents: all are there, small, shown somewhere, and ask nothing of the network."""

from __future__ import annotations

import ast
import re

import pytest

from .test_examples import PAGES, TREE

TERMINAL = TREE / "docs" / "terminal"
MOST_BYTES = 100_000


def captured() -> list[str]:
    """What docs/terminal.py captures, by file; it is not imported, since it needs a POSIX terminal."""
    values = {
        node.targets[0].id: node.value
        for node in ast.parse((TREE / "docs" / "terminal.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    commands = values["COMMANDS"]
    assert isinstance(commands, ast.Dict)
    sizes = ast.literal_eval(values["SIZES"])
    return [f"{ast.literal_eval(key)}-{columns}x{rows}.svg" for key in commands.keys if key for columns, rows in sizes]


def test_each_command_s_pictures_are_there_and_no_other() -> None:
    assert sorted(path.name for path in TERMINAL.iterdir()) == sorted(captured())
    assert len(captured()) == 12


@pytest.mark.parametrize("name", captured())
def test_a_picture_of_the_terminal_is_small_shown_and_asks_nothing_of_the_network(name: str) -> None:
    picture = (TERMINAL / name).read_bytes()
    assert len(picture) <= MOST_BYTES
    assert re.findall(rb"https?://(?!www\.w3\.org/)[^\s\"<]+", picture) in ([], [b"https://www.textualize.io"])
    assert b"@font-face" not in picture
    assert b"@import" not in picture
    assert any(f"terminal/{name})" in page.read_text(encoding="utf-8") for page in PAGES)


def test_the_progression_is_small() -> None:
    assert (TREE / "docs" / "progression.png").stat().st_size <= MOST_BYTES
