"""A table that fits its terminal: fewer columns where there is no room for all, and never half a word or number."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

# Between two columns; at both ends there is nothing, so that heads stand where other lines begin.
GAP = 2
# Where all columns have room, the rest goes to no single cell: one wider than this would hide the others.
WIDEST = 60
# Of longer tables the first rows say which columns make rows tall; and nobody looks for a row of so many lines.
ROWS_TRIED, TALLEST = 20, 12
# A column that can give way does so, too, where each row is lower by so many lines without it.
WORTH_LINES = 2
# A figure and its unit, or its prefix, are one word.
UNIT = re.compile(r"(?<=\d) (?=(?:[^\s/]+/\S+|[mkMGTPE]?(?:J|W|Wh|Hz)|[kMGTPE]|%|s|min|°C|V)(?:[\s,;)]|$))")
# A mark stands beside the word that it marks.
MARK = re.compile(r"(?<=[●■◇○▽◐✓✗]) ")
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
        lines, widths = self._widths(shown, width)
        while giving_way:
            without = [index for index in shown if index != giving_way[0]]
            fewer, wider = self._widths(without, width)
            if lines - fewer < WORTH_LINES:
                break
            giving_way.pop(0)
            shown, lines, widths = without, fewer, wider
        return shown, widths

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, and below it which columns it has no room for."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        shown, widths = self.layout(options.max_width)
        title = None if self.title is None else Text(self.title)
        table = Table(
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            show_edge=False,
            title=title,
            title_justify="left",
        )
        for index, width in zip(shown, widths, strict=True):
            # What does not fit even alone is broken all the same: nothing is lost.
            table.add_column(Text(wrapped(self.columns[index], width)), width=width, overflow="fold")
        rows = [[wrapped(row[index], width) for index, width in zip(shown, widths, strict=True)] for row in self.rows]
        # Rows of one line need nothing between them, nor do low ones of which there are many.
        tallest = max((cell.count("\n") + 1 for row in rows for cell in row), default=1)
        parted = tallest > (self._most_lines or 1)
        for at, row in enumerate(rows, 1):
            table.add_row(*map(Text, row), end_section=parted and at < len(rows))
        yield table
        yield Text()
        if missing := [" ".join(name.split()) for at, name in enumerate(self.columns) if at not in shown]:
            yield Text(f"(no room for: {', '.join(missing)}; a wider window shows more)\n")

    def _needed(self, shown: Sequence[int]) -> int:
        return sum(max(map(_longest_word, self._cells(index))) for index in shown) + _around(len(shown))

    def _is_tall(self, shown: Sequence[int], width: int) -> bool:
        """Whether a row would be taller than wished."""
        return self._most_lines is not None and self._widths(shown, width)[0] > self._most_lines

    def _widths(self, shown: Sequence[int], width: int) -> tuple[int, list[int]]:
        """How many lines the tallest row has where all are as low as there is room for, and the columns' widths.

        What is left goes in turns to the columns whose lines are longer.
        """
        least = [max(map(_longest_word, self._cells(index))) for index in shown]
        wanted = [min(WIDEST, max(map(_longest_line, self._cells(index)))) for index in shown]
        room = width - _around(len(shown))
        widths = list(least)
        for lines in range(1, TALLEST):
            tried = [self._for_height(*one, lines) for one in zip(shown, least, wanted, strict=True)]
            if sum(tried) <= room:
                widths = tried
                break
        left = room - sum(widths)
        while left > 0 and (short := [at for at, have in enumerate(widths) if have < wanted[at]]):
            # First a head that is taller than it need be, then the one that has the least of what it wants.
            at = min(short, key=lambda at: (not self._is_squeezed(shown[at], widths[at]), widths[at] / wanted[at]))
            widths[at] += 1
            left -= 1
        rows = self.rows[:ROWS_TRIED]
        cells = [_height(row[index], have) for row in rows for index, have in zip(shown, widths, strict=True)]
        return max(cells, default=1), widths

    def _is_squeezed(self, index: int, width: int) -> bool:
        head = self.columns[index]
        return _height(head, width) > _height(head, len(head))

    def _for_height(self, index: int, least: int, wanted: int, lines: int) -> int:
        """The least width in which no cell of the column has more than so many lines, but for those it has anyway."""
        tried = [self.columns[index], *(row[index] for row in self.rows[:ROWS_TRIED])]
        narrow, wide = least, max(least, wanted)
        while narrow < wide:
            middle = (narrow + wide) // 2
            if all(_height(cell, middle) <= max(lines, _height(cell, wide)) for cell in tried):
                wide = middle
            else:
                narrow = middle + 1
        return wide

    def _cells(self, index: int) -> Iterator[str]:
        yield self.columns[index]
        yield from (row[index] for row in self.rows)


def wrapped(cell: str, width: int) -> str:
    """The cell's lines, wrapped at spaces and hyphens between letters: words, and numbers with units, stay whole."""
    parts = (
        part
        for line in MARK.sub(NO_BREAK, UNIT.sub(NO_BREAK, cell)).split("\n")
        for part in (textwrap.wrap(line, max(1, width), break_long_words=False) or [""])
    )
    return "\n".join(parts).replace(NO_BREAK, " ")


def _around(columns: int) -> int:
    return GAP * (columns - 1)


def _height(cell: str, width: int) -> int:
    return wrapped(cell, width).count("\n") + 1


def _longest_word(cell: str) -> int:
    return max((len(line) for line in wrapped(cell, 1).split("\n")), default=1) or 1


def _longest_line(cell: str) -> int:
    return max(map(len, cell.split("\n")))
