"""A result file with something changed in it, and what verifying it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hashwatt.bench.api import verify
from hashwatt.bench.verification.verdict import Verdict

Json = dict[str, Any]
Tamper = Callable[[Json, Json], None]  # given the whole file and its one device


def tampered(honest_file: Path, folder: Path, tamper: Tamper) -> Verdict:
    document = json.loads(honest_file.read_bytes())
    tamper(document, document["results"][0])
    path = folder / "tampered.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return verify(path)


def samples(device: Json) -> list[Json]:
    taken: list[Json] = device["rounds"][0]["samples"]
    return taken


def refusals(verdict: Verdict) -> dict[str, str]:
    return {check.code: check.sentence for check in verdict.checks if not check.ok}
