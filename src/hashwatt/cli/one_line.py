"""A sentence on the user's own words, made to fit on a line: the words are cut, what is said of them is not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ..reports.wording.visible import shortened, visible

LONGEST = 120
# What is left of each quoted word, the first of these that fits; with less than the last, a hint is left out instead.
QUOTED = (80, 60, 40, 24)
LEAST_QUOTED = 12
# From how much of a word it is found in a sentence: whoever words it may have cut its end.
FOUND_BY = 10
# More than any message quotes, and quick to go through.
MOST_READ = 100_000


def on_one_line(sentence: str, hint: str, words: Sequence[str], longest: int = LONGEST) -> str:
    """`sentence` and the `hint` after it in `longest` characters at most, with nothing that a terminal obeys.

    Where they are longer, what the sentence quotes of the `words` is cut: a path at its beginning, since its end is the
    file's name, anything else in the middle. Then the hint is left out; then the sentence itself is cut.
    """
    whole = visible(sentence, MOST_READ)
    if len(whole) + len(hint) <= longest:
        return whole + hint
    quotes = _quotes(whole, words)
    for end, most in ((hint, QUOTED), ("", (*QUOTED, LEAST_QUOTED))):
        for left in most:
            fitting = whole
            for quote in quotes:
                fitting = fitting.replace(quote, _cut(quote, left))
            if len(fitting) + len(end) <= longest:
                return fitting + end
    return shortened(fitting, longest)


def _cut(quote: str, left: int) -> str:
    if len(quote) > left and ("/" in quote or "\\" in quote):
        return f"…{quote[len(quote) - left + 1 :]}"
    return shortened(quote, left)


def _quotes(sentence: str, words: Sequence[str]) -> list[str]:
    """What a sentence quotes of the words, the longest first: each from its beginning, or from that of its value."""
    found = set()
    for word in words:
        # As it is, after the `--`, after a letter's option (-tWORD), and after `--option=`.
        for text in (word, word.lstrip("-"), word[2:], word.partition("=")[2]):
            shown = visible(text, MOST_READ)
            at = sentence.find(shown[:FOUND_BY]) if len(shown) > FOUND_BY else -1
            if at >= 0:
                alike = takewhile(lambda pair: pair[0] == pair[1], zip(sentence[at:], shown, strict=False))
                found.add(shown[: sum(1 for _ in alike)])
    return sorted(found, key=len, reverse=True)
