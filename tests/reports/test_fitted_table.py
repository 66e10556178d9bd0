"""A table for any width: nothing is cut in two, what has no room is named."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hashwatt.reports.fitted_table import FittedTable, wrapped

COLUMNS = ("device", "rate", "kernel", "date")
ROWS = (
    ("Some Long Name 7950X", "1,234.5 MH/s\n33.70–34.39", "sha-decoupled-x9", "2026-11-26"),
    ("other", "–", "scalar", "2026-11-27"),
)


def shown(table: FittedTable, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_where_there_is_room_every_line_is_whole() -> None:
    text = "\n".join(shown(FittedTable(COLUMNS, ROWS), 100))
    assert all(line in text for row in ROWS for cell in row for line in cell.split("\n"))
    assert "no room" not in text


def test_columns_give_way_in_their_order_and_are_named() -> None:
    table = FittedTable(COLUMNS, ROWS, expendable=("kernel", "date", "rate"))
    left_out = [[at for at in range(4) if at not in table.layout(width)[0]] for width in range(100, 1, -2)]
    assert [one for at, one in enumerate(left_out) if one not in left_out[:at]] == [[], [2], [2, 3], [1, 2, 3]]
    assert "(no room for: kernel, date; a wider window shows more)" in " ".join(shown(table, 31)).replace("  ", " ")


@pytest.mark.parametrize("width", [26, 30, 40, 47, 56, 70, 110])
def test_no_word_nor_number_is_ever_cut(width: int) -> None:
    lines = shown(FittedTable(COLUMNS, ROWS, expendable=("date", "kernel")), width)
    assert max(map(len, lines)) <= width
    text = " ".join(lines)
    kept = ["device", "1,234.5", "33.70–34.39", "Long", "7950X"]
    assert all(word in text.split() for word in kept)
    said = text.partition("no room for: ")[2].partition(";")[0]
    assert ("2026-11-26" in text) == ("date" not in said)


@pytest.mark.parametrize(
    ("cell", "narrow"),
    [
        ("13.11 MH/s a CPU", "13.11 MH/s\na\nCPU"),
        ("4.194 M hashes", "4.194 M\nhashes"),
        ("5.4 % of 23 models", "5.4 %\nof\n23\nmodels"),
        ("● measured, wall", "● measured,\nwall"),
        ("15.6 J/TH, 61 °C", "15.6 J/TH,\n61 °C"),
        ("sha-decoupled-x9 2026-11-26", "sha-\ndecoupled-x9\n2026-11-26"),
    ],
)
def test_a_figure_and_its_unit_stay_together(cell: str, narrow: str) -> None:
    assert wrapped(cell, 1) == narrow
    assert wrapped(cell, 80) == cell


def test_a_word_that_is_wider_than_the_window_is_broken_rather_than_lost() -> None:
    text = "".join(line.strip() for line in shown(FittedTable(("a",), (("x" * 50,),)), 20))
    assert text.count("x") == 50


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=4),
    st.integers(10, 200),
)
def test_any_cells_are_laid_out_within_any_width_or_as_narrow_as_their_words_let_them(
    rows: list[list[str]], width: int
) -> None:
    table = FittedTable(("a", "b", "c"), rows, expendable=("c", "b"))
    shown_columns, widths = table.layout(width)
    assert shown_columns[0] == 0
    assert all(one >= 1 for one in widths)
    if len(shown_columns) > 1:
        assert sum(widths) + 2 * (len(widths) - 1) <= width


def test_rows_are_as_low_as_there_is_room_for() -> None:
    """Wide enough for one column's longest line or for the other's: the one that is tall anyway is not made taller."""
    rows = (("33.55 MH/s\n95% 32.64–34.49\nmeasured\n16.84 MH/s a CPU", "proven by 7,507 shares"),)
    lines = shown(FittedTable(("rate", "evidence"), rows), 26)
    assert [line.split("  ")[0].rstrip() for line in lines[2:6]] == rows[0][0].split("\n")
    assert not any(line.strip() for line in lines[6:])


def test_a_column_that_makes_rows_much_taller_gives_way() -> None:
    rows = (("33.55 MH/s a CPU", "verified", "a kernel with a name of several words"),)
    table = FittedTable(("rate", "verdict", "kernel"), rows, expendable=("kernel",))
    assert table.layout(36)[0] == [0, 1]
    assert table.layout(50)[0] == [0, 1, 2]


def test_rows_of_one_line_stand_close_together_and_others_apart() -> None:
    close = shown(FittedTable(("a", "b"), (("1", "2"), ("3", "4"))), 20)
    assert close[2].split() + close[3].split() == ["1", "2", "3", "4"]
    apart = shown(FittedTable(("a", "b"), (("1\n1", "2"), ("3", "4"))), 20)
    assert apart[4].strip() == ""
