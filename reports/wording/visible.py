"""Text from elsewhere (files, drivers, users) made safe to show in a terminal."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

# Other (Cc control, Cf format: bidirectional marks and zero-width characters, Cs lone surrogates, Co
# private use, Cn unassigned) and the line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, limit: int = 4_000) -> str:
    """`text` on one line, with every character that a terminal would obey instead of show written as an escape.

    >>> visible("\\x1b[2Jgone")
    '\\\\x1b[2Jgone'
    """
    # Nearly all text is: what Python calls printable holds none of the hidden categories.
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(_shown(character) for character in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def shortened(text: str, limit: int) -> str:
    """The same, but cut in the middle: names that begin alike are told apart by their ends.

    >>> shortened("Turbo Accelerator 9000 with 12 GB", 24)
    'Turbo Accelera…ith 12 GB'
    """
    # A name of megabytes is not made visible as a whole.
    whole = visible(text if len(text) <= 4 * limit else f"{text[: 2 * limit]}{text[-2 * limit :]}", 48 * limit)
    if len(whole) <= limit:
        return whole
    tail = (limit - 1) * 2 // 5
    return f"{whole[: limit - 1 - tail].rstrip()}…{whole[len(whole) - tail :].lstrip()}"


def told_apart(names: Sequence[str], limit: int) -> list[str]:
    """The names cut in the middle to `limit`, those that are then alike numbered.

    >>> told_apart(["Accelerator, first revision, 12 GB", "Accelerator, other revision, 12 GB", "CPU"], 20)
    ['Accelerato…12 GB #1', 'Accelerato…12 GB #2', 'CPU']
    """
    plain = [shortened(name, limit) for name in names]
    often, seen = Counter(plain), Counter[str]()
    # A number is left out where another name ends in it anyway.
    taken = set(plain)
    out = []
    for name, short in zip(names, plain, strict=True):
        told = short
        while often[short] > 1 and told in taken:
            seen[short] += 1
            number = f" #{seen[short]}"
            told = shortened(name, limit - len(number)) + number
        taken.add(told)
        out.append(told)
    return out


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
