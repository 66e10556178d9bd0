"""The grammar of Liberty files: groups with arguments, attributes and groups inside.

Source of the format: *Liberty User Guides and Reference Manual Suite* (Open Source Liberty).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError

# A gigabyte of text is no cell library.
MOST_BYTES = 256 << 20
MOST_DEPTH = 32

SPACE = r"(?:\s|\\\r?\n|/\*.*?\*/|//[^\n]*)*"
STRING = r'"(?:[^"\\]|\\.)*"'
WORD = r'[^\s"(){};:,\\]+'
STATEMENT = re.compile(rf"{SPACE}(?:(?P<close>\}})|(?P<name>{WORD}){SPACE}(?P<kind>[:(])|(?P<semicolon>;))", re.DOTALL)
SIMPLE = re.compile(rf"{SPACE}(?P<value>{STRING}|[^;\n}}]*?){SPACE}(?:;|(?=[\n}}]))", re.DOTALL)
ARGUMENTS = re.compile(rf"(?P<arguments>(?:{STRING}|[^)\"])*)\)", re.DOTALL)
AFTER = re.compile(rf"{SPACE}(?P<mark>[{{;])?", re.DOTALL)
ARGUMENT = re.compile(rf"{STRING}|{WORD}(?:[^,\"]*{WORD})?", re.DOTALL)


@dataclass
class Group:
    """`kind(arguments) { … }`: attributes by name (each with the arguments it was given), and groups in order."""

    kind: str
    arguments: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first argument, which most groups are named by; empty where there is none."""
        return self.arguments[0] if self.arguments else ""

    def text(self, attribute: str, default: str = "") -> str:
        """An attribute's first value as text."""
        return self.attributes.get(attribute, (default,))[0]

    def number(self, attribute: str, default: float = 0.0) -> float:
        """An attribute's first value as a number. Raises ValueError."""
        return float(self.attributes[attribute][0]) if attribute in self.attributes else default

    def of_kind(self, kind: str) -> Iterator[Group]:
        """The groups of one kind directly inside."""
        return (group for group in self.groups if group.kind == kind)


def read_liberty(path: Path) -> Group:
    """The `library` group of a file, which may be compressed with gzip. Raises InputError."""
    return parse_liberty(read_liberty_text(path), str(path))


def read_liberty_text(path: Path) -> str:
    """The text of a Liberty file, which may be compressed with gzip. Raises InputError."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise InputError(f"the Liberty file {path} cannot be read ({error}); give another") from error
    if len(content) > MOST_BYTES:
        raise InputError(f"the Liberty file {path} has {len(content) >> 20} MiB; no cell library is that large")
    return content.decode("utf-8", "replace")


def parse_liberty(text: str, name: str) -> Group:
    """The `library` group of a text; `name` is what errors call it. Raises InputError."""
    top = Group("file", ())
    position = _parse_body(text, 0, top, name, 0)
    libraries = list(top.of_kind("library"))
    if len(libraries) != 1 or text[position:].strip():
        raise _fault(text, position, name, "it has no single `library` group")
    return libraries[0]


def _parse_body(text: str, position: int, group: Group, name: str, depth: int) -> int:
    """Statements up to the brace that closes `group` (or the end, for the file itself); where they end."""
    if depth > MOST_DEPTH:
        raise _fault(text, position, name, "its groups are nested too deeply")
    while True:
        match = STATEMENT.match(text, position)
        if match is None:
            rest = re.compile(SPACE, re.DOTALL).match(text, position)
            end = rest.end() if rest else position
            if depth == 0 and end == len(text):
                return end
            raise _fault(text, position, name, "it breaks off or is no Liberty")
        position = match.end()
        if match["close"]:
            return position
        if match["semicolon"]:
            continue
        if match["kind"] == ":":
            simple = SIMPLE.match(text, position)
            if simple is None:
                raise _fault(text, position, name, f"the attribute {match['name']:.40} has no end")
            group.attributes[match["name"]] = (_unquoted(simple["value"]),)
            position = simple.end()
            continue
        listed = ARGUMENTS.match(text, position)
        if listed is None:
            raise _fault(text, position, name, f"the arguments of {match['name']:.40} have no end")
        arguments = tuple(_unquoted(found) for found in ARGUMENT.findall(listed["arguments"]))
        after = AFTER.match(text, listed.end())
        position = listed.end()
        if after and after["mark"] == "{":
            inner = Group(match["name"], arguments)
            position = _parse_body(text, after.end(), inner, name, depth + 1)
            group.groups.append(inner)
        else:
            group.attributes[match["name"]] = arguments


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        text = text[1:-1]
    return re.sub(r"\\\s*\n", " ", text).strip()


def _fault(text: str, position: int, name: str, reason: str) -> InputError:
    line = text.count("\n", 0, position) + 1
    return InputError(f"{name} is not a Liberty file that can be used (line {line}: {reason}); give another")
