"""A comparison as one document: what `--json` prints and `-o compare.json` keeps."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..verdicts.comparison import Comparison


class ComparisonDocument(Struct, frozen=True, kw_only=True):
    """All comparisons of two sides. `limit_percent`: that of `--fail-if-slower`; `failures`: what broke it.

    `left_out`: files that are no results, and copies. `base`, `new`: what was given.
    """

    base: tuple[str, ...]
    new: tuple[str, ...]
    limit_percent: float | None
    comparisons: Sequence[Comparison]
    failures: Sequence[str]
    left_out: Sequence[str]
