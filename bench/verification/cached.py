"""Whole verdicts on files, kept by the file's digest, so that a folder of results is not checked in full each time.

They are kept in the user's own cache folder, under the digest of the file and of the code that judged it; where others
may write to that folder, nothing is kept (`trust`). What `verify` has found wrong stays: only a look at more shares, or
at the work itself, finds some faults, and finding none the next time does not make them good.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from ...kernels.system.own_files import cache_folder, read_regular, write_atomically
from ...kernels.workloads.registry import BUILT_IN
from ..result.file import decode, read_bounded, shown_name
from ..result.model import Result
from .checks import check_file
from .verdict import Check, Verdict

FOLDER = "verdicts"
MOST_BYTES = 1 << 20
MOST_KEPT = 2000
# What judges: a verdict by other code is no verdict.
JUDGES = (
    "bench/verification",
    "bench/anchors",
    "bench/result",
    "bench/energy/joules",
    "kernels/workloads",
    "kernels/headers",
)


def check_part(path: Path, most_shares: int) -> tuple[Verdict, Result | None]:
    """The whole verdict on a file where it is kept, else one on `most_shares` of its shares, drawn anew.

    Raises as `check_result` does.
    """
    return check_part_of(read_bounded(path), shown_name(path), most_shares)


def check_part_of(data: bytes, name: str, most_shares: int) -> tuple[Verdict, Result | None]:
    """The same of the content of the file called `name`."""
    known = kept_verdict(data)
    return check_file(data, name, most_shares=most_shares) if known is None else (known, decode(data, name))


def without_others_trust(verdict: Verdict, checks: tuple[Check, ...]) -> Verdict:
    """What of a verdict rests on the file alone: not which certificates somebody trusted that time."""
    return msgspec.structs.replace(verdict, checks=checks, trusted=(), anchors=(), between=None, rate_at_least=())


def keep(path: str | Path, verdict: Verdict, result: Result) -> None:
    """Keep a whole verdict on a file, if it still is the file that was judged and its work is of a kind known here."""
    with suppress(Exception):
        data = read_bounded(path)
        if decode(data, "") != result or any(entry.workload not in BUILT_IN for entry in result.results):
            return
        known = kept_verdict(data)
        if known is not None and not known.ok and verdict.ok:
            return
        folder = cache_folder(FOLDER)
        if folder is not None:
            checks = tuple(
                msgspec.structs.replace(check, covers=()) for check in verdict.checks if check.code != "challenge"
            )
            content = msgspec.json.encode(without_others_trust(verdict, checks))
            _make_room(folder)
            write_atomically(folder / _name(data), content)


def kept_verdict(data: bytes) -> Verdict | None:
    """The whole verdict on a file of this content, None where none is kept."""
    with suppress(OSError, ValueError, RecursionError):
        folder = cache_folder(FOLDER)
        if folder is not None:
            return msgspec.json.decode(read_regular(folder / _name(data), MOST_BYTES), type=Verdict)
    return None


def _name(data: bytes) -> str:
    return f"{sha256(_judge() + sha256(data).digest()).hexdigest()}.json"


def _make_room(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
        file.unlink(missing_ok=True)


@cache
def _judge() -> bytes:
    """A digest of the code that judges."""
    root = Path(__file__).resolve().parents[2]
    digest = sha256()
    for place in (*(root / name for name in JUDGES), root / "bench"):
        files = place.glob("*.py") if place.name == "bench" else place.rglob("*.py")
        for file in sorted(files):
            digest.update(file.read_bytes())
    return digest.digest()
