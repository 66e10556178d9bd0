"""A collection of results without names, for any report; what was left out, and what is still told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ...bench.result.model import Result
from ..collect.gather import Collection, gather
from .result import anonymous
from .told import Told, still_told


class Names(Struct, frozen=True, kw_only=True):
    """What was left out, and how often; what the results still tell."""

    left_out: dict[str, int]
    told: tuple[Told, ...]


class Leaving:
    """Takes names out of results, one after another, and counts what it takes."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._left_out: Counter[str] = Counter()

    def change(self, result: Result) -> Result:
        """The result without names."""
        made = anonymous(result)
        self._left_out.update(made.left_out)
        return made.result

    def names(self, results: Sequence[Result]) -> Names:
        """The account of it, of these results."""
        return Names(left_out=dict(self._left_out.most_common()), told=tuple(still_told(results)))


def gather_without_names(paths: Iterable[str | Path]) -> tuple[Collection, Names, tuple[str, ...]]:
    """As `gather`, each result without names; and the sentences on files that are no result, which name their paths.

    The collection itself holds no path. Raises as `gather` does.
    """
    leaving = Leaving()
    found = gather(paths, leaving.change)
    return without_paths(found), leaving.names(found.results), found.unreadable


def without_paths(collection: Collection) -> Collection:
    """The collection without the names of files and folders."""
    return replace(collection, files=(), unreadable=tuple("a file that is no result" for _ in collection.unreadable))
