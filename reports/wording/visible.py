"""Text from elsewhere (files, drivers, users) made safe to show in a terminal."""

from __future__ import annotations

import unicodedata

# Other (Cc control, Cf format: bidirectional marks and zero-width characters, Cs lone surrogates, Co
# private use, Cn unassigned) and the line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, limit: int = 4_000) -> str:
    """`text` on one line, with every character that a terminal would obey instead of show written as an escape.

    >>> visible("\\x1b[2Jgone")
    '\\\\x1b[2Jgone'
    """
    shown = "".join(_shown(character) for character in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
