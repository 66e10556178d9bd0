"""What came of each change, written down as it comes, so that a run can be ended and gone on with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .covering import Noted
from .mutants import Mutant
from .targets import Area


class Notes:
    """A file of an area: a JSON document a line. What was noticed stays noticed, for tests only come on top.

    What was not noticed is tried again where a test of the area has changed since, and so is all of a module that has
    changed itself. Tests are watched again where their file, or any of the modules, has changed.
    """

    def __init__(self, path: Path | None, area: Area, tree: Path) -> None:
        """Read what is there; without a path nothing is kept."""
        self._path = path
        files = {str(file.relative_to(tree)): file for name in area.tests for file in python_files(tree / name)}
        self._files = {name: digest(file.read_text(encoding="utf-8")) for name, file in files.items()}
        self._modules = digest(*((tree / module).read_text(encoding="utf-8") for module in area.modules))
        self._state = digest(self._modules, *self._files.values())
        self.watched: Noted = {}
        self._outcomes: dict[str, str] = {}
        known: dict[str, str] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
        for note in map(json.loads, lines):
            if "watched" in note:
                if note["modules"] == self._modules:
                    self.watched |= note["watched"]
                    known |= note["files"]
            elif note["outcome"] != "survived" or note["state"] == self._state:
                self._outcomes[note["change"]] = note["outcome"]
        self.unwatched = [name for name, state in self._files.items() if known.get(name) != state]
        self.watched = {test: seen for test, seen in self.watched.items() if test.partition("::")[0] in self._files}
        for test in [one for one in self.watched if one.partition("::")[0] in self.unwatched]:
            del self.watched[test]

    def outcome(self, mutant: Mutant, source: str) -> str | None:
        """What came of it before; None where it is to be tried."""
        return self._outcomes.get(name_of(mutant, source))

    def add_watched(self, watched: Noted) -> None:
        """Which tests run which lines, of those that were not watched before."""
        self._add({"watched": watched, "files": {name: self._files[name] for name in self.unwatched}})

    def add(self, mutant: Mutant, source: str, outcome: str) -> None:
        """What came of a change."""
        self._add({"change": name_of(mutant, source), "outcome": outcome})

    def _add(self, note: dict[str, object]) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(note | {"modules": self._modules, "state": self._state}) + "\n")


def name_of(mutant: Mutant, source: str) -> str:
    """A change by its place in the module as it is."""
    return f"{mutant.module} {digest(source)} {mutant.site} {mutant.variation}"


def digest(*texts: str) -> str:
    """Whether they are the same."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def python_files(path: Path) -> list[Path]:
    """A file, or those of a folder; of one test its file."""
    path = path.with_name(path.name.partition("::")[0])
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]
