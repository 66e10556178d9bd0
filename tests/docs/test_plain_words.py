"""The words are plain ones, in the program, in its documents and in what it prints."""

from __future__ import annotations

import re
from pathlib import Path

TREE = Path(__file__).parents[2]
FOLDERS = ("kernels", "bench", "reports", "src/hashwatt", "docs", "tests")
KINDS = (".py", ".md", ".jinja")
QUOTED = re.compile(r"`[^`]*`")
# Each with what to write instead.
QUAINT = {
    r"\bthrifti(?:er|est)\b": "needs less, the least",
    r"\bmend(?:s|ed|ing)?\b": "what helps, a remedy, correct",
    r"\bearned (?:its|their) place\b": "would have found a block a month",
    r"\bheed(?:s|ed|less)?\b": "use, apply, ignore",
    r"cannot be told(?! (?:apart|from))|null: not told": "unknown",
}
# Made by a run: they show what the program printed then.
RECORDS = ("docs/zoo.md", "docs/sample-report")


def test_no_quaint_word_stands_anywhere() -> None:
    paths = [TREE / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    paths += [path for folder in FOLDERS for path in sorted((TREE / folder).rglob("*")) if path.suffix in KINDS]
    found = [
        f"{path.relative_to(TREE).as_posix()}:{number}: {match[0]!r}; rather: {instead}"
        for path in paths
        if path != Path(__file__) and not path.relative_to(TREE).as_posix().startswith(RECORDS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word, instead in QUAINT.items()
        # A name that is no more is named as it was.
        if (match := re.search(word, QUOTED.sub("", line) if path.name == "CHANGELOG.md" else line, re.IGNORECASE))
    ]
    assert not found, "\n".join(found)


def test_the_patterns_see_what_they_should() -> None:
    for line in ("the thriftiest", "what would mend that", "earned its place", "not heeded", "which cannot be told."):
        assert any(re.search(word, line, re.IGNORECASE) for word in QUAINT)
    for line in ("recommended", "told apart by their ends", "commend"):
        assert not any(re.search(word, line, re.IGNORECASE) for word in QUAINT)
