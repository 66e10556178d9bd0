"""Races already run, remembered on disk by device, driver and generator: a file a race.

With the race the kernels are remembered that ended or hung their process: no later run tries them again. Those that
hung for a week only: a compiler that is merely slow, on a machine that was busy, looks alike.

A file that cannot be read, or says anything odd, is as good as none; one that cannot be written is
not missed.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import msgspec

from ...device import NO_ANSWER, Candidate
from ...errors import InputError
from ...system.own_files import cache_folder, read_regular, write_atomically
from ..codegen.variant import parse_variant
from ..setting import Tuning
from .tuner import NOT_YET, Outcome

FOLDER = "opencl-tuning"
MOST_BYTES = 1 << 16
BACKENDS = ("opencl", "cuda")
HUNG_FOR_S = 7 * 86_400.0


@dataclass(frozen=True)
class Key:
    """What a race's outcome depends on."""

    device: str
    driver: str
    compute_units: int | None


def recall(key: Key) -> Outcome | None:
    """The outcome of an earlier race, or None."""
    path = _path(key)
    if path is None:
        return None
    try:
        record = msgspec.json.decode(read_regular(path, MOST_BYTES))
        if record["key"] != asdict(key):
            return None
        tuning, *others = [_tuning(entry) for entry in (record["tuning"], *record["runners_up"])]
        rate = float(record["hashrate_hs"])
        if not 0 < rate < math.inf:
            return None
        candidates = tuple(_candidate(entry) for entry in record["candidates"])
        likelier = tuple(name for name in record["likelier"] if isinstance(name, str))
        outcome = Outcome(tuning, rate, candidates, tuple(others), likelier)
        return outcome if 0 <= time.time() - float(record["raced_s"]) < HUNG_FOR_S else _second_chance(outcome)
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError, InputError, msgspec.MsgspecError):
        return None


def remember(key: Key, outcome: Outcome) -> None:
    """Keep an outcome. Written whole or not at all."""
    record = {
        "key": asdict(key),
        "tuning": _entry(outcome.tuning),
        "runners_up": [_entry(tuning) for tuning in outcome.runners_up],
        "hashrate_hs": outcome.hashrate_hs,
        "candidates": [asdict(candidate) for candidate in outcome.candidates],
        "likelier": list(outcome.likelier),
        "raced_s": time.time(),
    }
    path = _path(key)
    if path is None:
        return
    with suppress(OSError):
        write_atomically(path, json.dumps(record).encode())


def _second_chance(outcome: Outcome) -> Outcome:
    """The outcome without what it says of kernels that hung."""
    hung = tuple(one.name for one in outcome.candidates if one.reason is not None and NO_ANSWER in one.reason)
    forgiven = (replace(one, reason=NOT_YET) if one.name in hung else one for one in outcome.candidates)
    return replace(outcome, candidates=tuple(forgiven), likelier=(*outcome.likelier, *hung))


@cache
def generator_sha256() -> str:
    """A hash over the sources of the generator: an edited generator races anew."""
    digest = hashlib.sha256()
    here = Path(__file__).parents[1]
    for folder in (here, here.parent / "graph", here.parent / "sha256"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _path(key: Key) -> Path | None:
    folder = cache_folder(FOLDER)
    if folder is None:
        return None
    parts = json.dumps([asdict(key), generator_sha256()]).encode()
    return folder / f"{hashlib.sha256(parts).hexdigest()[:32]}.json"


def _entry(tuning: Tuning) -> dict[str, object]:
    return {
        "variant": tuning.variant.name,
        "vectors_per_item": tuning.vectors_per_item,
        "local_size": tuning.local_size,
        "refined": tuning.refined,
        "backend": tuning.backend,
    }


def _tuning(entry: dict[str, object]) -> Tuning:
    refined, backend = entry["refined"], entry["backend"]
    if not isinstance(refined, bool) or backend not in BACKENDS:
        raise TypeError(entry)
    return Tuning(
        parse_variant(str(entry["variant"])),
        _positive(entry["vectors_per_item"]),
        _positive(entry["local_size"]),
        refined,
        str(backend),
    )


def _positive(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= 1 << 16:
        raise ValueError(value)
    return value


def _candidate(entry: dict[str, object]) -> Candidate:
    name, rate, compile_s, reason = (entry[field] for field in ("name", "hashrate_hs", "compile_s", "reason"))
    if (
        not isinstance(name, str)
        or not isinstance(rate, float | None)
        or not isinstance(compile_s, float | None)
        or not isinstance(reason, str | None)
    ):
        raise TypeError(entry)
    return Candidate(name, rate, compile_s, reason)
