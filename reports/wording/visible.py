"""Text from elsewhere (files, drivers, users) made safe to show in a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

# Other (Cc control, Cf format: bidirectional marks and zero-width characters, Cs lone surrogates, Co
# private use, Cn unassigned) and the line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that nobody sees: fillers, joiners, the blank of Braille. With them two names would look alike, and
# one could be nothing at all. (Selectors of a variant are seen in what they choose: emoji have them.)
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef"
# What may need a look at each character: the unseen, and wherever a mark may follow on another.
_ODD = re.compile(f"[{_UNSEEN}]|[^\\x00-\\x7f]{{2}}")
_UNSEEN_LETTER = re.compile(f"[{_UNSEEN}]")
# Marks above and below a letter: more of them than any script needs would grow over the lines around it.
_MARKS = frozenset({"Mn", "Me"})
MOST_MARKS = 4


def visible(text: str, limit: int = 4_000) -> str:
    """`text` on one line, with every character that a terminal would obey instead of show written as an escape.

    >>> visible("\\x1b[2Jgone")
    '\\\\x1b[2Jgone'
    """
    # Nearly all text is: what Python calls printable holds none of the hidden categories.
    if len(text) <= limit and text.isprintable() and not _ODD.search(text):
        return text
    shown = "".join(_each_shown(text[: limit + 1]))
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


def _each_shown(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        hidden = category in _HIDDEN or marks > MOST_MARKS or _UNSEEN_LETTER.match(character)
        yield character.encode("unicode_escape").decode("ascii") if hidden else character
