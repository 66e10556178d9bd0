"""The examples in the documentation do what they say: each is run as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
PAGES = (TREE / "README.md", TREE / "CONTRIBUTING.md", *sorted((TREE / "docs").rglob("*.md")))
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# A shell prompt, the command, and what it prints until the next prompt.
SESSION = re.compile(r"^\$ (?P<command>.*)\n(?P<answer>(?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One fenced block of a page."""

    place: str
    language: str
    text: str


def examples(language: str) -> list[Example]:
    """Every block of that language; Python that imports nothing of ours goes on where the block before it ended."""
    found: list[Example] = []
    for page in PAGES:
        source = page.read_text(encoding="utf-8")
        for fence in FENCE.finditer(source):
            line = source.count("\n", 0, fence.start()) + 1
            if fence["language"] != language:
                continue
            if language == "python" and "import hashwatt" not in fence["text"]:
                found[-1] = replace(found[-1], text=f"{found[-1].text}\n{fence['text']}")
            else:
                found.append(Example(f"{page.relative_to(TREE).as_posix()}:{line}", language, fence["text"]))
    return found


def in_a_folder_of_its_own(command: list[str], folder: Path) -> str:
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, stdin=subprocess.DEVNULL, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("example", examples("python"), ids=lambda example: example.place)
def test_python_example_runs(example: Example, tmp_path: Path) -> None:
    in_a_folder_of_its_own([sys.executable, "-c", example.text], tmp_path)


@pytest.mark.parametrize("example", examples("console"), ids=lambda example: example.place)
def test_command_prints_what_the_page_says(example: Example, tmp_path: Path) -> None:
    sessions = list(SESSION.finditer(example.text))
    assert sessions
    for session in sessions:
        program, *arguments = shlex.split(session["command"])
        assert program == "hashwatt"
        answer = in_a_folder_of_its_own([sys.executable, "-m", "hashwatt", *arguments], tmp_path)
        assert answer == session["answer"]


def test_the_readme_has_examples_of_both_kinds() -> None:
    assert examples("python")
    assert examples("console")
