"""What the docstrings of the model say of each field, for the schema and for people."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

# A docstring's last part: a field a line, its meaning, and after `null:` when it is null.
HEADING = "\n\nFields:\n"
LINE = re.compile(r"^    (\w+): (.*)$")


@dataclass(frozen=True)
class Meaning:
    """What a field is, and when it is null (empty: never)."""

    text: str
    when_null: str

    @property
    def sentence(self) -> str:
        """Both in one."""
        return f"{self.text}; null: {self.when_null}" if self.when_null else self.text


def described(doc: str) -> tuple[str, dict[str, Meaning]]:
    """A docstring's text, and the meanings of the fields that it lists."""
    text, _, listed = inspect.cleandoc(doc).partition(HEADING)
    meanings: dict[str, str] = {}
    name = ""
    for line in listed.splitlines():
        if match := LINE.match(line):
            name, meanings[match.group(1)] = match.group(1), match.group(2)
        elif name:
            meanings[name] += " " + line.strip()
    return text, {name: _meaning(line) for name, line in meanings.items()}


def _meaning(line: str) -> Meaning:
    text, _, when_null = line.partition("; null: ")
    return Meaning(text, when_null)
