"""Result files read and checked one by one; what each was is told by its digest, since the bytes are not kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from ...bench.result.file import decode, encode, read_bounded, shown_name
from ...bench.result.model import Result
from ...bench.verification.cached import check_part, check_part_of, kept_verdict
from ...bench.verification.checks import check_file
from ...bench.verification.verdict import Check
from ...kernels.errors import InputError
from ..wording.visible import visible

# Privately drawn, so that a file with one false share in forty-three is found out with 99.9 %.
SHARES_LOOKED_AT = 300
# What becomes of a result before it is looked at.
Change = Callable[[Result], Result]
Step = Callable[[], None]


class Source(Struct, frozen=True, kw_only=True):
    """A file with a result: the digest of its bytes, the result (changed, if asked for), and what was checked of it."""

    path: Path
    sha256: str
    result: Result
    checks: tuple[Check, ...]


def checked(path: Path) -> tuple[tuple[Check, ...], Result | None]:
    """What the checks say of a file, and the result in it if it is one. Raises InputError."""
    verdict, result = check_part(path, SHARES_LOOKED_AT)
    return verdict.checks, result


def read_sources(
    found: Iterable[Path], unreadable: list[str], change: Change | None = None, step: Step = lambda: None
) -> Iterator[Source]:
    """The files that hold a result, each run once; a sentence for each other one is put into `unreadable`.

    `step` is called after each file. Raises InputError where there is nothing of a name.
    """
    known: dict[str, list[Result]] = {}
    for path in found:
        try:
            source = _read(path, unreadable, change)
        except InputError as error:
            # A name that leads nowhere is a slip of the user's; what stands in a folder need not all be results.
            if not os.path.lexists(path):
                raise
            unreadable.append(visible(str(error), 400))
            source = None
        step()
        # The same run given twice is one run; another one under the same id is kept (and stands for itself).
        if source is not None and source.result not in known.setdefault(source.result.run_id, []):
            known[source.result.run_id].append(source.result)
            yield source


def _read(path: Path, unreadable: list[str], change: Change | None) -> Source | None:
    data, name = read_bounded(path), shown_name(path)
    digest = sha256(data).hexdigest()
    if change is not None and (new := change(old := decode(data, name))) != old:
        return Source(path=path, sha256=digest, result=new, checks=_checks_of_changed(data, new))
    verdict, result = check_part_of(data, name, SHARES_LOOKED_AT)
    if result is None:
        unreadable.extend(visible(check.sentence, 400) for check in verdict.checks if not check.ok)
        return None
    return Source(path=path, sha256=digest, result=result, checks=verdict.checks)


def _checks_of_changed(data: bytes, new: Result) -> tuple[Check, ...]:
    """Those of the changed result; what was found out about the whole file that it was made from stays found out."""
    verdict, _ = check_file(encode(new), "the result", most_shares=SHARES_LOOKED_AT)
    known = kept_verdict(data)
    if known is not None and not known.ok and verdict.ok:
        sentence = "the file that it was made from does not verify when all of its evidence is checked"
        return (*verdict.checks, Check(code="evidence", ok=False, sentence=sentence))
    return verdict.checks
