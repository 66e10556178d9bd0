"""What is known so far, and the files that keep it."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.gpu.figures import summary

FORMAT = 2

Json = dict[str, Any]


@dataclass
class Hour:
    """What is known so far: the card, and what each step answered. `second`: the same card by another way.

    `under_way`: the step that has begun and not ended, should nobody be there to say how it ended.
    """

    folder: Path
    as_if: str | None = None
    device: Json = field(default_factory=dict)
    second: Json = field(default_factory=dict)
    path: str = "nothing"
    packages: str = "the machine's own"
    under_way: str | None = None
    steps: list[Json] = field(default_factory=list)

    def id_of(self, which: str) -> str:
        """As `hashwatt run -d` takes it: of the `device`, or of the `second`."""
        return str((self.second if which == "second" else self.device)["id"])

    def record(self) -> Json:
        """All of it, as it is stored."""
        return {
            "format": FORMAT,
            "as_if": self.as_if,
            "path": self.path,
            "packages": self.packages,
            "device": self.device,
            "second": self.second,
            "under_way": self.under_way,
            "steps": self.steps,
        }

    def put(self, record: Json) -> None:
        """Keep what a step answered, in the place of what it answered before."""
        names = [step["name"] for step in self.steps]
        if record["name"] in names:
            self.steps[names.index(record["name"])] = record
        else:
            self.steps.append(record)

    def done(self, name: str) -> bool:
        """Whether a step is answered."""
        return any(step["name"] == name and step["status"] == "done" for step in self.steps)


def kept_in(state: Path, again: Sequence[str]) -> Json:
    """What an earlier call has answered."""
    with contextlib.suppress(OSError, ValueError):
        record: Json = json.loads((state / "results.json").read_text(encoding="utf-8"))
        if record.get("format") == FORMAT:
            record["steps"] = [step for step in record["steps"] if step["name"] not in again]
            return record
    return {}


def write(hour: Hour, output: Path) -> None:
    """The state, and the three files for whoever asked: each whole or not at all."""
    text = json.dumps(hour.record(), indent=1) + "\n"
    _replace(hour.folder / "results.json", text.encode())
    if output != hour.folder:
        _replace(output / "results.json", text.encode())
    _replace(output / "summary.txt", f"{summary(hour.record())}\n".encode())
    unfinished = output / "files.zip.part"
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(hour.folder.glob("*.json")):
            archive.write(path, path.name)
    unfinished.replace(output / "files.zip")


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
