"""A table that fits its terminal: fewer columns where there is no room for all, and never half a word or number."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

# Between two columns, and in all at both ends.
GAP, EDGES = 2, 2
# Where all columns have room, the rest goes to no single cell: one wider than this would hide the others.
WIDEST = 60
# A figure and its unit, or its prefix, are one word.
UNIT = re.compile(r"(?<=\d) (?=(?:[^\s/]+/\S+|[mkMGTPE]?(?:J|W|Wh|Hz)|[kMGTPE]|%|s|min|°C|V)(?:[\s,;)]|$))")
NO_BREAK = "\N{NO-BREAK SPACE}"


class FittedTable:
    """Rows of cells under column heads, laid out for the width that there is when it is printed.

    Cells and heads are plain text; lines within a cell are parted by line breaks, and wrapped at spaces and hyphens.
    `expendable`: names of columns that give way where all have no room, the first one first; the others stay.
    `most_lines`: they give way, too, where a row would else be taller than so many lines (None: as tall as it takes).
    Where no row is, none is parted from the next one by an empty line.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        title: str | None = None,
        expendable: Sequence[str] = (),
        most_lines: int | None = None,
    ) -> None:
        """Nothing is laid out yet."""
        self.columns = tuple(columns)
        self.rows = tuple(tuple(row) for row in rows)
        self.title = title
        self._expendable = tuple(name for name in expendable if name in self.columns)
        self._most_lines = most_lines

    def layout(self, width: int) -> tuple[list[int], list[int]]:
        """Which columns have room in a width of so many characters, by index, and how wide each is."""
        shown = list(range(len(self.columns)))
        giving_way = [self.columns.index(name) for name in self._expendable]
        while giving_way and (self._needed(shown) > width or self._is_tall(shown, width)):
            shown.remove(giving_way.pop(0))
        return shown, self._widths(shown, width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, and below it which columns it has no room for."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        shown, widths = self.layout(options.max_width)
        title = None if self.title is None else Text(self.title)
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, title=title, title_justify="left")
        for index, width in zip(shown, widths, strict=True):
            # What does not fit even alone is broken all the same: nothing is lost.
            table.add_column(Text(wrapped(self.columns[index], width)), width=width, overflow="fold")
        close = self._most_lines is not None and not self._is_tall(shown, options.max_width)
        for row in self.rows:
            cells = (Text(wrapped(row[index], width)) for index, width in zip(shown, widths, strict=True))
            table.add_row(*cells, end_section=not close and row is not self.rows[-1])
        yield table
        if missing := [" ".join(name.split()) for at, name in enumerate(self.columns) if at not in shown]:
            yield Text(f"(no room for: {', '.join(missing)}; a wider window shows more)\n")

    def _needed(self, shown: Sequence[int]) -> int:
        return sum(max(map(_longest_word, self._cells(index))) for index in shown) + _around(len(shown))

    def _is_tall(self, shown: Sequence[int], width: int) -> bool:
        """Whether a row would be taller than wished."""
        if self._most_lines is None:
            return False
        columns = list(zip(shown, self._widths(shown, width), strict=True))
        tallest = max((wrapped(row[at], wide).count("\n") + 1 for row in self.rows for at, wide in columns), default=0)
        return tallest > self._most_lines

    def _widths(self, shown: Sequence[int], width: int) -> list[int]:
        """Each column's longest word, and then of what is left in turns to those whose lines are longer."""
        least = [max(map(_longest_word, self._cells(index))) for index in shown]
        wanted = [min(WIDEST, max(map(_longest_line, self._cells(index)))) for index in shown]
        left = width - _around(len(shown)) - sum(least)
        widths = list(least)
        while left > 0 and (short := [at for at, have in enumerate(widths) if have < wanted[at]]):
            # The one that has the least of what it wants.
            at = min(short, key=lambda at: widths[at] / wanted[at])
            widths[at] += 1
            left -= 1
        return widths

    def _cells(self, index: int) -> Iterator[str]:
        yield self.columns[index]
        yield from (row[index] for row in self.rows)


def wrapped(cell: str, width: int) -> str:
    """The cell's lines, wrapped at spaces and hyphens between letters: words, and numbers with units, stay whole."""
    parts = (
        part
        for line in UNIT.sub(NO_BREAK, cell).split("\n")
        for part in (textwrap.wrap(line, max(1, width), break_long_words=False) or [""])
    )
    return "\n".join(parts).replace(NO_BREAK, " ")


def _around(columns: int) -> int:
    return GAP * (columns - 1) + EDGES


def _longest_word(cell: str) -> int:
    return max((len(line) for line in wrapped(cell, 1).split("\n")), default=1) or 1


def _longest_line(cell: str) -> int:
    return max(map(len, cell.split("\n")))
