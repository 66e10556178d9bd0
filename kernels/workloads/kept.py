"""What races found out, kept on disk: a file for each, found by all that the outcome depends on.

A file that cannot be read, or says anything odd, is as good as none; one that cannot be written is not missed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import msgspec

from ..cpu.jit import generator_hash
from ..device import DeviceInfo
from ..system.own_files import cache_folder, read_regular, write_atomically

MOST_BYTES = 1 << 16
Outcome = TypeVar("Outcome", bound=msgspec.Struct)


def place_of(folder: str, info: DeviceInfo, about: Sequence[object]) -> Path | None:
    """Where the outcome of a race on a device belongs; `about`: what else it depends on. None where nothing is kept."""
    whole = cache_folder(folder)
    if whole is None:
        return None
    made_by = (generator_hash(), _numba_version(), _own_hash())
    everything = [*about, info.id, info.name, info.driver, info.compute_units, *made_by]
    return whole / f"{sha256(json.dumps(everything).encode()).hexdigest()[:32]}.json"


def read(place: Path | None, kind: type[Outcome]) -> Outcome | None:
    """The outcome that is kept there, if any."""
    if place is None:
        return None
    try:
        content = read_regular(place, MOST_BYTES)
        return msgspec.json.decode(content, type=kind) if len(content) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None


def write(place: Path | None, outcome: msgspec.Struct) -> None:
    """Keep an outcome. Written whole or not at all."""
    if place is not None:
        # A full disk costs another race the next time, not the run.
        with suppress(OSError):
            write_atomically(place, msgspec.json.encode(outcome))


@cache
def _own_hash() -> str:
    """Over the sources of what kernels are made from: an edited one races anew."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _numba_version() -> str:
    """What is installed, which compiles some of these kernels; asked without the third of a second of its import."""
    try:
        return version("numba")
    except PackageNotFoundError:
        return "none"
