"""Words that run from right to left, within a sentence that does not."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Hebrew, Arabic and their like, with their marks; then the same of the presentation forms and of the older scripts.
_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# Such words with the blanks and joints between them.
_WORDS = re.compile(f"[{_LETTERS}]+(?:[ '\"-]+[{_LETTERS}]+)*")


def isolated(text: str) -> Markup:
    """`text` for a page that runs from left to right: its words of the other direction turn nothing around them.

    Left alone they would draw a number that follows to their other side, and a sentence that begins with one would run
    from right to left as a whole.

    >>> isolated("on \u05d0\u05d1, 2 CPUs & more")
    Markup('on <bdi>\u05d0\u05d1</bdi>, 2 CPUs &amp; more')
    """
    if text.isascii():
        return escape(text)
    pieces, end = [], 0
    for found in _WORDS.finditer(text):
        pieces += [escape(text[end : found.start()]), Markup("<bdi>{}</bdi>").format(found[0])]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


# Seen by nobody; what stands beside it is taken for words from left to right.
_MARK = "\u200e"


def marked(text: str) -> str:
    """The same for a picture, which knows no elements within a text.

    >>> marked("\u05d0\u05d1 2 CPUs") == "\u200e\u05d0\u05d1\u200e 2 CPUs"
    True
    """
    shown = text if text.isascii() else _WORDS.sub(lambda found: f"{found[0]}{_MARK}", text)
    return shown if shown == text else f"{_MARK}{shown}"
